// SPDX-License-Identifier: Apache-2.0
// Made customers whose story is known, and what an analysis has to make of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "support/analysis_run.hpp"
#include "support/memory_table.hpp"
#include "support/shared_data.hpp"

namespace tessera {
namespace {

using testing::analyse_table;
using testing::AnalysisTrial;
using testing::MemoryTable;
using testing::named;

int segment_of(const Analysis& analysis, const std::string& label) { return named(analysis.segments, label).segment; }

const DriverShare& driver_of(const DriverAnalysis& drivers, int segment, const std::string& column) {
  return named(drivers.groups[static_cast<std::size_t>(segment + 1)].drivers, column);
}

TEST(Stories, TrainingDrivesEndUsersAndAvailabilityDistributors) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<std::string> type;
  std::vector<double> training, availability, price, satisfaction;
  for (int i = 0; i < 6000; ++i) {
    const bool end_user = i % 3 != 0;
    const double t = normal(random), a = normal(random), p = normal(random);
    type.emplace_back(end_user ? "End User" : "Distributor");
    training.push_back(t);
    availability.push_back(a);
    price.push_back(p);
    satisfaction.push_back((end_user ? 0.9 * t + 0.1 * a : 0.1 * t + 0.9 * a) + 0.1 * p + normal(random));
  }
  MemoryTable table;
  table.add("type", type).add("training", training).add("availability", availability).add("price", price);
  table.add("satisfaction", satisfaction);
  AnalysisTrial trial{"type"};
  trial.prepare.kpis = {"satisfaction"};
  const Analysis analysis = analyse_table(table, trial);
  const DriverAnalysis& drivers = named(analysis.drivers, "satisfaction");
  const int end_users = segment_of(analysis, "End User"), distributors = segment_of(analysis, "Distributor");
  EXPECT_EQ(driver_of(drivers, end_users, "training").rank, 1);
  EXPECT_EQ(driver_of(drivers, distributors, "availability").rank, 1);
  EXPECT_GT(driver_of(drivers, end_users, "training").share, 0.9);
  EXPECT_GT(driver_of(drivers, distributors, "availability").share, 0.9);
  EXPECT_LT(driver_of(drivers, end_users, "training").difference.p_adjusted, 1e-6);
  // By construction: R squared = (0.81 + 0.01 + 0.01) / 1.83 in both.
  EXPECT_NEAR(drivers.groups[1].r_squared, 0.83 / 1.83, 0.05);
  for (const DriverGroup& group : drivers.groups) {
    double shares = 0.0, importance = 0.0;
    for (const DriverShare& driver : group.drivers) {
      shares += driver.share;
      importance += driver.importance;
      EXPECT_LE(driver.share_interval.low, driver.share);
      EXPECT_GE(driver.share_interval.high, driver.share);
    }
    EXPECT_NEAR(shares, 1.0, 1e-10);
    EXPECT_NEAR(importance, group.r_squared, 1e-10);
  }
  ASSERT_FALSE(drivers.differences.empty());
  EXPECT_NE(drivers.differences.front().column, "price");
  EXPECT_TRUE(std::any_of(analysis.findings.begin(), analysis.findings.end(), [](const std::string& words) {
    return words.find("Distributor") != std::string::npos && words.find("availability") != std::string::npos;
  }));
}

TEST(Stories, TheGapIsMadeOfTheDriversMeans) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal;
  std::vector<std::string> group;
  std::vector<double> delivery, service, rating;
  for (int i = 0; i < 8000; ++i) {
    const bool industrial = i % 4 == 0;
    // Industrial buyers: late deliveries, but responsive account managers.
    const double d = normal(random) - (industrial ? 1.0 : 0.0), s = normal(random) + (industrial ? 2.0 : 0.0);
    group.emplace_back(industrial ? "industrial" : "other");
    delivery.push_back(d);
    service.push_back(s);
    rating.push_back(0.5 * d + 1.0 * s + 0.3 * normal(random));
  }
  MemoryTable table;
  table.add("group", group).add("delivery", delivery).add("service", service).add("rating", rating);
  AnalysisTrial trial{"group"};
  trial.prepare.kpis = {"rating"};
  const Analysis analysis = analyse_table(table, trial);
  const DriverAnalysis& drivers = named(analysis.drivers, "rating");
  const int industrial = segment_of(analysis, "industrial");
  const DriverGroup& own = drivers.groups[static_cast<std::size_t>(industrial + 1)];
  EXPECT_GT(own.gap, 0.5);
  EXPECT_NEAR(driver_of(drivers, industrial, "delivery").gap, 0.5 * -0.75, 0.05);
  EXPECT_NEAR(driver_of(drivers, industrial, "service").gap, 1.0 * 1.5, 0.08);
  EXPECT_NEAR(
      driver_of(drivers, industrial, "delivery").gap + driver_of(drivers, industrial, "service").gap + own.gap_unexplained,
      own.gap, 1e-10);
  EXPECT_EQ(driver_of(drivers, industrial, "service").quadrant, "keep up");
  EXPECT_LT(driver_of(drivers, industrial, "delivery").z, -0.5);
}

