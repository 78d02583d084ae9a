// SPDX-License-Identifier: Apache-2.0
// Public tables, aggregated here row by row, against what SciPy, statsmodels, pingouin and lifelines say about them.
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "oracles.hpp"
#include "stats/analysis_of_variance.hpp"
#include "stats/cohens_d.hpp"
#include "stats/contingency.hpp"
#include "stats/correlation.hpp"
#include "stats/cramers_v.hpp"
#include "stats/kaplan_meier.hpp"
#include "stats/kruskal_wallis.hpp"
#include "stats/lmg_shares.hpp"
#include "stats/lorenz.hpp"
#include "stats/net_promoter.hpp"
#include "stats/partial_correlation.hpp"
#include "stats/proportion.hpp"
#include "stats/rank_correlation.hpp"
#include "stats/standardized_regression.hpp"
#include "stats/welch_test.hpp"
#include "support/shared_data.hpp"

namespace tessera::stats {
namespace {

using Texts = std::vector<std::string>;

/// Columns of a CSV without quotes, as text.
std::map<std::string, Texts> read_columns(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  std::string line(1 << 16, '\0');
  Texts names;
  std::map<std::string, Texts> columns;
  while (file && gzgets(file.get(), line.data(), static_cast<int>(line.size())) != nullptr) {
    std::istringstream cells(std::string(line.c_str(), std::string(line.c_str()).find_last_not_of("\r\n") + 1));
    const bool header = names.empty();
    std::size_t j = 0;
    for (std::string cell; std::getline(cells, cell, ','); ++j)
      header ? names.push_back(cell) : columns[names[j]].push_back(cell);
    for (; !header && j < names.size(); ++j) columns[names[j]].emplace_back();
  }
  return columns;
}

class RealTables : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(testing::data_folder() / "telco_churn"))
      GTEST_SKIP() << "no public tables in " << testing::data_folder();
  }

  static auto columns(const std::string& file) { return read_columns(testing::data_folder() / file); }
  static auto oracle(const std::string& name) { return read_oracle(name, "real_oracles.json"); }
};

/// NaN for an empty cell.
Numbers numbers_of(const Texts& texts) {
  Numbers numbers;
  for (const std::string& text : texts) numbers.push_back(text.empty() ? kUndefined : std::stod(text));
  return numbers;
}

Numbers hits_of(const Texts& texts, const std::string& level) {
  Numbers hits;
  for (const std::string& text : texts) hits.push_back(text == level ? 1.0 : 0.0);
  return hits;
}

std::int64_t position(const Texts& sorted, const std::string& text) {
  return std::ranges::lower_bound(sorted, text) - sorted.begin();
}

template <typename Value>
std::vector<Value> distinct(const std::vector<Value>& values) {
  const std::set<Value> set(values.begin(), values.end());
  return {set.begin(), set.end()};
}

/// Rows in which one of both is empty do not count.
Matrix<double> crosstab(const Texts& first, const Texts& second) {
  const Texts rows = distinct(first), cells = distinct(second);
  Matrix<double> table(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(cells.size()));
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!first[i].empty() && !second[i].empty()) table(position(rows, first[i]), position(cells, second[i])) += 1.0;
  }
  return table;
}

std::vector<Moments> moments_by(const Numbers& values, const Texts& groups) {
  const Texts levels = distinct(groups);
  std::vector<Numbers> parts(levels.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    parts[static_cast<std::size_t>(position(levels, groups[i]))].push_back(values[i]);
  std::vector<Moments> moments;
  for (const Numbers& part : parts) moments.push_back(moments_of(part));
  return moments;
}

Matrix<double> tally_by(const Numbers& values, const Texts& groups) {
  const Texts levels = distinct(groups);
  std::map<double, Numbers> rows;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i]))
      rows.try_emplace(values[i], levels.size(), 0.0).first->second[static_cast<std::size_t>(position(levels, groups[i]))] +=
          1.0;
  }
  std::vector<Numbers> counts;
  for (const auto& [value, row] : rows) counts.push_back(row);
  return matrix_of(counts);
}

