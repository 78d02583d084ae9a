// SPDX-License-Identifier: Apache-2.0
#include "analyse/kpi_request.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tessera/error.hpp"

namespace tessera {
namespace {

const std::vector<std::string> kNames = {"churn", "revenue", "orders", "tenure", "a:mean", "x/y", "odd=name", "score"};

TEST(ParseKpi, NamesTypesLevelsAndRatios) {
  EXPECT_EQ(parse_kpi("churn", kNames).pattern, "churn");
  EXPECT_FALSE(parse_kpi("churn", kNames).type.has_value());
  EXPECT_EQ(parse_kpi("revenue:sum", kNames).type, KpiType::sum);
  const KpiRequest level = parse_kpi("churn=Yes", kNames);
  EXPECT_EQ(level.pattern, "churn");
  EXPECT_EQ(level.level, "Yes");
  const KpiRequest ratio = parse_kpi("revenue/orders", kNames);
  EXPECT_EQ(ratio.pattern, "revenue");
  EXPECT_EQ(ratio.denominator, "orders");
  const KpiRequest duration = parse_kpi("tenure:duration@churn=Yes", kNames);
  EXPECT_EQ(duration.type, KpiType::duration);
  EXPECT_EQ(duration.event, "churn");
  EXPECT_EQ(duration.event_level, "Yes");
  EXPECT_EQ(duration.columns(), (std::vector<std::string>{"tenure", "churn"}));
  EXPECT_EQ(parse_kpi("rev*:mean", kNames).pattern, "rev*");
}

TEST(ParseKpi, AColumnsNameIsItself) {
  for (const char* name : {"a:mean", "x/y", "odd=name"}) {
    const KpiRequest request = parse_kpi(name, kNames);
    EXPECT_EQ(request.pattern, name);
    EXPECT_FALSE(request.type.has_value());
    EXPECT_FALSE(request.level.has_value());
  }
  EXPECT_EQ(parse_kpi("a:mean:sum", kNames).pattern, "a:mean");
  EXPECT_EQ(parse_kpi("odd=name=3", kNames).level, "3");
}

TEST(ParseKpi, OnlyDurationsHaveEvents) {
  EXPECT_THROW(static_cast<void>(parse_kpi("revenue:mean@churn", kNames)), ConfigError);
}

struct Column {
  ColumnProfile profile;
  ColumnLevels levels;
};

Column number(double low, double high, std::int64_t distinct, bool integral, const std::string& name = "x") {
  Column column;
  column.profile.name = name;
  column.profile.min = low;
  column.profile.max = high;
  column.profile.distinct = distinct;
  column.profile.integral = integral;
  return column;
}

std::optional<KpiSpec> resolve(const Column& column, const std::string& text, std::vector<std::string>* notes = nullptr) {
  std::vector<std::string> own;
  const std::vector<ColumnProfile> profiles = {column.profile};
  const std::vector<ColumnLevels> levels = {column.levels};
  const std::vector<std::string> names = {column.profile.name};
  return resolve_kpi(parse_kpi(text, names), 0, profiles, levels, notes == nullptr ? own : *notes);
}

TEST(ResolveKpi, InfersWhatIsClear) {
  EXPECT_EQ(resolve(number(0, 1e6, 5000, false), "x")->type, KpiType::mean);
  EXPECT_EQ(resolve(number(0, 10, 11, true, "recommend"), "recommend")->type, KpiType::nps);
  EXPECT_EQ(resolve(number(0, 10, 11, true, "stars"), "stars")->type, KpiType::mean);
  Column binary = number(0, 1, 2, true);
  binary.levels = {{"0", "1"}, {0.0, 1.0}, {90, 10}, true};
  EXPECT_EQ(resolve(binary, "x")->type, KpiType::rate);
  EXPECT_EQ(resolve(binary, "x")->level, "1");
  Column text;
  text.profile.name = "churn";
  text.profile.type = DataType::text;
  text.profile.kind = Kind::binary;
  text.profile.distinct = 2;
  text.levels = {{"No", "Yes"}, {}, {70, 30}, true};
  EXPECT_EQ(resolve(text, "churn")->level, "Yes");
  EXPECT_EQ(resolve(text, "churn=No")->level, "No");
  EXPECT_THROW(static_cast<void>(resolve(text, "churn=Maybe")), ConfigError);
  EXPECT_THROW(static_cast<void>(resolve(text, "churn:mean")), ConfigError);
}

TEST(ResolveKpi, ManyLevelsAreNoKpiUnlessOneIsNamed) {
  Column text;
  text.profile.name = "plan";
  text.profile.type = DataType::text;
  text.profile.kind = Kind::nominal;
  text.profile.distinct = 3;
  text.levels = {{"a", "b", "c"}, {}, {5, 4, 3}, true};
  std::vector<std::string> notes;
  EXPECT_FALSE(resolve(text, "plan", &notes).has_value());
  EXPECT_EQ(notes.size(), 1U);
  EXPECT_EQ(resolve(text, "plan=c")->type, KpiType::rate);
  EXPECT_THROW(static_cast<void>(resolve(text, "plan:rate")), ConfigError);
}

TEST(ResolveKpi, CountsTheTwoBestAnswers) {
  EXPECT_EQ(resolve(number(1, 5, 5, true), "x:csat")->threshold, 4.0);
  EXPECT_THROW(static_cast<void>(resolve(number(1, 100, 90, true), "x:nps")), ConfigError);
}

}  // namespace
}  // namespace tessera
