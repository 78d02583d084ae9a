// SPDX-License-Identifier: Apache-2.0
#include "fit/choose_k.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "fit/null_test.hpp"
#include "fit/row_subset.hpp"
#include "fit/silhouette.hpp"
#include "fit/stability.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr int kRestarts = 3;  // of the fits whose segments are judged
constexpr int kFailedSwaps = 4;
constexpr std::int64_t kMostCells = 400'000;  // of the sample: bounds the time
constexpr std::int64_t kFewestWideRows = 400;
constexpr std::uint32_t kRowDraw = 0xFFFF'FFFFU;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

void check(const ChooseKOptions& options) {
  if (options.smallest < 1 || options.largest < options.smallest) {
    throw ConfigError(fmt::format("the range {}:{} holds no number of segments", options.smallest, options.largest),
                      "give the least and the most, such as --k-range 1:10");
  }
  if (options.references < 50 || options.resamples < 2) {
    throw ConfigError(
        fmt::format("{} reference tables of each kind and {} resamples are too few to choose a number of segments",
                    options.references, options.resamples),
        "take at least 50 reference tables and 2 resamples");
  }
}

/// Fills in the criteria of one sample, step by step.
class Judge {
 public:
  Judge(const WeightedPoints& sample, const FeaturePlan& plan, const ChooseKOptions& options, const JobContext& job)
      : sample_(sample), plan_(plan), options_(options), job_(job) {}

  std::vector<KCriteria> run() {
    const auto largest = static_cast<int>(std::min<std::int64_t>(options_.largest, sample_.points.rows));
    for (int k = 1; k <= largest; ++k) {
      KCriteria criteria;
      criteria.segments = k;
      criteria.gain = criteria.gain_threshold = criteria.adjusted_silhouette = k == 1 ? 0.0 : kUnknown;
      criteria_.push_back(std::move(criteria));
    }
    fit();
    measure_stability();
    const bool hopeless = std::ranges::none_of(criteria_, [&](const KCriteria& c) { return c.segments >= 2 && is_solid(c); });
    if (!(hopeless && options_.skip_hopeless && options_.smallest == 1)) test_gains();
    for (KCriteria& criteria : criteria_) judge(criteria);
    return std::move(criteria_);
  }

 private:
  [[nodiscard]] bool is_solid(const KCriteria& criteria) const {
    return criteria.reason.empty() && criteria.stability >= options_.least_stability &&
           criteria.smallest_share >= options_.least_share;
  }

  void fit() {
    labelings_.resize(criteria_.size());
    job_.threads.run(static_cast<std::int64_t>(criteria_.size()), [&](int /*thread*/, std::int64_t index) {
      job_.cancel.check();
      KCriteria& criteria = criteria_[static_cast<std::size_t>(index)];
      PointClusteringOptions fit;
      fit.segments = criteria.segments;
      fit.seed = options_.seed;
      fit.restarts = kRestarts;
      fit.failed_swaps = kFailedSwaps;
      PointClustering clustering = cluster_points(sample_, fit);
      criteria.dispersion = clustering.inertia;
      criteria.smallest_share = smallest_share(clustering);
      if (const auto distinct = clustering.centroids.rows(); distinct < criteria.segments) {
        criteria.reason = fmt::format("the customers have only {} different sets of values", distinct);
      }
      labelings_[static_cast<std::size_t>(index)] = std::move(clustering.labels);
    });
    const std::vector<double> silhouettes = mean_silhouettes(sample_, labelings_);
    for (std::size_t k = 0; k < criteria_.size(); ++k) criteria_[k].silhouette = silhouettes[k];
  }

  [[nodiscard]] double smallest_share(const PointClustering& clustering) const {
    std::vector<double> totals(static_cast<std::size_t>(clustering.centroids.rows()));
    for (std::size_t i = 0; i < clustering.labels.size(); ++i) {
      totals[static_cast<std::size_t>(clustering.labels[i])] += sample_.weights[i];
    }
    return *std::ranges::min_element(totals) / std::accumulate(totals.begin(), totals.end(), 0.0);
  }

  void measure_stability() {
    std::vector<std::vector<double>> agreement(static_cast<std::size_t>(options_.resamples));
    job_.threads.run(options_.resamples, [&](int /*thread*/, std::int64_t number) {
      job_.cancel.check();
      agreement[static_cast<std::size_t>(number)] =
          half_sample_agreement(sample_, labelings_, options_.seed, static_cast<int>(number));
    });
    for (std::size_t k = 0; k < criteria_.size(); ++k) {
      for (const auto& resample : agreement) criteria_[k].stability += resample[k];
      criteria_[k].stability /= static_cast<double>(agreement.size());
    }
  }