Matrix<double> correlations_of(const std::vector<Numbers>& variables) {
  const auto m = static_cast<std::int64_t>(variables.size());
  Matrix<double> matrix(m, m, 1.0);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      matrix(i, j) = matrix(j, i) =
          pearson(co_moments_of(variables[static_cast<std::size_t>(i)], variables[static_cast<std::size_t>(j)])).r;
    }
  }
  return matrix;
}

/// Shares of the variables but the last in the last.
Importance lmg_of(const std::vector<Numbers>& variables) {
  const Matrix<double> all = correlations_of(variables);
  const std::int64_t d = all.rows() - 1;
  Matrix<double> predictors(d, d);
  Numbers outcome;
  for (std::int64_t i = 0; i < d; ++i) {
    for (std::int64_t j = 0; j < d; ++j) predictors(i, j) = all(i, j);
    outcome.push_back(all(i, d));
  }
  return lmg_shares(predictors.view(), outcome);
}

void expect_shares(const Importance& importance, const nlohmann::json& shares) {
  ASSERT_EQ(importance.shares.size(), shares.size());
  double sum = 0.0;
  for (std::size_t j = 0; j < importance.shares.size(); ++j) {
    EXPECT_NEAR(importance.shares[j], shares[j].get<double>(), 1e-10);
    sum += importance.shares[j];
  }
  EXPECT_NEAR(sum, importance.r_squared, 1e-10);
}

void expect_association(const Matrix<double>& table, const Numbers& expected) {
  const TestResult test = chi_squared_test(table.view());
  expect_close(test.statistic, expected[0]);
  EXPECT_EQ(test.degrees_of_freedom, expected[1]);
  expect_close(test.p, expected[2], 1e-8);
  expect_close(cramers_v(table.view()).v, expected[3]);
}

TEST_F(RealTables, TelcoTables) {
  auto t = columns("telco_churn/telco_churn.csv");
  const auto expected = oracle("telco_churn");
  expect_association(crosstab(t["Contract"], t["Churn"]), expected["contract_churn"]);
  expect_association(crosstab(t["InternetService"], t["Churn"]), expected["internet_churn"]);
  const Matrix<double> gender = crosstab(t["gender"], t["Churn"]);
  expect_close(chi_squared_test(gender.view()).statistic, expected["gender_churn"][0]);
  expect_close(chi_squared_yates(gender.view()).statistic, expected["gender_churn_yates"][0]);
  expect_close(chi_squared_yates(gender.view()).p, expected["gender_churn_yates"][1]);
  expect_interval(wilson_interval(proportion(1869, 7043, 7043)), expected["churn_wilson"]);
  const Matrix<double> payment = crosstab(t["PaymentMethod"], t["Churn"]);  // row 2: electronic check
  const double electronic = payment(2, 0) + payment(2, 1);
  const ProportionDifference apart =
      compare_proportions(proportion(payment(2, 1), electronic, electronic),
                          proportion(1869 - payment(2, 1), 7043 - electronic, 7043 - electronic));
  expect_close(apart.test.statistic, expected["electronic_z"][0]);
  expect_close(apart.test.p, expected["electronic_z"][1], 1e-8);
}

TEST_F(RealTables, TelcoNumbers) {
  auto t = columns("telco_churn/telco_churn.csv");
  const auto expected = oracle("telco_churn");
  const Numbers tenure = numbers_of(t["tenure"]), charges = numbers_of(t["MonthlyCharges"]);
  const std::vector<Moments> by_churn = moments_by(charges, t["Churn"]);
  const MeanDifference welch = welch_test(by_churn[1], by_churn[0]);
  expect_close(welch.test.statistic, expected["charges_by_churn"][0]);
  expect_close(welch.test.degrees_of_freedom, expected["charges_by_churn"][1]);
  expect_close(welch.test.p, expected["charges_by_churn"][2], 1e-8);
  expect_interval(welch.interval, expected["charges_interval"]);
  expect_close(cohens_d(by_churn[1], by_churn[0]).d, expected["charges_d"]);
  const RankTest ranks = kruskal_wallis(tally_by(tenure, t["Contract"]).view());
  expect_close(ranks.test.statistic, expected["tenure_by_contract"][0]);
  EXPECT_LT(ranks.test.p, 1e-300);
  const Correlation r = pearson(co_moments_of(tenure, charges));
  expect_close(r.r, expected["tenure_charges"][0]);
  expect_close(r.test.p, expected["tenure_charges"][1], 1e-8);
  expect_close(r.interval.low, expected["tenure_charges"][2]);
  expect_close(r.interval.high, expected["tenure_charges"][3]);
  expect_close(spearman(co_moments_of(mid_ranks(tenure), mid_ranks(charges))).r, expected["tenure_charges_spearman"][0]);
  expect_close(kendall(tenure, charges).r, expected["tenure_charges_kendall"][0]);
  expect_close(kendall(tenure, charges).test.p, expected["tenure_charges_kendall"][1], 1e-8);
}

