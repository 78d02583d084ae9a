// SPDX-License-Identifier: Apache-2.0
#include "analyse/drivers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analyse/results.hpp"
#include "stats/correlation.hpp"
#include "stats/correlation_repair.hpp"
#include "stats/jackknife.hpp"
#include "stats/lmg_shares.hpp"
#include "stats/relative_weights.hpp"
#include "stats/standardized_regression.hpp"

namespace tessera {
namespace {

/// Rows with a value of the outcome that a regression should have at least, beside 3 for each driver.
constexpr double kLeastRows = 30.0;

/// Correlations of the drivers, and of each with the outcome, over some of the jackknife's groups.
struct Correlations {
  Matrix<double> drivers;
  std::vector<double> outcome;
  double least_n = 0.0;  ///< effective, of any pair with the outcome
  bool complete = false;
};

class DriverFinder {
 public:
  DriverFinder(const AnalysisPlan& plan, const AnalysisStatistics& statistics, const AnalysisPlan::Outcome& outcome,
               ThreadPool& threads)
      : plan_(plan), statistics_(statistics), outcome_(outcome), threads_(threads) {
    for (const int driver : plan.drivers) series_.push_back(plan.correlated[static_cast<std::size_t>(driver)].series);
  }

  DriverAnalysis run() {
    result_.outcome = outcome_.name;
    result_.used_in_fit = outcome_.used_in_fit;
    result_.method = fmt::format(
        "shares of R squared: {}; intervals by a jackknife of the same over {} groups of customers",
        is_exact() ? "Shapley values (LMG), exact" : "relative weights (Johnson 2000), of so many drivers", kJackknifeGroups);
    for (const int driver : plan_.drivers) result_.columns.push_back(plan_.correlated[static_cast<std::size_t>(driver)].name);
    result_.groups.resize(static_cast<std::size_t>(plan_.segments) + 1);
    correlations_.resize(result_.groups.size());
    for (std::size_t g = 0; g < result_.groups.size(); ++g) describe(g);
    for (std::size_t g = 0; g < result_.groups.size(); ++g) decompose(g);
    find_differences();
    return std::move(result_);
  }

 private:
  /// Jackknife groups of a segment (-1: of all) but one (-1: none).
  [[nodiscard]] std::vector<std::int64_t> cells(int segment, int left_out) const {
    std::vector<std::int64_t> cells;
    for (int s = 0; s < plan_.segments; ++s) {
      if (segment >= 0 && s != segment) continue;
      for (int g = 0; g < kJackknifeGroups; ++g) {
        if (g != left_out) cells.push_back(std::int64_t{s} * kJackknifeGroups + g);
      }
    }
    return cells;
  }
  [[nodiscard]] std::vector<std::int64_t> cells_but(int segment) const {
    std::vector<std::int64_t> cells;
    for (std::int64_t s = 0; s < plan_.segments; ++s) {
      for (std::int64_t g = 0; s != segment && g < kJackknifeGroups; ++g) cells.push_back(s * kJackknifeGroups + g);
    }
    return cells;
  }

  [[nodiscard]] Correlations correlations_of(std::span<const std::int64_t> cells) const {
    const auto d = std::ssize(series_);
    Correlations result;
    result.drivers = Matrix<double>(d, d, 1.0);
    result.least_n = INFINITY;
    result.complete = true;
    for (std::int64_t i = 0; i < d; ++i) {
      const int x = series_[static_cast<std::size_t>(i)];
      const stats::CoMoments own = statistics_.jackknife.total(cells, x, outcome_.series);
      const double r = stats::pearson(own).r;
      result.outcome.push_back(std::isnan(r) ? 0.0 : r);
      result.complete = result.complete && !std::isnan(r);
      result.least_n = std::min(result.least_n, own.effective_n());
      for (std::int64_t j = i + 1; j < d; ++j) {
        const double between = stats::pearson(statistics_.jackknife.total(cells, x, series_[static_cast<std::size_t>(j)])).r;
        result.drivers(i, j) = result.drivers(j, i) = std::isnan(between) ? 0.0 : between;
      }
    }
    repair(result);
    return result;
  }

  /// Pairwise complete correlations need not belong together: the outcome's are repaired with the others.
  static void repair(Correlations& c) {
    const std::int64_t d = c.drivers.rows();
    Matrix<double> joint(d + 1, d + 1, 1.0);
    for (std::int64_t i = 0; i < d; ++i) {
      for (std::int64_t j = 0; j < d; ++j) joint(i, j) = c.drivers(i, j);
      joint(i, d) = joint(d, i) = c.outcome[static_cast<std::size_t>(i)];
    }
    const stats::RepairedCorrelation repaired = stats::repaired_correlation(std::move(joint));
    if (!repaired.repaired) return;
    for (std::int64_t i = 0; i < d; ++i) {
      for (std::int64_t j = 0; j < d; ++j) c.drivers(i, j) = repaired.matrix(i, j);
      c.outcome[static_cast<std::size_t>(i)] = repaired.matrix(i, d);
    }
  }

