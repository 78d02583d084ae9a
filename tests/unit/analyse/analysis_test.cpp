// SPDX-License-Identifier: Apache-2.0
// An analysis against plain loops over the rows, and against itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "report/analysis_json.hpp"
#include "support/analysis_run.hpp"
#include "support/memory_table.hpp"

namespace tessera {
namespace {

using testing::analyse_table;
using testing::AnalysisTrial;
using testing::MemoryTable;
using testing::named;

struct Customers {
  std::vector<std::string> group, region;
  std::vector<double> income, visits, weight;
  std::vector<std::int32_t> bought;
  MemoryTable table;

  explicit Customers(int rows, bool weighted = false, unsigned seed = 7) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (int i = 0; i < rows; ++i) {
      const auto g = static_cast<std::size_t>(uniform(random) * uniform(random) * 3.0);
      group.push_back(uniform(random) < 0.02 ? "" : std::vector<std::string>{"small", "middle", "large"}[g]);
      region.push_back(uniform(random) < 0.1 ? "" : std::vector<std::string>{"north", "south", "east"}[(g + random() % 2) % 3]);
      income.push_back(uniform(random) < 0.05 ? NAN : 30'000.0 * std::exp(0.5 * normal(random) + 0.3 * static_cast<double>(g)));
      visits.push_back(std::floor(std::fabs(normal(random)) * 4.0));
      bought.push_back(uniform(random) < 0.2 + 0.2 * static_cast<double>(g) ? 1 : 0);
      weight.push_back(std::floor(uniform(random) * 4.0) / 2.0);
    }
    fill(weighted);
  }
  void fill(bool weighted) {
    table.add("group", group).add("region", region).add("income", income).add("visits", visits).add("bought", bought);
    if (weighted) table.add("w", weight).declare(std::nullopt, Role::weight);
  }
};

AnalysisTrial trial_of() {
  AnalysisTrial trial{"group"};
  trial.prepare.kpis = {"bought", "income:mean"};
  return trial;
}

double exact_median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

TEST(Analysis, EqualsPlainLoops) {
  for (const bool weighted : {false, true}) {
    Customers customers(10'000, weighted);
    const Analysis analysis = analyse_table(customers.table, trial_of());
    const ColumnAnalysis& income = named(analysis.columns, "income");
    const ColumnAnalysis& visits = named(analysis.columns, "visits");
    const ColumnAnalysis& region = named(analysis.columns, "region");
    const Crosstab& table = named(analysis.crosstabs, "region");
    const KpiResult& bought = named(analysis.kpis, "bought");
    for (const AnalysisSegment& segment : analysis.segments) {
      const auto s = static_cast<std::size_t>(segment.segment);
      double weight = 0.0, sum = 0.0, squares = 0.0, present = 0.0, hits = 0.0, with_region = 0.0;
      std::int64_t rows = 0, n = 0;
      std::map<std::string, double> regions;
      std::vector<double> visit_values, income_values;
      for (std::size_t i = 0; i < customers.group.size(); ++i) {
        const double w = weighted ? customers.weight[i] : 1.0;
        if (customers.group[i] != segment.label || w == 0.0) continue;
        ++rows;
        weight += w;
        hits += w * customers.bought[i];
        if (!customers.region[i].empty()) {
          regions[customers.region[i]] += w;
          with_region += w;
        }
        visit_values.push_back(customers.visits[i]);
        if (std::isnan(customers.income[i])) continue;
        ++n;
        present += w;
        sum += w * customers.income[i];
        income_values.push_back(customers.income[i]);
      }
      const double mean = sum / present;
      for (std::size_t i = 0; i < customers.group.size(); ++i) {
        const double w = weighted ? customers.weight[i] : 1.0;
        if (customers.group[i] != segment.label || std::isnan(customers.income[i])) continue;
        squares += w * (customers.income[i] - mean) * (customers.income[i] - mean);
      }
      EXPECT_EQ(segment.rows, rows);
      EXPECT_DOUBLE_EQ(segment.weight, weight);
      EXPECT_EQ(income.segments[s].n, n);
      EXPECT_NEAR(income.segments[s].mean, mean, 1e-12 * mean);
      EXPECT_NEAR(income.segments[s].sd, std::sqrt(squares / present), 1e-10 * mean);
      EXPECT_NEAR(income.segments[s].coverage, present / weight, 1e-12);
      EXPECT_NEAR(bought.segments[s].value, hits / weight, 1e-12);
      if (!weighted) {
        EXPECT_EQ(visits.segments[s].median, exact_median(visit_values));
        const double median = exact_median(income_values);
        EXPECT_NEAR(income.segments[s].median, median,
                    analysis.quantile_error * std::fabs(median - income.overall.median) + 1e-4 * median);
      }
      for (std::size_t l = 0; l < region.levels.size(); ++l) {
        EXPECT_NEAR(region.category_segments[s].levels[l].share, regions[region.levels[l]] / with_region, 1e-12);
        EXPECT_NEAR(table.cells[l * analysis.segments.size() + s].weight, regions[region.levels[l]], 1e-9);
      }
    }
    EXPECT_EQ(analysis.rows, 10'000);
    EXPECT_GT(analysis.rejected, 0);
  }
}

TEST(Analysis, CorrelationsArePairwiseComplete) {
  Customers customers(5'000);
  const Analysis analysis = analyse_table(customers.table, trial_of());
  const auto place = [&](const std::string& name) {
    return std::ranges::find(analysis.correlated, name, &CorrelationVariable::name) - analysis.correlated.begin();
  };
  const std::int64_t i = place("income"), j = place("visits");
  for (const CorrelationGroup& group : analysis.correlations) {
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (std::size_t row = 0; row < customers.group.size(); ++row) {
      const std::string& own = customers.group[row];
      const bool in =
          group.segment < 0 ? !own.empty() : own == analysis.segments[static_cast<std::size_t>(group.segment)].label;
      if (!in || std::isnan(customers.income[row])) continue;
      const double a = customers.income[row] / 1e4, b = customers.visits[row];
      n += 1;
      x += a;
      y += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
    const double r = (xy - x * y / n) / std::sqrt((xx - x * x / n) * (yy - y * y / n));
    EXPECT_NEAR(group.r(i, j), r, 1e-11);
    EXPECT_EQ(group.n(i, j), n);
    EXPECT_EQ(group.r(i, j), group.r(j, i));
    EXPECT_EQ(group.r(i, i), 1.0);
  }
}

std::string text_of(const Analysis& analysis) { return analysis_json(analysis).dump(); }

TEST(Analysis, HasTheSameBitsForAnyThreadsChunksAndLevels) {
  Customers customers(70'000, true);
  AnalysisTrial trial = trial_of();
  trial.options.outcomes = {"bought"};
  trial.threads = 1;
  const std::string wanted = text_of(analyse_table(customers.table, trial));
  customers.table.set_preferred_rows(40 * 4096);
  for (const int threads : {2, 7}) {
    trial.threads = threads;
    EXPECT_EQ(text_of(analyse_table(customers.table, trial)), wanted) << threads;
  }
  customers.table.set_interleaved(true);
  trial.cpu_level = "eigen";
  EXPECT_EQ(text_of(analyse_table(customers.table, trial)), wanted);
}

TEST(Analysis, WeightTwoIsTheRowTwice) {
  Customers once(3'000), twice(3'000);
  once.weight.assign(3'000, 2.0);
  once.table.add("w", once.weight).declare(std::nullopt, Role::weight);
  const auto doubled = [](auto values) {
    const auto copy = values;
    values.insert(values.end(), copy.begin(), copy.end());
    return values;
  };
  MemoryTable table;
  table.add("group", doubled(twice.group)).add("region", doubled(twice.region)).add("income", doubled(twice.income));
  table.add("visits", doubled(twice.visits)).add("bought", doubled(twice.bought));
  const Analysis a = analyse_table(once.table, trial_of()), b = analyse_table(table, trial_of());
  for (std::size_t s = 0; s < a.segments.size(); ++s) {
    EXPECT_EQ(a.segments[s].weight, b.segments[s].weight);
    EXPECT_NEAR(named(a.columns, "income").segments[s].mean, named(b.columns, "income").segments[s].mean, 1e-8);
    EXPECT_NEAR(named(a.columns, "income").segments[s].sd, named(b.columns, "income").segments[s].sd, 1e-8);
    EXPECT_EQ(named(a.columns, "visits").segments[s].median, named(b.columns, "visits").segments[s].median);
    EXPECT_NEAR(named(a.kpis, "bought").segments[s].value, named(b.kpis, "bought").segments[s].value, 1e-14);
  }
  // Weights say how much a row counts, not how much is known: intervals go by the effective number of rows.
  EXPECT_NEAR(a.effective_rows, static_cast<double>(a.rows - a.rejected), 1e-6);
}

TEST(Analysis, PersonalColumnsNeverLeave) {
  Customers customers(500);
  AnalysisTrial trial = trial_of();
  trial.options.hidden = {"visits", "region"};
  const std::string text = text_of(analyse_table(customers.table, trial));
  EXPECT_EQ(text.find("visits"), std::string::npos);
  EXPECT_EQ(text.find("north"), std::string::npos);
}

TEST(Analysis, SmallGroupsAreSuppressed) {
  MemoryTable table;
  std::vector<std::string> group(200, "many");
  std::vector<double> x;
  for (int i = 0; i < 200; ++i) x.push_back(1.0 + i % 7);
  for (std::size_t i = 0; i < 5; ++i) group[i * 30] = "few";
  table.add("group", group).add("x", x);
  AnalysisTrial trial{"group"};
  trial.prepare.kpis = {"x"};
  const Analysis analysis = analyse_table(table, trial);
  ASSERT_EQ(analysis.segments[1].label, "few");
  EXPECT_TRUE(analysis.segments[1].suppressed);
  EXPECT_TRUE(analysis.segments[1].traits.empty());
  EXPECT_TRUE(analysis.kpis[0].segments[1].suppressed);
  EXPECT_TRUE(std::isnan(analysis.kpis[0].segments[1].value));
  EXPECT_TRUE(std::isnan(analysis.kpis[0].pairs[0].difference));
}

}  // namespace
}  // namespace tessera