TEST_F(RealTables, TelcoSurvival) {
  auto t = columns("telco_churn/telco_churn.csv");
  const auto expected = oracle("telco_churn");
  const Matrix<double> counts = tally_by(numbers_of(t["tenure"]), t["Churn"]);  // tenure 0 to 72, all of them
  std::vector<SurvivalTally> tally;
  for (std::int64_t i = 0; i < counts.rows(); ++i) tally.push_back({static_cast<double>(i), counts(i, 1), counts(i, 0)});
  const auto curve = kaplan_meier(tally, 7043.0);
  const auto at = [&](double time) { return *std::ranges::find(curve, time, &SurvivalStep::time); };
  expect_close(at(12.0).survival, expected["survival_at"][0]);
  expect_close(at(60.0).survival, expected["survival_at"][1]);
  expect_interval(at(12.0).interval, expected["survival_interval_12"], 1e-8);
  EXPECT_EQ(survival_time(curve, 0.25).value, expected["quartile"].get<double>());
  EXPECT_TRUE(std::isnan(survival_time(curve, 0.5).value));
}

TEST_F(RealTables, MarketingCampaign) {
  auto t = columns("marketing_campaign/marketing_campaign.csv");
  const auto expected = oracle("marketing_campaign");
  expect_association(crosstab(t["Education"], t["Response"]), expected["education_response"]);
  const std::vector<Moments> income = moments_by(numbers_of(t["Income"]), t["Education"]);
  const VarianceAnalysis f = f_test(income), welch = welch_anova(income);
  expect_close(f.f, expected["income_by_education"][0]);
  expect_close(f.within_df, expected["income_by_education"][2]);
  expect_close(variance_explained(income).eta_squared, expected["income_by_education"][3]);
  expect_close(welch.f, expected["income_by_education_welch"][0]);
  expect_close(welch.within_df, expected["income_by_education_welch"][2]);
  Numbers wines = numbers_of(t["MntWines"]);
  const Correlation r = pearson(co_moments_of(wines, numbers_of(t["MntMeatProducts"])));
  expect_close(r.r, expected["wines_meat"][0]);
  expect_close(r.interval.low, expected["wines_meat"][1]);
  std::ranges::sort(wines);
  std::vector<ValueTally> tally;
  for (const double spend : wines) tally.push_back({spend, 1.0});
  const LorenzCurve curve(tally);
  expect_close(curve.gini(), expected["wines_gini"]);
  expect_close(curve.top_share(0.2), expected["wines_top_fifth"]);
}

TEST_F(RealTables, McDonalds) {
  auto t = columns("mcdonalds/mcdonalds.csv");
  const auto expected = oracle("mcdonalds");
  std::vector<Numbers> variables;
  for (const char* name : {"yummy", "convenient", "spicy", "fattening", "greasy", "fast", "cheap", "tasty", "expensive",
                           "healthy", "disgusting"}) {
    variables.push_back(hits_of(t[name], "Yes"));
  }
  Numbers like;
  for (const std::string& text : t["Like"]) like.push_back(std::stod(text.substr(text.find_first_of("+-0123456789"))));
  variables.push_back(like);
  const Importance lmg = lmg_of(variables);
  expect_shares(lmg, expected["shares"]);
  expect_close(lmg.r_squared, expected["r_squared"]);
  for (double& value : variables[1]) value = 1e-8 * value;
  expect_shares(lmg_of(variables), expected["shares"]);
  expect_association(crosstab(t["Gender"], t["VisitFrequency"]), expected["gender_visits"]);
}