  /// Shares that add up to 1.
  static std::vector<double> relative(const stats::Importance& importance) {
    std::vector<double> shares = importance.shares;
    for (double& share : shares) share = importance.r_squared > 0.0 ? share / importance.r_squared : kNoValue;
    return shares;
  }

  void describe(std::size_t g) {
    DriverGroup& group = result_.groups[g];
    group.segment = static_cast<int>(g) - 1;
    stats::Moments outcome;
    for (std::int64_t s = 0; s < plan_.segments; ++s) {
      if (group.segment < 0 || s == group.segment)
        outcome = stats::merged(outcome, statistics_.segments.of(s, outcome_.series));
    }
    group.n = outcome.n;
    if (outcome.n < plan_.min_cell) {
      group.n = 0;
      group.problem = "too few customers with an outcome";
      return;
    }
    group.outcome_mean = outcome.mean;
    group.drivers.resize(series_.size());
    for (std::size_t j = 0; j < series_.size(); ++j) group.drivers[j].column = result_.columns[j];
    Correlations& own = correlations_[g] = correlations_of(cells(group.segment, -1));
    for (std::size_t j = 0; j < series_.size(); ++j) {
      const stats::CoMoments pair = statistics_.jackknife.total(cells(group.segment, -1), series_[j], outcome_.series);
      const stats::Correlation correlation = stats::pearson(pair);
      if (pair.n < plan_.min_cell) continue;
      group.drivers[j].correlation = correlation.r;
      group.drivers[j].correlation_interval = to_interval(correlation.interval);
    }
    if (!(outcome.squares > 0.0)) {
      group.problem = "the outcome is the same for every customer";
    } else if (own.least_n < kLeastRows + 3.0 * static_cast<double>(series_.size())) {
      group.problem = "too few customers for so many drivers";
    }
    if (group.problem.empty()) share_out(own, group);
  }

  /// The estimate and what the jackknife makes of it are of one method.
  [[nodiscard]] bool is_exact() const { return std::ssize(series_) <= stats::kMostLmgPredictors; }

  /// Of each, in its order.
  [[nodiscard]] std::vector<stats::Importance> importance_of(std::span<const Correlations> all) const {
    std::vector<stats::Importance> results;
    std::vector<stats::ImportanceProblem> problems;
    for (const Correlations& own : all) {
      if (is_exact()) problems.push_back({own.drivers.view(), own.outcome});
      if (!is_exact()) results.push_back(stats::relative_weights(own.drivers.view(), own.outcome));
    }
    return is_exact() ? stats::lmg_batch(problems) : results;
  }

  void share_out(const Correlations& own, DriverGroup& group) {
    const stats::Importance importance = importance_of(std::span(&own, 1)).front();
    const stats::StandardizedRegression regression =
        stats::standardized_regression(own.drivers.view(), own.outcome, own.least_n);
    const std::vector<double> shares = relative(importance);
    group.r_squared = importance.r_squared;
    for (std::size_t j = 0; j < series_.size(); ++j) {
      group.drivers[j].share = shares[j];
      group.drivers[j].importance = importance.shares[j];
      group.drivers[j].coefficient = regression.coefficients[j];
    }
    std::vector<std::size_t> order(series_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return shares[a] > shares[b]; });
    for (std::size_t i = 0; i < order.size(); ++i) group.drivers[order[i]].rank = static_cast<int>(i) + 1;
    jackknife(group);
  }

  void jackknife(DriverGroup& group) {
    std::vector<std::vector<double>> replicates(kJackknifeGroups);
    constexpr std::int64_t kBatch = stats::kLmgBatch;
    static_assert(kJackknifeGroups % kBatch == 0);
    threads_.run(kJackknifeGroups / kBatch, [&](int, std::int64_t batch) {
      std::vector<Correlations> without;
      for (std::int64_t g = batch * kBatch; g < (batch + 1) * kBatch; ++g) {
        without.push_back(correlations_of(cells(group.segment, static_cast<int>(g))));
      }
      const std::vector<stats::Importance> importance = importance_of(without);
      for (std::int64_t g = 0; g < kBatch; ++g) {
        replicates[static_cast<std::size_t>(batch * kBatch + g)] = relative(importance[static_cast<std::size_t>(g)]);
      }
    });
    for (std::size_t j = 0; j < series_.size(); ++j) {
      std::vector<double> values;
      for (const std::vector<double>& replicate : replicates) values.push_back(replicate[j]);
      const stats::JackknifeResult result = stats::jackknife(group.drivers[j].share, values);
      group.drivers[j].share_interval = {std::max(0.0, result.interval.low), std::min(1.0, result.interval.high)};
      if (std::isnan(result.interval.low)) group.drivers[j].share_interval = {};
    }
  }

