// SPDX-License-Identifier: Apache-2.0
// Cross-tabs of two categories, and in every period, against plain loops over the rows.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "analyse/crosstab_request.hpp"
#include "stats/cochran_armitage.hpp"
#include "support/analysis_run.hpp"
#include "support/memory_table.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::analyse_table;
using testing::AnalysisTrial;
using testing::MemoryTable;
using testing::named;

struct Buyers {
  std::vector<std::string> type, region, product;
  std::vector<std::int32_t> year;
  std::vector<double> spend;
  MemoryTable table;

  /// Product "new" wins customers of type B year after year. Some have no region, some no type.
  explicit Buyers(int rows) {
    std::mt19937_64 random(31);
    std::uniform_real_distribution<double> uniform;
    for (int i = 0; i < rows; ++i) {
      const bool b = uniform(random) < 0.4;
      const int after = static_cast<int>(4.0 * uniform(random));
      type.emplace_back(uniform(random) < 0.05 ? "" : b ? "B" : "A");
      region.push_back(uniform(random) < 0.05 ? ""
                                              : std::vector<std::string>{
                                                    "north", "south", "far"}[static_cast<std::size_t>(2.03 * uniform(random))]);
      product.emplace_back(uniform(random) < (b ? 0.2 + 0.15 * after : 0.3) ? "new" : "old");
      year.push_back(2021 + after);
      spend.push_back(100.0 * uniform(random) + (b ? 30.0 : 0.0));
    }
    table.add("type", type).add("region", region).add("product", product).add("year", year).add("spend", spend);
  }

  struct Sum {
    std::int64_t n = 0;
    double spend = 0.0;
  };
  /// Of the rows with a type and all levels that are named; empty: any, but none missing.
  [[nodiscard]] Sum sum(const std::string& own_type, const std::string& own_region, const std::string& own_product,
                        int own_year, bool needs_region) const {
    Sum result;
    for (std::size_t i = 0; i < type.size(); ++i) {
      const auto fits = [](const std::string& cell, const std::string& wanted) { return wanted.empty() || cell == wanted; };
      if (type[i].empty() || (needs_region && region[i].empty())) continue;
      if (!fits(type[i], own_type) || !fits(region[i], own_region) || !fits(product[i], own_product)) continue;
      if (own_year != 0 && year[i] != own_year) continue;
      ++result.n;
      result.spend += spend[i];
    }
    return result;
  }
};

AnalysisTrial trial_of() {
  AnalysisTrial trial{"type"};
  trial.prepare.kpis = {"spend:mean"};
  trial.options.period = "year";
  trial.options.crosstabs = {"region*product"};
  return trial;
}

const PeriodCrosstab& table_of(const Analysis& analysis, const std::string& rows, const std::string& columns) {
  for (const PeriodCrosstab& table : analysis.period_crosstabs) {
    if (table.row_column == rows && table.column_column == columns) return table;
  }
  throw std::out_of_range("no table of " + rows);
}

TEST(Crosstab, APairOfCategoriesCountsWhoIsInASegment) {
  Buyers buyers(6000);
  const Analysis analysis = analyse_table(buyers.table, trial_of());
  const Crosstab& table = analysis.crosstabs.back();
  EXPECT_EQ(table.row_column, "region");
  EXPECT_EQ(table.column_column, "product");
  EXPECT_EQ(table.file, "crosstabs/03_region_by_product.csv");
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    for (std::size_t j = 0; j < table.columns.size(); ++j) {
      const CrosstabCell& cell = table.cells[i * table.columns.size() + j];
      const Buyers::Sum expected = buyers.sum("", table.rows[i], table.columns[j], 0, true);
      EXPECT_EQ(cell.n, expected.n);
      EXPECT_NEAR(cell.kpi_values.front(), expected.spend / static_cast<double>(expected.n), 1e-10);
    }
  }
  EXPECT_EQ(table.total.n, buyers.sum("", "", "", 0, true).n);
  EXPECT_EQ(table.missing, buyers.sum("", "", "", 0, false).n - table.total.n);
  EXPECT_FALSE(table.chi_squared.name.empty());
  EXPECT_FALSE(table.chi_squared.family.empty());
}

TEST(Crosstab, EveryPeriodIsATableOfItsOwn) {
  Buyers buyers(6000);
  const Analysis analysis = analyse_table(buyers.table, trial_of());
  ASSERT_EQ(analysis.period_crosstabs.size(), 3U);  // region * product, region and product by segment; not the year itself
  const PeriodCrosstab& table = table_of(analysis, "product", "segment");
  ASSERT_EQ(table.periods.size(), 4U);
  EXPECT_EQ(table.file, "crosstabs/06_product_by_period.csv");
  for (std::size_t p = 0; p < 4; ++p) {
    const int year = 2021 + static_cast<int>(p);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      for (const AnalysisSegment& segment : analysis.segments) {
        const auto j = static_cast<std::size_t>(segment.segment);
        const CrosstabCell& cell = table.periods[p].cells[i * table.columns.size() + j];
        const Buyers::Sum own = buyers.sum(segment.label, "", table.rows[i], year, false);
        const Buyers::Sum column = buyers.sum(segment.label, "", "", year, false);
        EXPECT_EQ(cell.n, own.n);
        EXPECT_NEAR(cell.column_share, static_cast<double>(own.n) / static_cast<double>(column.n), 1e-14);
        EXPECT_NEAR(cell.kpi_values.front(), own.spend / static_cast<double>(own.n), 1e-10);
        EXPECT_EQ(table.periods[p].column_totals[j].n, column.n);
      }
      EXPECT_EQ(table.periods[p].row_totals[i].n, buyers.sum("", "", table.rows[i], year, false).n);
    }
  }
}