TEST_F(RealTables, MobileProvider) {
  auto t = columns("ecsi_satisfaction/mobile_provider.csv");
  const auto expected = oracle("ecsi_satisfaction");
  NetPromoterAnswers answers;
  for (const double answer : numbers_of(t["CUSL3"])) {
    (answer >= 9 ? answers.promoters : answer >= 7 ? answers.passives : answers.detractors) += 1.0;
    answers.weight_squares += 1.0;
  }
  const NetPromoterScore score = net_promoter_score(answers);
  EXPECT_DOUBLE_EQ(score.score, 14.0);
  expect_close(score.standard_error, expected["nps_error"]);
  std::vector<Numbers> variables;
  for (const char* name : {"PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7", "PERV1", "PERV2", "IMAG1", "IMAG2",
                           "IMAG3", "IMAG4", "IMAG5", "CUSA1"}) {
    variables.push_back(numbers_of(t[name]));
  }
  expect_shares(lmg_of(variables), expected["shares"]);
  const PartialCorrelations held =
      partial_correlations(correlations_of({variables[0], variables[14], variables[9], variables[7]}).view());
  const Correlation partial = correlation_of(held.r(0, 1), 250.0, static_cast<double>(held.held));
  expect_close(partial.r, expected["partial"][0]);
  expect_close(partial.test.p, expected["partial"][1], 1e-8);
}

TEST_F(RealTables, PersonalityItems) {
  auto t = columns("bfi/bfi.csv");
  const auto expected = oracle("bfi");
  const Numbers first = numbers_of(t["N1"]), fourth = numbers_of(t["N4"]);
  const Correlation r = pearson(co_moments_of(first, fourth));
  EXPECT_EQ(r.n, expected["n1_n4"][0].get<double>());
  expect_close(r.r, expected["n1_n4"][1]);
  expect_close(r.interval.low, expected["n1_n4"][2]);
  expect_close(r.interval.high, expected["n1_n4"][3]);
  Numbers x, y;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!std::isnan(first[i]) && !std::isnan(fourth[i])) x.push_back(first[i]), y.push_back(fourth[i]);
  }
  expect_close(spearman(co_moments_of(mid_ranks(x), mid_ranks(y))).r, expected["spearman"][0]);
  expect_close(spearman(co_moments_of(mid_ranks(x), mid_ranks(y))).test.p, expected["spearman"][1], 1e-8);
  expect_close(kendall(x, y).r, expected["kendall"][0]);
  expect_close(kendall(x, y).test.p, expected["kendall"][1], 1e-8);
  const RankTest gender = kruskal_wallis(tally_by(first, t["gender"]).view());
  expect_close(gender.test.statistic, expected["gender_n1"][0]);
  expect_close(gender.test.p, expected["gender_n1"][1]);
}

TEST_F(RealTables, ReadingAttitudes) {
  auto t = columns("pisa_reading/pisa_reading_items.csv.gz");
  const auto expected = oracle("pisa_reading");
  expect_association(crosstab(t["CNT"], t["ST24Q01"]), expected["country_st24q01"]);
  const std::map<std::string, double> codes = {
      {"Strongly disagree", 0.0}, {"Disagree", 1.0}, {"Agree", 2.0}, {"Strongly agree", 3.0}};
  Texts items;
  for (int i = 2; i <= 12; ++i)
    items.push_back(i == 12 ? "ST24Q01" : "ST24Q" + std::string(i < 10 ? "0" : "") + std::to_string(i));
  std::vector<Numbers> variables(items.size());
  for (std::size_t row = 0; row < t["CNT"].size(); ++row) {
    if (std::ranges::any_of(items, [&](const std::string& item) { return !codes.contains(t[item][row]); })) continue;
    for (std::size_t j = 0; j < items.size(); ++j) variables[j].push_back(codes.at(t[items[j]][row]));
  }
  EXPECT_EQ(static_cast<double>(variables[0].size()), expected["rows"].get<double>());
  expect_shares(lmg_of(variables), expected["shares"]);
}

}  // namespace
}  // namespace tessera::stats