  void test_gains() {
    const int largest = criteria_.back().segments;
    const NullTest test = test_against_references(sample_, plan_, {largest, options_.seed, options_.references}, job_);
    for (std::size_t k = 1; k < criteria_.size(); ++k) {
      KCriteria& criteria = criteria_[k];
      // The kind of reference that comes closest speaks for all.
      const NullComparison& closest =
          *std::ranges::min_element(test, {}, [k](const NullComparison& kind) { return kind.gain[k] - kind.threshold; });
      criteria.gain = closest.gain[k];
      criteria.gain_threshold = closest.threshold;
      const NullComparison& clearest =
          *std::ranges::max_element(test, {}, [k](const NullComparison& kind) { return kind.silhouette[k]; });
      criteria.adjusted_silhouette = criteria.silhouette - clearest.silhouette[k];
    }
  }

  void judge(KCriteria& criteria) const {
    if (criteria.segments >= 2 && criteria.reason.empty()) {
      if (criteria.smallest_share < options_.least_share) {
        criteria.reason = fmt::format("too small a segment: {:.1f} % of the customers, {:.1f} % are wanted",
                                      100.0 * criteria.smallest_share, 100.0 * options_.least_share);
      } else if (criteria.stability < options_.least_stability) {
        criteria.reason = fmt::format("not found again on halves of the customers: stability {:.2f} of {:.2f} wanted",
                                      std::floor(100.0 * criteria.stability) / 100.0,  // 0.797 is not 0.80 of 0.80
                                      options_.least_stability);
      } else if (!(criteria.gain > criteria.gain_threshold)) {
        criteria.reason = "fits no better than it fits tables without segments";
      }
    }
    criteria.admissible = criteria.reason.empty();
  }

  const WeightedPoints& sample_;
  const FeaturePlan& plan_;
  const ChooseKOptions& options_;
  const JobContext& job_;
  std::vector<KCriteria> criteria_;
  std::vector<std::vector<std::int32_t>> labelings_;
};

/// The k of smallest..largest with the largest adjusted silhouette among those that `accept`; 0 if there is none.
template <typename Accept>
int best_of(const std::vector<KCriteria>& criteria, int smallest, int largest, const Accept& accept) {
  const KCriteria* best = nullptr;
  for (const KCriteria& c : criteria) {
    if (c.segments < std::max(smallest, 2) || c.segments > largest || !accept(c)) continue;
    if (best == nullptr || c.adjusted_silhouette > best->adjusted_silhouette) best = &c;
  }
  return best == nullptr ? 0 : best->segments;
}

void choose(const ChooseKOptions& options, KSelection& selection) {
  const auto admissible = [](const KCriteria& c) { return c.admissible; };
  selection.chosen = best_of(selection.criteria, options.smallest, options.largest, admissible);
  selection.best_in_business_window = best_of(selection.criteria, std::max(options.smallest, kBusinessSmallest),
                                              std::min(options.largest, kBusinessLargest), admissible);
  if (selection.chosen == 0 && options.smallest >= 2) {
    const auto possible = [](const KCriteria& c) { return c.smallest_share > 0.0 && c.silhouette > 0.0; };
    selection.chosen = best_of(selection.criteria, options.smallest, options.largest, possible);
  }
  std::erase_if(selection.criteria, [&](const KCriteria& c) { return c.segments > 1 && c.segments < options.smallest; });
}

}  // namespace

KSelection choose_k(const WeightedPoints& sample, const FeaturePlan& plan, const ChooseKOptions& options,
                    const JobContext& job) {
  check(options);
  KSelection selection;
  selection.automatic = true;
  job.observer.stage("choose", 0);
  std::vector<std::int64_t> order = random_order(sample.points.rows, options.seed, kRowDraw);
  const std::int64_t affordable = std::max(kFewestWideRows, kMostCells / std::max<std::int64_t>(sample.points.columns, 1));
  if (static_cast<std::int64_t>(order.size()) > affordable) order.resize(static_cast<std::size_t>(affordable));
  selection.sample_rows = static_cast<std::int64_t>(order.size());
  if (selection.sample_rows >= kFewestSelectionRows && options.largest >= 2) {
    RowSubset rows = take_rows(sample, order);
    rows.weights = unit_weights(std::move(rows.weights));
    const WeightedPoints points = rows.points();
    selection.criteria = Judge(points, plan, options, job).run();
    choose(options, selection);
  } else {
    selection.chosen = 0;
  }
  if (selection.chosen == 0) selection.chosen = options.smallest;
  selection.verdict = describe_selection(selection, options);
  return selection;
}

}  // namespace tessera
