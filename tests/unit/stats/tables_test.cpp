// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "oracles.hpp"
#include "stats/column_letters.hpp"
#include "stats/contingency.hpp"
#include "stats/cramers_v.hpp"
#include "stats/monte_carlo_independence.hpp"
#include "stats/partition_agreement.hpp"

namespace tessera::stats {
namespace {

void expect_test(const TestResult& result, const Numbers& expected) {
  expect_close(result.statistic, expected[0]);
  EXPECT_EQ(result.degrees_of_freedom, expected[1]);
  expect_close(result.p, expected[2], 1e-8);
}

TEST(Contingency, AgreesWithSciPyAndStatsmodels) {
  for (const auto& oracle : read_oracle("tables")) {
    const Matrix<double> table = matrix_of(oracle["table"]);
    expect_test(chi_squared_test(table.view()), oracle["chi_squared"]);
    expect_test(g_test(table.view()), oracle["g"]);
    if (table.rows() == 2 && table.columns() == 2) {
      expect_test(chi_squared_yates(table.view()), oracle["yates"]);
    } else {
      EXPECT_TRUE(std::isnan(chi_squared_yates(table.view()).p));
    }
    expect_close(least_expected(table.view()), oracle["least_expected"]);
    const Matrix<double> residuals = adjusted_residuals(table.view());
    const Matrix<double> expected = matrix_of(oracle["residuals"]);
    for (std::int64_t i = 0; i < table.rows(); ++i) {
      for (std::int64_t j = 0; j < table.columns(); ++j) EXPECT_NEAR(residuals(i, j), expected(i, j), 1e-9);
    }
  }
}

TEST(CramersV, AgreesWithSciPyAndTheFormula) {
  for (const auto& oracle : read_oracle("tables")) {
    const Association association = cramers_v(matrix_of(oracle["table"]).view());
    expect_close(association.v, oracle["v"]);
    expect_close(association.v_corrected, oracle["v_corrected"]);
    EXPECT_LE(association.interval.low, association.v);
    EXPECT_GE(association.interval.high, association.v);
  }
}

TEST(CramersV, IntervalEndsAtNothingExactlyWhereTheTestDoes) {
  const Matrix<double> chance = matrix_of({{30, 22}, {25, 27}}), more = matrix_of({{36, 16}, {22, 30}});
  EXPECT_GT(chi_squared_test(chance.view()).p, 0.025);
  EXPECT_EQ(cramers_v(chance.view()).interval.low, 0.0);
  EXPECT_LT(chi_squared_test(more.view()).p, 0.025);
  EXPECT_GT(cramers_v(more.view()).interval.low, 0.0);
}

TEST(Contingency, EmptyRowsAndColumnsDoNotCount) {
  const Matrix<double> table = matrix_of({{12, 5}, {3, 14}}), padded = matrix_of({{12, 0, 5}, {0, 0, 0}, {3, 0, 14}});
  EXPECT_EQ(chi_squared_test(padded.view()).statistic, chi_squared_test(table.view()).statistic);
  EXPECT_EQ(chi_squared_test(padded.view()).degrees_of_freedom, 1.0);
  EXPECT_EQ(chi_squared_yates(padded.view()).p, chi_squared_yates(table.view()).p);
  EXPECT_EQ(cramers_v(padded.view()).v, cramers_v(table.view()).v);
  EXPECT_EQ(least_expected(padded.view()), least_expected(table.view()));
  EXPECT_EQ(partition_agreement(padded.view()).v_measure, partition_agreement(table.view()).v_measure);
  EXPECT_TRUE(std::isnan(adjusted_residuals(padded.view())(1, 0)));
  EXPECT_EQ(monte_carlo_p(padded.view(), 5, 0, 499).p, monte_carlo_p(table.view(), 5, 0, 499).p);
}

TEST(Contingency, WeightsCountAsTheirEffectiveRows) {
  const Matrix<double> weights = matrix_of({{6, 2.5}, {1.5, 7}});
  const Matrix<double> counts = effective_counts(weights.view(), 17.0 * 0.5);  // all weights 0.5
  EXPECT_EQ(counts(0, 0), 12.0);
  EXPECT_EQ(chi_squared_test(counts.view()).p, chi_squared_test(matrix_of({{12, 5}, {3, 14}}).view()).p);
  EXPECT_EQ(margins_of(effective_counts(weights.view(), 40.0).view()).total, 17.0 * 17.0 / 40.0);
}

TEST(Contingency, Degenerate) {
  for (const std::vector<Numbers>& cells : {std::vector<Numbers>{{0, 0}, {0, 0}},
                                            {{5, 3}},
                                            {{5}, {3}},
                                            {{5, 0}, {3, 0}},
                                            {{kUndefined, 1}, {1, 1}},
                                            {{-1, 2}, {3, 4}},
                                            {{INFINITY, 1}, {1, 1}}}) {
    const Matrix<double> table = matrix_of(cells);
    EXPECT_TRUE(std::isnan(chi_squared_test(table.view()).p));
    EXPECT_TRUE(std::isnan(chi_squared_yates(table.view()).p));
    EXPECT_TRUE(std::isnan(g_test(table.view()).p));
    EXPECT_TRUE(std::isnan(cramers_v(table.view()).v));
    EXPECT_TRUE(std::isnan(phi(table.view())));
    EXPECT_TRUE(std::isnan(monte_carlo_p(table.view(), 1, 0, 99).p));
    EXPECT_TRUE(std::isnan(adjusted_residuals(table.view())(0, 0)));
    EXPECT_TRUE(column_contrasts(table.view()).empty());
  }
  EXPECT_TRUE(std::isnan(chi_squared_test(Matrix<double>().view()).p));
  EXPECT_EQ(cramers_v(matrix_of({{7, 0}, {0, 4}}).view()).v, 1.0);
  EXPECT_EQ(margins_of(effective_counts(matrix_of({{0, 0}}).view(), 0.0).view()).total, 0.0);
}

TEST(Phi, IsTheCorrelationOfTwoBinaryVariables) {
  expect_close(phi(matrix_of({{12, 5}, {3, 14}}).view()), (12.0 * 14 - 5 * 3) / std::sqrt(17.0 * 17 * 15 * 19), 1e-14);
  EXPECT_LT(phi(matrix_of({{5, 12}, {14, 3}}).view()), 0.0);
  EXPECT_TRUE(std::isnan(phi(matrix_of({{5, 12, 1}, {14, 3, 1}}).view())));
}

/// Exact p of a table of two rows, over all tables with its margins.
double exact_p(const Matrix<double>& table) {
  const Margins margins = margins_of(table.view());
  const double observed = chi_squared_test(table.view()).statistic;
  double p = 0.0;
  const auto choose = [](double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); };
  for (int a = 0; a <= margins.columns[0]; ++a) {
    for (int b = 0; b <= margins.columns[1]; ++b) {
      const double c = margins.rows[0] - a - b;
      if (c < 0 || c > margins.columns[2]) continue;
      const Matrix<double> other =
          matrix_of({{1.0 * a, 1.0 * b, c}, {margins.columns[0] - a, margins.columns[1] - b, margins.columns[2] - c}});
      if (chi_squared_test(other.view()).statistic < observed * (1.0 - 1e-9)) continue;
      p += std::exp(choose(margins.columns[0], a) + choose(margins.columns[1], b) + choose(margins.columns[2], c) -
                    choose(margins.total, margins.rows[0]));
    }
  }
  return p;
}

TEST(MonteCarlo, ApproachesTheExactProbability) {
  for (const std::vector<Numbers>& cells :
       {std::vector<Numbers>{{5, 1, 0}, {2, 4, 6}}, {{3, 1, 9}, {2, 4, 6}}, {{1, 0, 0}, {3, 9, 30}}}) {
    const Matrix<double> table = matrix_of(cells);
    const double exact = exact_p(table);
    const MonteCarloP simulated = monte_carlo_p(table.view(), 7, 0, 20'000);
    const double error = std::sqrt(exact * (1.0 - exact) / static_cast<double>(simulated.tables));
    EXPECT_NEAR(simulated.p, exact, 4.0 * error + 1e-4) << exact;
  }
}

TEST(MonteCarlo, IsTheSameEveryTimeAndAnotherForAnotherStream) {
  const Matrix<double> table = matrix_of({{5, 1, 0, 2}, {2, 4, 6, 1}, {0, 1, 2, 2}});
  EXPECT_EQ(monte_carlo_p(table.view(), 7, 0).p, monte_carlo_p(table.view(), 7, 0).p);
  EXPECT_NE(monte_carlo_p(table.view(), 7, 0).p, monte_carlo_p(table.view(), 7, 1).p);
  EXPECT_NE(monte_carlo_p(table.view(), 7, 0).p, monte_carlo_p(table.view(), 8, 0).p);
}

TEST(MonteCarlo, AgreesWithChiSquaredWhereThatHoldsAndCountsDoNotMatter) {
  for (const double more : {1'003'000.0, 1'004'500.0}) {
    const Matrix<double> table = matrix_of({{1'000'000, more}, {2'000'000, 2'001'000}, {700'000'000, 700'004'000}});
    const double expected = chi_squared_test(table.view()).p;
    const MonteCarloP simulated = monte_carlo_p(table.view(), 3, 0, 20'000);
    const double error = std::sqrt(expected * (1.0 - expected) / static_cast<double>(simulated.tables));
    EXPECT_NEAR(simulated.p, expected, 4.0 * error) << expected;
  }
}

TEST(MonteCarlo, StopsEarlyWhereNothingIsThere) {
  const MonteCarloP simulated = monte_carlo_p(matrix_of({{5, 6, 4}, {5, 5, 5}}).view(), 3, 0);
  EXPECT_LT(simulated.tables, 200);
  EXPECT_GT(simulated.p, 0.5);
}

TEST(ColumnLetters, MarkLargerSharesOnly) {
  // Columns of 100: 30 %, 50 % and 32 % in the first row.
  const Matrix<double> table = matrix_of({{30, 50, 32}, {70, 50, 68}});
  const std::vector<ColumnContrast> contrasts = column_contrasts(table.view());
  ASSERT_EQ(contrasts.size(), 4);
  EXPECT_EQ(contrasts[0].row, 0);
  EXPECT_EQ(contrasts[0].column, 1);
  EXPECT_EQ(contrasts[0].larger_than, 0);
  EXPECT_EQ(contrasts[1].larger_than, 2);
  EXPECT_EQ(contrasts[2].row, 1);
  EXPECT_EQ(contrasts[2].column, 0);
  EXPECT_EQ(contrasts[2].larger_than, 1);
  EXPECT_EQ(contrasts[3].column, 2);
  // z = -0.2 / sqrt(0.4 * 0.6 * 0.02), Bonferroni over three pairs.
  expect_close(contrasts[0].p, 3.0 * std::erfc(0.2 / std::sqrt(0.4 * 0.6 * 0.02) / std::sqrt(2.0)), 1e-9);
  EXPECT_GE(column_contrasts(table.view(), {}, Adjustment::benjamini_hochberg).size(), contrasts.size());
}

TEST(ColumnLetters, BasesMayBeLargerThanTheTable) {
  const Matrix<double> several = matrix_of({{30, 50}});  // of a question with several answers
  EXPECT_TRUE(column_contrasts(several.view()).empty());
  EXPECT_EQ(column_contrasts(several.view(), Numbers{100, 100}).size(), 1);
  EXPECT_TRUE(column_contrasts(several.view(), Numbers{100, 0}).empty());
}

TEST(ColumnLetters, Names) {
  EXPECT_EQ(column_letter(0), "A");
  EXPECT_EQ(column_letter(25), "Z");
  EXPECT_EQ(column_letter(26), "AA");
  EXPECT_EQ(column_letter(27), "AB");
  EXPECT_EQ(column_letter(26 + 26 * 26), "AAA");
}

TEST(PartitionAgreement, AgreesWithScikitLearn) {
  for (const auto& oracle : read_oracle("tables")) {
    const PartitionAgreement agreement = partition_agreement(matrix_of(oracle["table"]).view());
    expect_close(agreement.adjusted_rand, oracle["adjusted_rand"]);
    expect_close(agreement.mutual_information, oracle["mutual_information"]);
    expect_close(agreement.adjusted_mutual_information, oracle["adjusted_mutual_information"], 1e-9);
    expect_close(agreement.homogeneity, oracle["homogeneity"]);
    expect_close(agreement.completeness, oracle["completeness"]);
    expect_close(agreement.v_measure, oracle["v_measure"]);
  }
}

TEST(PartitionAgreement, TrivialAndEmpty) {
  const PartitionAgreement equal = partition_agreement(matrix_of({{4, 0}, {0, 9}}).view());
  for (const double one : {equal.adjusted_rand, equal.adjusted_mutual_information, equal.homogeneity, equal.v_measure}) {
    EXPECT_NEAR(one, 1.0, 1e-14);
  }
  const PartitionAgreement single = partition_agreement(matrix_of({{5}}).view());
  EXPECT_EQ(single.adjusted_mutual_information, 1.0);
  EXPECT_EQ(single.v_measure, 1.0);
  EXPECT_EQ(partition_agreement(matrix_of({{1, 0}, {0, 1}}).view()).adjusted_mutual_information, 1.0);
  const PartitionAgreement lumped = partition_agreement(matrix_of({{5}, {7}}).view());
  EXPECT_EQ(lumped.homogeneity, 0.0);
  EXPECT_EQ(lumped.completeness, 1.0);
  EXPECT_EQ(lumped.v_measure, 0.0);
  EXPECT_TRUE(std::isnan(partition_agreement(matrix_of({{0, 0}}).view()).v_measure));
  EXPECT_TRUE(std::isnan(partition_agreement(matrix_of({{1, kUndefined}}).view()).v_measure));
}

TEST(PartitionAgreement, ManyRowsTakeNoMoreThanAMoment) {
  const double n = 1e8;
  const PartitionAgreement agreement = partition_agreement(matrix_of({{n, 2 * n}, {2 * n, 4 * n}}).view());
  EXPECT_NEAR(agreement.adjusted_mutual_information, 0.0, 1e-7);
}

}  // namespace
}  // namespace tessera::stats
