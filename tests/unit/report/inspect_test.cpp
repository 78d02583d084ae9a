// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "example.hpp"
#include "report/inspect_report.hpp"
#include "report/text.hpp"

namespace tessera {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

using Json = nlohmann::ordered_json;

ColumnProfile profile_of(const std::string& name, DataType type, Kind kind, Role role) {
  ColumnProfile profile;
  profile.name = name;
  profile.type = type;
  profile.kind = kind;
  profile.role = role;
  profile.rows = 1000;
  profile.distinct = 50;
  return profile;
}

InspectReport example_report() {
  InspectReport report;
  report.table.path = "/home/someone/customers.csv";
  report.table.layout = "CSV";
  report.table.rows = 1000;
  report.table.columns.resize(6);
  report.table.notes = {"a note of the table"};
  report.file_bytes = 123'456;
  report.plan = testing::example_model().plan;
  report.duplicate_ids = 3;
  report.resident_bytes = std::int64_t{3} << 30;
  report.least_bytes = std::int64_t{4} << 20;
  report.budget_bytes = std::int64_t{8} << 30;
  report.remarks = {{"odd", "something odd", true}};

  ColumnProfile id = profile_of("customer", DataType::text, Kind::nominal, Role::id);
  id.reason = "nearly unique";
  id.distinct = 997;
  ColumnProfile income = profile_of("income", DataType::float64, Kind::continuous, Role::feature);
  income.min = 1000;
  income.max = 250'000;
  income.mean = 52'000;
  income.sd = 20'000;
  income.skew = 3.25;
  income.warnings = {"-999 occurs 12 times and may stand for a missing value"};
  ColumnProfile visits = profile_of("visits", DataType::int32, Kind::count, Role::feature);
  visits.integral = true;
  visits.max = 1'234'567;
  visits.missing = 10;
  visits.zeros = 99;
  ColumnProfile since = profile_of("since", DataType::text, Kind::date, Role::feature);
  since.min = 18'000;
  since.max = 19'000;
  ColumnProfile city = profile_of("city", DataType::text, Kind::nominal, Role::feature);
  city.top_levels = {{"Paris", 600}, {"Rome", 300}, {"Oslo", 60}, {"Bern", 40}};
  city.distinct = 4;
  ColumnProfile empty = profile_of("empty", DataType::float32, Kind::continuous, Role::ignore);
  empty.missing = 1000;
  empty.distinct = 0;
  empty.reason = "it has no values";
  empty.mean = empty.min = empty.max = std::numeric_limits<double>::quiet_NaN();
  report.profiles = {id, income, visits, since, city, empty};
  return report;
}

TEST(InspectJson, IsComplete) {
  const Json json = Json::parse(inspect_json(example_report()));
  EXPECT_EQ(json["format"], "tessera-inspect");
  EXPECT_EQ(json["file_name"], "customers.csv");
  EXPECT_EQ(json["rows"], 1000);
  EXPECT_EQ(json["duplicate_ids"], 3);
  EXPECT_EQ(json["memory"]["resident_bytes"], std::int64_t{3} << 30);
  ASSERT_THAT(json["columns"], SizeIs(6));
  EXPECT_EQ(json["columns"][0]["role"], "id");
  EXPECT_EQ(json["columns"][0]["reason"], "nearly unique");
  EXPECT_EQ(json["columns"][1]["skew"], 3.25);
  EXPECT_EQ(json["columns"][1]["use"], "feature: standardized");
  EXPECT_THAT(json["columns"][1]["warnings"], SizeIs(1));
  EXPECT_EQ(json["columns"][2]["use"], "feature: log1p, standardized");
  EXPECT_EQ(json["columns"][3]["min"], "2019-04-14");
  EXPECT_EQ(json["columns"][4]["top_levels"][1]["rows"], 300);
  EXPECT_EQ(json["columns"][4]["use"],
            "feature: one 0/1 column for each of 2 levels and one for all others; 7 missing cells become Paris");
  EXPECT_FALSE(json["columns"][4].contains("mean"));
  EXPECT_EQ(json["columns"][5]["use"], "not used");
  EXPECT_TRUE(json["columns"][5]["constant"].get<bool>());
  EXPECT_TRUE(json["columns"][5]["mean"].is_null());
  EXPECT_THAT(json["preparation"]["sources"], SizeIs(5));
  EXPECT_TRUE(json["problem"].is_null());
  EXPECT_THAT(json["notes"], SizeIs(2));
}

TEST(InspectJson, WithoutAPlanOrIds) {
  InspectReport report = example_report();
  report.plan.reset();
  report.plan_problem = "no column can be a feature";
  report.duplicate_ids.reset();
  const Json json = Json::parse(inspect_json(report));
  EXPECT_TRUE(json["preparation"].is_null());
  EXPECT_TRUE(json["duplicate_ids"].is_null());
  EXPECT_EQ(json["problem"], "no column can be a feature");
  EXPECT_THAT(render_inspect(report), HasSubstr("! no column can be a feature"));
}

TEST(RenderInspect, TellsWhatIsInTheFile) {
  const std::string text = render_inspect(example_report(), false, 200);
  EXPECT_THAT(text, StartsWith("customers.csv: 1,000 rows by 6 columns, 121 KiB\n"));
  EXPECT_THAT(text, HasSubstr("3 rows have an id that occurred before"));
  EXPECT_THAT(text, HasSubstr("segmenting in memory takes 3.00 GiB; 8.00 GiB are allowed here (--memory), which is enough"));
  EXPECT_THAT(text, HasSubstr("id of the customer: nearly unique"));
  EXPECT_THAT(text, HasSubstr("1,000 to 250,000, mean 52,000, sd 20,000, skew 3.2"));
  EXPECT_THAT(text, HasSubstr("! -999 occurs 12 times"));
  EXPECT_THAT(text, HasSubstr("0 to 1,234,567"));
  EXPECT_THAT(text, HasSubstr("2019-04-14 to 2022-01-08"));
  EXPECT_THAT(text, HasSubstr("Paris: 60%, Rome: 30%, Oslo: 6.0%, ..."));
  EXPECT_THAT(text, HasSubstr("no values at all"));
  EXPECT_THAT(text, HasSubstr("visits: log1p, 12.5 % zeros"));
  EXPECT_THAT(text, HasSubstr("! something odd"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(RenderInspect, MemoryThatDoesNotDo) {
  InspectReport report = example_report();
  report.budget_bytes = std::int64_t{1} << 30;
  EXPECT_THAT(render_inspect(report, false, 200), HasSubstr("so prepared rows are kept in a temporary file"));
  report.budget_bytes = 1 << 20;
  EXPECT_THAT(render_inspect(report, false, 200), HasSubstr("at least 4.00 MiB are needed"));
}

TEST(RenderInspect, KeepsToTheWidthAndToItself) {
  InspectReport report = example_report();
  report.profiles[1].name = "=cmd\x1b[2J\xE2\x80\xAE" + std::string(10'000, 'x');
  report.profiles[4].top_levels[0].first = std::string(10'000, 'y') + "\n";
  for (const int width : {60, 80, 100, 180}) {
    std::istringstream lines(render_inspect(report, false, width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(text::display_width(line), width) << line;
  }
  EXPECT_THAT(render_inspect(report), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace tessera
