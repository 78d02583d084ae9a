// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "prepare/few_levels.hpp"
#include "support/memory_table.hpp"
#include "support/prepare_run.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::column;
using ::testing::HasSubstr;
using testing::MemoryTable;
using testing::profile;
using testing::says;

constexpr std::size_t kRows = 500;

std::vector<double> normal_column(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> draw(10.0, 3.0);
  std::vector<double> values(kRows);
  for (double& x : values) x = draw(random);
  return values;
}

template <typename Make>
auto column_of(Make make) {
  std::vector<decltype(make(0))> cells;
  for (int i = 0; i < static_cast<int>(kRows); ++i) cells.push_back(make(i));
  return cells;
}

/// A table with two features that nobody would doubt.
MemoryTable plain_table() {
  MemoryTable table;
  table.add("height", normal_column(1)).add("income", normal_column(2));
  return table;
}

TEST(Roles, FewWholeNumbersAreLevelsIfAsked) {
  MemoryTable table = plain_table();
  table.add("children", column_of([](int i) { return std::int32_t(i % 3); }))
      .add("rating", column_of([](int i) { return std::int32_t(1 + i % 4); }))
      .add("likert", column_of([](int i) { return std::int8_t(1 + i % 5); }))
      .add("flag", column_of([](int i) { return std::uint8_t(i % 3 == 0); }))
      .add("halves", column_of([](int i) { return 0.5 * (i % 3); }));
  table.add("declared", column_of([](int i) { return std::int32_t(i % 3); })).declare(Kind::ordinal);
  PrepareOptions options;
  options.kpis = {"rating"};
  auto profiles = profile(table, options);
  EXPECT_EQ(column(profiles, "children").kind, Kind::ordinal);
  take_few_levels(profiles, table.info(), 4);
  EXPECT_EQ(column(profiles, "declared").kind, Kind::ordinal);
  EXPECT_EQ(column(profiles, "children").kind, Kind::nominal);
  EXPECT_EQ(column(profiles, "rating").kind, Kind::ordinal) << "a KPI has a mean";
  EXPECT_EQ(column(profiles, "likert").kind, Kind::ordinal);
  EXPECT_EQ(column(profiles, "flag").kind, Kind::binary);
  EXPECT_EQ(column(profiles, "halves").kind, Kind::continuous);
}

TEST(Roles, KindsFollowTheValues) {
  MemoryTable table = plain_table();
  table.add("likert", column_of([](int i) { return std::int8_t(1 + i % 5); }))
      .add("nps", column_of([](int i) { return std::int32_t(i % 11); }))
      .add("orders", column_of([](int i) { return std::int32_t(i % 40); }))
      .add("flag", column_of([](int i) { return std::uint8_t(i % 3 == 0); }))
      .add("two", column_of([](int i) { return i % 2 == 0 ? 1.5 : 7.25; }))
      .add("gender", column_of([](int i) { return std::string(i % 2 == 0 ? "f" : "m"); }))
      .add("plan", column_of([](int i) { return "plan " + std::to_string(i % 4); }))
      .add("since", column_of([](int i) { return "2020-01-" + std::to_string(10 + i % 20); }))
      .add("change", column_of([](int i) { return std::int32_t(i % 60 - 30); }))
      .add("region_code", column_of([](int i) { return std::int32_t(100 + i % 7); }));
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "height").kind, Kind::continuous);
  EXPECT_EQ(column(profiles, "likert").kind, Kind::ordinal);
  EXPECT_EQ(column(profiles, "nps").kind, Kind::ordinal);
  EXPECT_EQ(column(profiles, "orders").kind, Kind::count);
  EXPECT_EQ(column(profiles, "flag").kind, Kind::binary);
  EXPECT_EQ(column(profiles, "two").kind, Kind::binary);
  EXPECT_EQ(column(profiles, "gender").kind, Kind::binary);
  EXPECT_EQ(column(profiles, "plan").kind, Kind::nominal);
  EXPECT_EQ(column(profiles, "since").kind, Kind::date);
  EXPECT_EQ(column(profiles, "change").kind, Kind::continuous);
  EXPECT_EQ(column(profiles, "region_code").kind, Kind::nominal);
  for (const ColumnProfile& each : profiles) {
    EXPECT_EQ(each.role, Role::feature) << each.name;
    EXPECT_FALSE(each.reason.empty()) << each.name;
  }
}

