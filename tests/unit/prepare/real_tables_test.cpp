// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/prepare_run.hpp"
#include "support/shared_data.hpp"
#include "tessera/table.hpp"

// Real customer tables with nothing asked for: what becomes the id, a feature, ignored; and what is said about it.

namespace tessera {
namespace {

using testing::column;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::says;
using testing::source;

class RealTables : public ::testing::Test {
 protected:
  /// False if the file is not there; the test is then skipped.
  bool open(const std::string& name) {
    const std::filesystem::path path = testing::data_folder() / name;
    if (!std::filesystem::exists(path)) return false;
    table_ = open_table(path);
    profiles_ = testing::profile(*table_, {}, 2);
    plan_ = testing::learn(*table_, {}, 2);
    return true;
  }
  [[nodiscard]] std::set<std::string> with_role(Role role) const {
    std::set<std::string> names;
    for (const ColumnProfile& profile : profiles_) {
      if (profile.role == role) names.insert(profile.name);
    }
    return names;
  }

  std::unique_ptr<Table> table_;
  std::vector<ColumnProfile> profiles_;
  FeaturePlan plan_;
};

#define OPEN_OR_SKIP(name) \
  if (!open(name)) GTEST_SKIP() << "no " << name << " in " << testing::data_folder()

TEST_F(RealTables, CreditCards) {
  OPEN_OR_SKIP("cc_general/cc_general.csv");
  EXPECT_EQ(plan_.id_column, "CUST_ID");
  EXPECT_EQ(plan_.features(), 17);
  EXPECT_THAT(with_role(Role::ignore), IsEmpty());
  EXPECT_EQ(source(plan_, "PURCHASES").transform, Transform::log1p);
  EXPECT_EQ(source(plan_, "CASH_ADVANCE").transform, Transform::log1p);
  EXPECT_EQ(source(plan_, "BALANCE_FREQUENCY").transform, Transform::none) << "skewed to the left";
  EXPECT_EQ(source(plan_, "CREDIT_LIMIT").transform, Transform::none) << "skew 1.5";
  EXPECT_EQ(source(plan_, "MINIMUM_PAYMENTS").missing, 313);
  EXPECT_NEAR(source(plan_, "MINIMUM_PAYMENTS").fill, 312.343947, 1e-9);
  EXPECT_EQ(source(plan_, "CREDIT_LIMIT").fill, 3000.0);
  EXPECT_NEAR(column(profiles_, "BALANCE").mean, 1564.474828, 1e-6);
  EXPECT_TRUE(says(plan_.decisions, "CASH_ADVANCE: log1p taken, skew 5.2 -> 0.3; 52% of the cells are zero"));
}

TEST_F(RealTables, MarketingCampaign) {
  OPEN_OR_SKIP("marketing_campaign/marketing_campaign.csv");
  EXPECT_EQ(plan_.id_column, "ID");
  EXPECT_THAT(with_role(Role::ignore), ElementsAre("Z_CostContact", "Z_Revenue"));
  EXPECT_EQ(column(profiles_, "Dt_Customer").kind, Kind::date);
  EXPECT_EQ(column(profiles_, "Response").kind, Kind::binary);
  EXPECT_EQ(column(profiles_, "Kidhome").kind, Kind::ordinal);
  EXPECT_EQ(source(plan_, "Income").missing, 24);
  EXPECT_EQ(source(plan_, "Income").fill, 51381.5);
  EXPECT_THAT(source(plan_, "Education").levels, ElementsAre("Graduation", "PhD", "Master", "2n Cycle", "Basic"));
  EXPECT_TRUE(says(plan_.decisions, "Dt_Customer: counted as days before 2014-06-29"));
  EXPECT_TRUE(says(plan_.decisions, "Z_Revenue: ignored, constant"));
  EXPECT_TRUE(says(column(profiles_, "Response").warnings, "named like an outcome"));
}

TEST_F(RealTables, TelcoChurn) {
  OPEN_OR_SKIP("telco_churn/telco_churn.csv");
  EXPECT_EQ(plan_.id_column, "customerID");
  EXPECT_THAT(with_role(Role::ignore), IsEmpty());
  EXPECT_EQ(column(profiles_, "TotalCharges").kind, Kind::continuous);
  EXPECT_EQ(column(profiles_, "TotalCharges").missing, 11) << "blanks";
  EXPECT_EQ(column(profiles_, "gender").kind, Kind::binary);
  EXPECT_EQ(source(plan_, "gender").feature_count, 2);
  EXPECT_EQ(source(plan_, "SeniorCitizen").feature_count, 1);
  EXPECT_THAT(source(plan_, "Contract").levels, ElementsAre("Month-to-month", "Two year", "One year"));
  EXPECT_TRUE(says(column(profiles_, "Churn").warnings, "named like an outcome"));
}

TEST_F(RealTables, BankChurners) {
  OPEN_OR_SKIP("bank_churners/bank_churners.csv.gz");
  EXPECT_EQ(plan_.id_column, "CLIENTNUM");
  EXPECT_THAT(with_role(Role::ignore), IsEmpty()) << "leaked predictions are flagged, not dropped silently";
  EXPECT_TRUE(says(plan_.decisions, "Credit_Limit and Avg_Open_To_Buy move together (r = 0.996)"));
  EXPECT_TRUE(says(plan_.decisions, "say the same thing (r = -1.000)")) << "the two leaked predictions";
  EXPECT_EQ(column(profiles_, "Education_Level").missing, 0) << "Unknown is a level";
}

TEST_F(RealTables, McDonalds) {
  OPEN_OR_SKIP("mcdonalds/mcdonalds.csv");
  EXPECT_EQ(plan_.id_column, "");
  EXPECT_THAT(with_role(Role::ignore), IsEmpty());
  EXPECT_EQ(column(profiles_, "yummy").kind, Kind::binary);
  EXPECT_EQ(column(profiles_, "VisitFrequency").kind, Kind::nominal);
  EXPECT_TRUE(says(column(profiles_, "Like").warnings, "9 of 11 levels are numbers, but not 'I hate it!-5', 'I love it!+5'"));
}

TEST_F(RealTables, SkinAndTheBenchmarkSets) {
  OPEN_OR_SKIP("skin_segmentation/skin_segmentation.csv.gz");
  EXPECT_THAT(plan_.feature_names, ElementsAre("B", "G", "R"));
  EXPECT_THAT(with_role(Role::ignore), ElementsAre("label"));
  for (const char* const name : {"s1", "a1", "r15", "iris", "hepta", "g2mg_2_30"}) {
    ASSERT_TRUE(open(std::string("clustering_truth/") + name + ".csv")) << name;
    EXPECT_THAT(with_role(Role::ignore), ElementsAre("label")) << name;
    EXPECT_EQ(plan_.features(), static_cast<int>(profiles_.size()) - 1) << name;
  }
}

TEST_F(RealTables, MallAndWholesale) {
  OPEN_OR_SKIP("mall_customers/mall_customers.csv");
  EXPECT_EQ(plan_.id_column, "CustomerID");
  EXPECT_EQ(plan_.features(), 5);
  ASSERT_TRUE(open("wholesale_customers/wholesale_customers.csv"));
  EXPECT_EQ(plan_.features(), 8) << "spend differs in nearly every row, and is no code";
  ASSERT_TRUE(open("bfi/bfi.csv"));
  EXPECT_EQ(column(profiles_, "A1").kind, Kind::ordinal);
  EXPECT_EQ(plan_.features(), 28);
}

}  // namespace
}  // namespace tessera