TEST(Stories, HalfLoveItHalfHateIt) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<std::string> group;
  std::vector<double> score, spend;
  for (int i = 0; i < 3000; ++i) {
    const bool torn = i % 2 == 0;
    group.emplace_back(torn ? "torn" : "agreed");
    const double middle = torn ? (i % 4 == 0 ? 2.0 : 9.0) : 5.5;
    score.push_back(std::clamp(std::round(middle + normal(random) * (torn ? 1.0 : 1.5)), 0.0, 10.0));
    spend.push_back(torn ? (i % 4 == 0 ? 20.0 : 80.0) + 5.0 * normal(random) : 50.0 + 20.0 * normal(random));
  }
  MemoryTable table;
  table.add("group", group).add("score", score).add("spend", spend);
  AnalysisTrial trial{"group"};
  trial.prepare.kpis = {"score", "spend"};
  const Analysis analysis = analyse_table(table, trial);
  const int torn = segment_of(analysis, "torn");
  int found = 0;
  for (const BimodalityFinding& finding : analysis.doubt.bimodality) {
    EXPECT_EQ(finding.bimodal, finding.segment == torn) << finding.column << " in segment " << finding.segment;
    if (!finding.bimodal) continue;
    ++found;
    EXPECT_NEAR(finding.low_share, 0.5, 0.05);
    EXPECT_NEAR(finding.low_mode, finding.column == "score" ? 2.0 : 20.0, 1.0);
    EXPECT_NEAR(finding.high_mode, finding.column == "score" ? 9.0 : 80.0, 1.0);
  }
  EXPECT_EQ(found, 2);
}

TEST(Stories, RoundedAgesAreOneGroup) {
  std::mt19937_64 random(6);
  std::normal_distribution<double> normal;
  std::vector<std::string> group;
  std::vector<std::int32_t> age, year;
  for (int i = 0; i < 4000; ++i) {
    group.emplace_back(i % 2 == 0 ? "a" : "b");
    age.push_back(static_cast<std::int32_t>(std::lround(46.0 + 8.0 * normal(random))));
    year.push_back(static_cast<std::int32_t>(1950 + (i / 2) % 30));  // as many of each
  }
  MemoryTable table;
  table.add("group", group).add("age", age).add("year", year);
  const Analysis analysis = analyse_table(table, {"group"});
  EXPECT_EQ(analysis.doubt.bimodality.size(), 4U);
  for (const BimodalityFinding& finding : analysis.doubt.bimodality) EXPECT_FALSE(finding.bimodal) << finding.column;
}

TEST(Stories, CustomerTypesOverFourYearsOneOfThemFalling) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<std::string> type;
  std::vector<std::int32_t> year;
  std::vector<double> rating;
  std::vector<std::int32_t> renewed;
  for (int i = 0; i < 16000; ++i) {
    const char letter = "ABCD"[i % 4];
    const int after = (i / 4) % 4;
    const bool falling = letter == 'B';
    type.emplace_back(1, letter);
    year.push_back(2021 + after);
    rating.push_back(8.0 - (falling ? 0.5 * after : 0.0) + normal(random));
    renewed.push_back(uniform(random) < 0.8 - (falling ? 0.1 * after : 0.0) ? 1 : 0);
  }
  MemoryTable table;
  table.add("type", type).add("year", year).add("rating", rating).add("renewed", renewed);
  AnalysisTrial trial{"type"};
  trial.prepare.kpis = {"rating", "renewed"};
  trial.options.period = "year";
  const Analysis analysis = analyse_table(table, trial);
  EXPECT_EQ(analysis.periods, (std::vector<std::string>{"2021", "2022", "2023", "2024"}));
  const int falling = segment_of(analysis, "B");
  for (const char* name : {"rating", "renewed"}) {
    for (const KpiTrend& trend : named(analysis.kpis, name).trends) {
      if (trend.segment < 0) continue;
      const double wanted = trend.segment != falling ? 0.0 : std::string(name) == "rating" ? -0.5 : -0.1;
      EXPECT_NEAR(trend.slope, wanted, std::string(name) == "rating" ? 0.06 : 0.03) << name << " " << trend.segment;
      EXPECT_EQ(trend.test.p_adjusted < 0.001, trend.segment == falling) << name << " " << trend.segment;
      EXPECT_EQ(trend.n, (std::vector<std::int64_t>{1000, 1000, 1000, 1000}));
    }
  }
}