TEST(Roles, WhatTellsCustomersApartIsNoFeature) {
  std::mt19937_64 random(3);
  MemoryTable table = plain_table();
  table.add("position", column_of([](int i) { return std::int32_t(7 + i); }))
      .add("phone", column_of([&](int) { return std::int64_t(random() % 900'000'000); }))
      .add("hash", column_of([&](int) { return static_cast<std::int64_t>(random()); }))
      .add("serial", column_of([](int i) { return std::int32_t((i * 7919) % 500 + 3); }))
      .add("surname", column_of([](int i) { return "name " + std::to_string(i); }))
      .add("constant", std::vector<double>(kRows, 3.5))
      .add("comment",
           column_of([](int i) { return "we were told on day " + std::to_string(i / 2) + " that all would be well again"; }))
      .add("label", column_of([](int i) { return std::int32_t(i % 3); }));
  const auto profiles = profile(table);
  for (const char* const name : {"position", "phone", "hash", "serial", "surname", "constant", "comment", "label"}) {
    EXPECT_EQ(column(profiles, name).role, Role::ignore) << name;
  }
  EXPECT_TRUE(column(profiles, "position").counts_rows);
  EXPECT_THAT(column(profiles, "position").reason, HasSubstr("counts the rows"));
  EXPECT_THAT(column(profiles, "constant").reason, HasSubstr("constant"));
  EXPECT_EQ(column(profiles, "height").role, Role::feature) << "continuous numbers differ in every row and are fine";
}

TEST(Roles, ManyTextLevelsAreIdLike) {
  constexpr std::size_t kMany = 150'000;
  std::vector<std::string> text(kMany);
  std::vector<double> x(kMany);
  for (std::size_t i = 0; i < kMany; ++i) {
    text[i] = "t" + std::to_string(i / 2);
    x[i] = static_cast<double>(i % 1000) / 7.0;
  }
  MemoryTable table;
  table.add("text", text).add("x", x);
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "text").role, Role::ignore);
  EXPECT_THAT(column(profiles, "text").reason, HasSubstr("65536"));
}

TEST(Roles, AUniqueColumnNamedLikeAnIdIsTheId) {
  MemoryTable table = plain_table();
  table.add("CLIENTNUM", column_of([](int i) { return std::int32_t(700'000'000 + (i * 7919) % 100'000); }))
      .add("ID", column_of([](int i) { return std::int32_t(i); }));
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "CLIENTNUM").role, Role::id);
  EXPECT_EQ(column(profiles, "ID").role, Role::ignore);
  PrepareOptions options;
  options.ids = {"ID"};
  const auto asked = profile(table, options);
  EXPECT_EQ(column(asked, "ID").role, Role::id);
  EXPECT_EQ(column(asked, "CLIENTNUM").role, Role::ignore);
}

TEST(Roles, AnIdWithRepetitionsIsStillTheIdButSaysSo) {
  MemoryTable table = plain_table();
  table.add("customer_id", column_of([](int i) { return std::int32_t(i == 7 ? 1006 : 1000 + i); }));
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "customer_id").role, Role::id);
  EXPECT_TRUE(says(column(profiles, "customer_id").warnings, "more than once"));
}

TEST(Roles, ATableOfAmountsKeepsItsAmounts) {
  std::mt19937_64 random(4);
  MemoryTable table;
  table.add("fresh", column_of([&](int) { return std::int32_t(random() % 1'000'000); }))
      .add("milk", column_of([&](int) { return std::int32_t(random() % 1'000'000); }))
      .add("channel", column_of([](int i) { return std::int32_t(1 + i % 2); }));
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "fresh").role, Role::feature);
  EXPECT_EQ(column(profiles, "milk").role, Role::feature);
}

TEST(Roles, WholeAmountsThatDifferInEveryRowAreAmounts) {
  std::mt19937_64 random(8);
  std::lognormal_distribution<double> spend(10.0, 1.0);
  std::normal_distribution<double> income(50'000.0, 12'000.0);
  MemoryTable table = plain_table();
  table.add("spend", column_of([&](int) { return static_cast<std::int32_t>(spend(random)); }))
      .add("pay", column_of([&](int) { return static_cast<std::int32_t>(income(random)); }));
  const auto profiles = profile(table);
  for (const char* const name : {"spend", "pay"}) {
    EXPECT_GT(column(profiles, name).distinct, 450) << name;
    EXPECT_EQ(column(profiles, name).role, Role::feature) << name;
  }
}