  /// What a segment's other means of the drivers are worth, by the regression over all customers.
  void decompose(std::size_t g) {
    DriverGroup& group = result_.groups[g];
    const DriverGroup& all = result_.groups.front();
    if (group.drivers.empty() || all.drivers.empty()) return;
    group.gap = group.outcome_mean - all.outcome_mean;
    stats::Moments outcome;
    for (std::int64_t s = 0; s < plan_.segments; ++s)
      outcome = stats::merged(outcome, statistics_.segments.of(s, outcome_.series));
    const double outcome_sd = std::sqrt(outcome.squares / outcome.weight);
    double explained = 0.0;
    for (std::size_t j = 0; j < series_.size(); ++j) {
      stats::Moments own, total;
      for (std::int64_t s = 0; s < plan_.segments; ++s) {
        const stats::Moments part = statistics_.segments.of(s, series_[j]);
        total = stats::merged(total, part);
        if (group.segment < 0 || s == group.segment) own = stats::merged(own, part);
      }
      DriverShare& driver = group.drivers[j];
      if (own.n < plan_.min_cell) continue;
      const double sd = std::sqrt(total.squares / total.weight);
      driver.mean = own.mean;
      driver.z = sd > 0.0 ? (own.mean - total.mean) / sd : kNoValue;
      driver.gap = driver.z * all.drivers[j].coefficient * outcome_sd;
      if (!std::isnan(driver.gap)) explained += driver.gap;
    }
    if (std::isnan(all.r_squared)) return;
    group.gap_unexplained = group.gap - explained;
    place_in_quadrants(group);
  }

  /// Importance against performance: Martilla & James (1977). A driver that lowers the outcome performs well where it is low.
  void place_in_quadrants(DriverGroup& group) const {
    if (group.segment < 0 || std::isnan(group.r_squared)) return;
    const double fair = 1.0 / static_cast<double>(series_.size());
    for (DriverShare& driver : group.drivers) {
      if (std::isnan(driver.z) || std::isnan(driver.share)) continue;
      const bool important = driver.share >= fair;
      const bool good = driver.coefficient < 0.0 ? driver.z <= 0.0 : driver.z >= 0.0;
      driver.quadrant = important ? (good ? "keep up" : "improve first") : (good ? "possible overkill" : "low priority");
    }
  }

  void find_differences() {
    std::vector<TestResult*> tests;
    std::vector<DriverDifference> pairs;
    if (outcome_.used_in_fit || plan_.segments < 2) return;
    for (std::size_t g = 1; g < result_.groups.size(); ++g) {
      DriverGroup& group = result_.groups[g];
      const std::vector<std::int64_t> others = cells_but(group.segment);
      for (std::size_t j = 0; j < group.drivers.size(); ++j) {
        const stats::CoMoments own = statistics_.jackknife.total(cells(group.segment, -1), series_[j], outcome_.series);
        const stats::CoMoments rest = statistics_.jackknife.total(others, series_[j], outcome_.series);
        if (std::isnan(group.drivers[j].correlation)) continue;
        group.drivers[j].difference = to_test("Fisher's z test", difference(own, rest));
        for (std::size_t h = g + 1; h < result_.groups.size(); ++h) {
          const DriverGroup& other = result_.groups[h];
          if (other.drivers.empty() || std::isnan(other.drivers[j].correlation)) continue;
          const stats::CoMoments theirs = statistics_.jackknife.total(cells(other.segment, -1), series_[j], outcome_.series);
          pairs.push_back({result_.columns[j], group.segment, other.segment, group.drivers[j].correlation,
                           other.drivers[j].correlation, to_test("Fisher's z test", difference(own, theirs))});
        }
      }
      for (DriverShare& driver : group.drivers) tests.push_back(&driver.difference);
    }
    adjust(tests, "all segments and drivers of this outcome");
    std::vector<TestResult*> pair_tests;
    for (DriverDifference& pair : pairs) pair_tests.push_back(&pair.test);
    adjust(pair_tests, "all pairs of segments and drivers of this outcome");
    std::erase_if(pairs, [](const DriverDifference& pair) { return !(pair.test.p_adjusted < 0.05); });
    std::stable_sort(pairs.begin(), pairs.end(), [](const DriverDifference& a, const DriverDifference& b) {
      return std::fabs(a.correlation - a.other_correlation) > std::fabs(b.correlation - b.other_correlation);
    });
    result_.differences = std::move(pairs);
  }

  static stats::TestResult difference(const stats::CoMoments& a, const stats::CoMoments& b) {
    const stats::Correlation of_a = stats::pearson(a), of_b = stats::pearson(b);
    return stats::compare_correlations(of_a.r, of_a.n, of_b.r, of_b.n).test;
  }

  const AnalysisPlan& plan_;
  const AnalysisStatistics& statistics_;
  const AnalysisPlan::Outcome& outcome_;
  ThreadPool& threads_;
  std::vector<int> series_;
  std::vector<Correlations> correlations_;  // [all, segments]
  DriverAnalysis result_;
};

}  // namespace

std::vector<DriverAnalysis> find_drivers(const AnalysisPlan& plan, const AnalysisStatistics& statistics, ThreadPool& threads) {
  std::vector<DriverAnalysis> results;
  if (plan.drivers.empty() || statistics.jackknife.empty()) return results;
  for (const AnalysisPlan::Outcome& outcome : plan.outcomes) {
    results.push_back(DriverFinder(plan, statistics, outcome, threads).run());
  }
  return results;
}

}  // namespace tessera