TEST(Stories, TenToFiveThousandEmployees) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  std::vector<std::string> industry;
  std::vector<std::int32_t> employees;
  std::vector<double> revenue, orders;
  double all_revenue = 0.0, all_orders = 0.0;
  for (int i = 0; i < 4000; ++i) {
    industry.push_back("industry " + std::to_string(i % 8));
    employees.push_back(static_cast<std::int32_t>(std::clamp(std::exp(4.5 + 1.2 * normal(random)), 10.0, 5000.0)));
    orders.push_back(1.0 + std::floor(std::fabs(normal(random)) * 5.0));
    revenue.push_back(employees.back() * orders.back());
    all_revenue += revenue.back();
    all_orders += orders.back();
  }
  MemoryTable table;
  table.add("industry", industry).add("employees", employees).add("revenue", revenue).add("orders", orders);
  AnalysisTrial trial{"industry"};
  trial.prepare.kpis = {"revenue:sum", "revenue/orders"};
  const Analysis analysis = analyse_table(table, trial);
  ASSERT_EQ(analysis.segments.size(), 8U);
  const KpiResult& total = named(analysis.kpis, "revenue");
  EXPECT_NEAR(total.overall.value, all_revenue, 1e-9 * all_revenue);
  double shares = 0.0;
  for (const KpiSegment& own : total.segments) shares += own.share_of_total;
  EXPECT_NEAR(shares, 1.0, 1e-12);
  EXPECT_GT(total.overall.top_fifth_share, 0.5);
  EXPECT_NEAR(named(analysis.kpis, "revenue/orders").overall.value, all_revenue / all_orders, 1e-9 * all_revenue / all_orders);
  // The median of a skewed column: within the stated error of the exact one.
  std::vector<std::int32_t> sorted = employees;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_NEAR(named(analysis.columns, "employees").overall.median, sorted[2000], 1.0);
}

TEST(Stories, NetPromoterScoreOfTheMobileSurvey) {
  const std::filesystem::path file = testing::data_folder() / "ecsi_satisfaction" / "mobile_provider.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  const auto table = open_table(file);
  AnalysisTrial trial{"CUSL2"};
  trial.prepare.kpis = {"CUSL3:nps"};
  const KpiResult nps = analyse_table(*table, trial).kpis.front();
  EXPECT_NEAR(nps.overall.value, 14.0, 1e-12);
  EXPECT_EQ(nps.overall.n, 250);
}

// Oracle: scipy 1.x on telco_churn.csv: chi2_contingency(crosstab(Churn, Contract), correction=False);
// ttest_ind(MonthlyCharges of "Two year", of the others, equal_var=False); pandas median() of tenure by Contract;
// numpy corrcoef(tenure, TotalCharges) of "Month-to-month", rows with both.
TEST(Stories, TelcoChurnAsSciPySeesIt) {
  const std::filesystem::path file = testing::data_folder() / "telco_churn" / "telco_churn.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  const auto table = open_table(file);
  AnalysisTrial trial{"Contract"};
  trial.prepare.kpis = {"Churn", "MonthlyCharges:mean"};
  trial.prepare.ids = {"customerID"};
  const Analysis analysis = analyse_table(*table, trial);
  const Crosstab& churn = named(analysis.crosstabs, "Churn");
  EXPECT_NEAR(churn.chi_squared.statistic, 1184.5965720837926, 1e-9);
  EXPECT_EQ(churn.chi_squared.df1, 2.0);
  EXPECT_NEAR(churn.cramers_v.value, 0.4101156965761409, 1e-12);
  const auto segment = [&](const char* label) { return static_cast<std::size_t>(segment_of(analysis, label)); };
  const KpiSegment& charges = named(analysis.kpis, "MonthlyCharges").segments[segment("Two year")];
  EXPECT_NEAR(charges.test.statistic, -5.668015236237369, 1e-10);
  EXPECT_NEAR(charges.test.p / 1.6136648245967887e-08, 1.0, 1e-9);
  const ColumnAnalysis& tenure = named(analysis.columns, "tenure");
  EXPECT_EQ(tenure.segments[segment("Month-to-month")].median, 12.0);
  EXPECT_EQ(tenure.segments[segment("One year")].median, 44.0);
  EXPECT_EQ(tenure.segments[segment("Two year")].median, 64.0);
  const auto place = [&](const std::string& name) {
    return std::ranges::find(analysis.correlated, name, &CorrelationVariable::name) - analysis.correlated.begin();
  };
  const CorrelationGroup& group = analysis.correlations[segment("Month-to-month") + 1];
  EXPECT_NEAR(group.r(place("tenure"), place("TotalCharges")), 0.9293570493259695, 1e-12);
}

}  // namespace
}  // namespace tessera