TEST(Roles, LargeFloatsAreNotWholeNumbersOfAnything) {
  MemoryTable table = plain_table();
  std::vector<double> large = normal_column(6);
  std::vector<float> single(large.begin(), large.end());
  for (double& x : large) x *= 1e38;
  for (float& x : single) x *= 1e9F;
  table.add("large", large).add("single", single);
  for (const ColumnProfile& each : profile(table)) {
    EXPECT_EQ(each.role, Role::feature) << each.name;
    EXPECT_EQ(each.kind, Kind::continuous) << each.name;
  }
}

TEST(Roles, OptionsAndDeclarationsAreHonoured) {
  MemoryTable table = plain_table();
  table.add("spend", normal_column(5)).declare(std::nullopt, Role::kpi);
  table.add("truth", column_of([](int i) { return std::int32_t(i % 4); })).declare(Kind::nominal, Role::ignore);
  table.add("code", column_of([](int i) { return std::int32_t(i % 4); })).declare(Kind::nominal);
  table.add("w", column_of([](int i) { return 1.0 + i % 2; }));
  PrepareOptions options;
  options.weights = {"w"};
  options.kpis = {"income"};
  const auto profiles = profile(table, options);
  EXPECT_EQ(column(profiles, "spend").role, Role::kpi);
  EXPECT_EQ(column(profiles, "truth").role, Role::ignore);
  EXPECT_EQ(column(profiles, "code").kind, Kind::nominal);
  EXPECT_EQ(column(profiles, "w").role, Role::weight);
  EXPECT_EQ(column(profiles, "income").role, Role::kpi);
  EXPECT_EQ(column(profiles, "height").role, Role::feature);

  PrepareOptions chosen;
  chosen.features = {"he*", "truth"};
  chosen.categories = {"truth"};
  const auto some = profile(table, chosen);
  EXPECT_EQ(column(some, "height").role, Role::feature);
  EXPECT_EQ(column(some, "truth").role, Role::feature) << "what is asked for wins over what is declared";
  EXPECT_EQ(column(some, "truth").kind, Kind::nominal);
  EXPECT_EQ(column(some, "income").role, Role::ignore);
  EXPECT_EQ(column(some, "spend").role, Role::kpi);
}

TEST(Roles, AGlobYieldsToANameAndToIgnore) {
  MemoryTable table = plain_table();
  PrepareOptions options;
  options.features = {"*"};
  options.ignored = {"inc*"};
  EXPECT_EQ(column(profile(table, options), "income").role, Role::ignore);
  options.features = {"height", "income"};
  EXPECT_EQ(column(profile(table, options), "income").role, Role::feature);
  options.ignored = {"income"};
  EXPECT_THROW((void)profile(table, options), ConfigError);
}

TEST(Roles, AskingForNothingThatIsThereIsAnError) {
  MemoryTable table = plain_table();
  PrepareOptions options;
  options.kpis = {"incone"};
  try {
    (void)profile(table, options);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.advice(), HasSubstr("'income'"));
  }
  PrepareOptions two;
  two.ids = {"*"};
  EXPECT_THROW((void)profile(table, two), ConfigError);
}

TEST(Roles, AnOutcomeIsAFeatureWithAWarning) {
  MemoryTable table = plain_table();
  table.add("Churn", column_of([](int i) { return std::string(i % 4 == 0 ? "Yes" : "No"); }));
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "Churn").role, Role::feature);
  EXPECT_TRUE(says(column(profiles, "Churn").warnings, "--kpi 'Churn'"));
}

TEST(Roles, ADeclaredKindThatCannotBeIsSaid) {
  MemoryTable table = plain_table();
  table.add("plan", column_of([](int i) { return "plan " + std::to_string(i % 4); })).declare(Kind::continuous);
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "plan").kind, Kind::nominal);
  EXPECT_THAT(column(profiles, "plan").reason, HasSubstr("declared as continuous, but holds text"));
}

TEST(Roles, FewRowsProveNothing) {
  MemoryTable table;
  table.add("x", std::vector<std::int32_t>{5, 1, 9, 4}).add("y", std::vector<double>{1.5, 1.5, 2.5, 1.5});
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "x").role, Role::feature);
  EXPECT_EQ(column(profiles, "y").kind, Kind::continuous) << "two values in four rows need not be two levels";
}

}  // namespace
}  // namespace tessera