TEST(Crosstab, RowsAreFollowedOverThePeriods) {
  Buyers buyers(6000);
  const Analysis analysis = analyse_table(buyers.table, trial_of());
  const PeriodCrosstab& table = table_of(analysis, "product", "segment");
  ASSERT_EQ(table.trends.size(), table.rows.size() * (1 + table.columns.size()));
  for (const CrosstabTrend& trend : table.trends) {
    const std::string label = trend.column < 0 ? "" : analysis.segments[static_cast<std::size_t>(trend.column)].label;
    const std::string& product = table.rows[static_cast<std::size_t>(trend.row)];
    std::vector<double> scores, hits, totals;
    for (int p = 0; p < 4; ++p) {
      scores.push_back(p);
      hits.push_back(static_cast<double>(buyers.sum(label, "", product, 2021 + p, false).n));
      totals.push_back(static_cast<double>(buyers.sum(label, "", "", 2021 + p, false).n));
    }
    const stats::TestResult expected = stats::cochran_armitage(scores, hits, totals);
    EXPECT_NEAR(trend.test.statistic, expected.statistic, 1e-9 * std::fabs(expected.statistic) + 1e-12);
    EXPECT_LE(trend.interval.low, trend.slope);
    if (label.empty()) continue;
    const bool grows = label == "B";
    EXPECT_NEAR(trend.slope, grows ? (product == "new" ? 0.15 : -0.15) : 0.0, 0.04) << label << " " << product;
    EXPECT_EQ(trend.test.p_adjusted < 0.001, grows) << label << " " << product;
  }
}

TEST(Crosstab, FewCustomersAreHiddenInEveryPeriod) {
  Buyers buyers(900);
  AnalysisTrial trial = trial_of();
  trial.options.min_cell = 15;
  const Analysis analysis = analyse_table(buyers.table, trial);
  const PeriodCrosstab& table = table_of(analysis, "region", "segment");
  EXPECT_THAT(table.rows, ::testing::Contains("far"));
  std::int64_t hidden = 0;
  for (const CrosstabCells& period : table.periods) {
    hidden += period.suppressed_cells;
    for (const auto* cells : {&period.cells, &period.row_totals, &period.column_totals}) {
      for (const CrosstabCell& cell : *cells) {
        EXPECT_TRUE(cell.suppressed || cell.n == 0 || cell.n >= 15);
        if (!cell.suppressed) continue;
        EXPECT_EQ(cell.n, 0);
        EXPECT_TRUE(std::isnan(cell.weight) && std::isnan(cell.column_share) && std::isnan(cell.kpi_values.front()));
      }
    }
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      int missing = period.row_totals[i].suppressed ? 1 : 0;
      for (std::size_t j = 0; j < table.columns.size(); ++j)
        missing += period.cells[i * table.columns.size() + j].suppressed ? 1 : 0;
      EXPECT_NE(missing, 1);
    }
  }
  EXPECT_GT(hidden, 0);
}

TEST(Crosstab, TablesByPeriodAreBounded) {
  std::mt19937_64 random(3);
  MemoryTable table;
  std::vector<std::string> type;
  std::vector<std::int32_t> year;
  constexpr int kRows = 3000;
  for (int i = 0; i < kRows; ++i) {
    type.push_back("type " + std::to_string(random() % 40));
    year.push_back(1990 + static_cast<int>(random() % 20));
  }
  table.add("type", type).add("year", year);
  for (int column = 0; column < 4; ++column) {
    std::vector<std::string> levels;
    for (int i = 0; i < kRows; ++i) levels.push_back("level " + std::to_string(random() % 10));
    table.add("column" + std::to_string(column), levels);
  }
  AnalysisTrial trial{"type"};
  trial.options.period = "year";
  trial.options.compare = {"column3"};
  const Analysis analysis = analyse_table(table, trial);
  ASSERT_EQ(analysis.period_crosstabs.size(), 2U);                     // 10 x 40 x 20 cells each, 20,000 in all
  EXPECT_EQ(analysis.period_crosstabs.front().row_column, "column3");  // what was named comes first
  EXPECT_THAT(analysis.notes, ::testing::Contains(::testing::HasSubstr("2 cross-tabs are left out")));
}

TEST(CrosstabRequest, NamesMayHoldStars) {
  const std::vector<std::string> names = {"a", "b*c", "a*b", "c"};
  EXPECT_EQ(parse_crosstab("a*c", names), std::pair(0, 3));
  EXPECT_EQ(parse_crosstab("a*b*c", names), std::pair(0, 1));  // the first that fits
  EXPECT_EQ(parse_crosstab("a*b*a", names), std::pair(2, 0));
  for (const char* text : {"a", "a*a", "a*x", "*", ""}) EXPECT_THROW((void)parse_crosstab(text, names), ConfigError) << text;
}

}  // namespace
}  // namespace tessera
