// SPDX-License-Identifier: Apache-2.0
#include "prepare/column_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Glob, MatchesStarsAndQuestionMarks) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("Mnt*", "MntWines"));
  EXPECT_TRUE(glob_match("*Wines", "MntWines"));
  EXPECT_TRUE(glob_match("a*b*c", "aXXbYYbZc"));
  EXPECT_TRUE(glob_match("x?", "x1"));
  EXPECT_FALSE(glob_match("x?", "x"));
  EXPECT_FALSE(glob_match("x?", "x12"));
  EXPECT_FALSE(glob_match("Mnt*", "mntWines"));
  EXPECT_FALSE(glob_match("a*b", "aXXbc"));
  EXPECT_FALSE(glob_match("", "a"));
  // Would take forever by recursion.
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST(MatchColumns, NamesWinOverGlobsAndOrderIsTheTables) {
  const std::vector<std::string> names = {"b", "a*", "ab", "c"};
  const auto matches = match_columns(std::vector<std::string>{"c", "a*", "b"}, names, "--features");
  ASSERT_EQ(matches.size(), 3U);
  EXPECT_EQ(matches[0].column, 0);
  EXPECT_EQ(matches[1].column, 1);  // the column that is really called a*
  EXPECT_EQ(matches[2].column, 3);
  const auto globbed = match_columns(std::vector<std::string>{"a?", "ab"}, names, "--features");
  ASSERT_EQ(globbed.size(), 2U);
  EXPECT_FALSE(globbed[0].by_name);
  EXPECT_TRUE(globbed[1].by_name);
}

TEST(MatchColumns, AnUnknownNameSaysTheNearest) {
  const std::vector<std::string> names = {"income", "age"};
  try {
    (void)match_columns(std::vector<std::string>{"incmoe"}, names, "--features");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'incmoe' (--features)"));
    EXPECT_THAT(error.advice(), HasSubstr("'income'"));
    EXPECT_EQ(error.code(), ErrorCode::config);
  }
  EXPECT_THROW((void)match_columns(std::vector<std::string>{"zz*"}, names, "--kpi"), ConfigError);
}

TEST(NameWords, SplitsAtSignsAndCapitals) {
  EXPECT_THAT(name_words("customerID"), ElementsAre("customer", "id"));
  EXPECT_THAT(name_words("CUST_ID"), ElementsAre("cust", "id"));
  EXPECT_THAT(name_words("Annual Income (k$)"), ElementsAre("annual", "income", "k"));
  EXPECT_THAT(name_words("CLIENTNUM"), ElementsAre("clientnum"));
  EXPECT_TRUE(name_words("  ").empty());
}

TEST(Names, TellIdsFromOthers) {
  for (const char* const name : {"id", "ID", "Id", "customerID", "CustomerId", "CUST_ID", "custid", "CLIENTNUM", "account_no",
                                 "uuid", "user id", "member_uuid", "Unnamed: 0", "row_id", "client_number"}) {
    EXPECT_TRUE(named_like_id(name)) << name;
  }
  for (const char* const name : {"paid", "humidity", "income", "number_of_orders", "Kidhome", "avoid", "grid", "valid", "x1",
                                 "", "account_age", "customers", "mid", "card"}) {
    EXPECT_FALSE(named_like_id(name)) << name;
  }
}

TEST(Names, TellGroupingsOutcomesAndWeights) {
  EXPECT_TRUE(named_like_grouping("label"));
  EXPECT_TRUE(named_like_grouping("True Label"));
  EXPECT_FALSE(named_like_grouping("label_count"));
  EXPECT_TRUE(named_like_outcome("Attrition_Flag"));
  EXPECT_TRUE(named_like_outcome("Churn"));
  EXPECT_FALSE(named_like_outcome("responsetime"));
  EXPECT_TRUE(named_like_weight("sample_weight"));
  EXPECT_FALSE(named_like_weight("weight"));
}

}  // namespace
}  // namespace tessera
