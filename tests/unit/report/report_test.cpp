// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/document/html.hpp"
#include "report/json.hpp"
#include "report/sections/sections.hpp"
#include "tessera/error.hpp"
#include "unit/report/html_checks.hpp"
#include "unit/report/made_summary.hpp"

namespace tessera {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

Report report_of(const json& summary) {
  return render_report(parse_summary(summary.dump(-1, ' ', false, json::error_handler_t::replace), "summary.json"),
                       default_names(summary));
}

std::string between(const std::string& text, const std::string& start, const std::string& end) {
  const std::size_t from = text.find(start) + start.size();
  return text.substr(from, text.find(end, from) - from);
}

void expect_all_sections(const Report& report) {
  for (const char* id : {"verdict", "segments", "map", "profile", "kpis", "crosstabs", "correlations", "drivers", "doubt",
                         "selection", "data", "reproduce"}) {
    EXPECT_THAT(report.html, HasSubstr("<section id=\"" + std::string(id) + "\"")) << id;
  }
  EXPECT_EQ(testing::problem_in_html(report.html), "");
  EXPECT_LT(report.html.size(), kMostReportBytes);
  EXPECT_THAT(report.markdown, HasSubstr("\n## The verdict\n"));
}

TEST(Report, HasAllSectionsAndCharts) {
  const Report report = report_of(testing::made_summary());
  expect_all_sections(report);
  const json charts = json::parse(between(report.html, "id=\"report-data\">", "</script>"));
  for (const char* id : {"customer-map", "profile", "kpi-0", "kpi-0-trend", "kpi-0-survival", "kpi-0-lorenz", "drivers-0",
                         "quadrant-0-0", "share-trends", "k-gain"}) {
    EXPECT_TRUE(charts.contains(id)) << id;
    EXPECT_THAT(report.html, HasSubstr("<canvas id=\"chart-" + std::string(id) + "\"")) << id;
  }
}

TEST(Report, SaysHowOftenCustomersKeepTheirSegment) {
  json summary = testing::made_summary();
  const Report report = report_of(summary);
  EXPECT_THAT(report.markdown,
              HasSubstr("Found anew on 20 bootstrap samples, a customer keeps the segment with probability **0.912**"));
  EXPECT_THAT(report.html, HasSubstr("<data value=\"0.8765\">"));
  summary["analysis"]["doubt"].erase("keep");
  EXPECT_THAT(report_of(summary).markdown, Not(HasSubstr("Found anew")));
}

TEST(Report, SaysWhichSharesMoveFromPeriodToPeriod) {
  json summary = testing::made_summary();
  EXPECT_THAT(report_of(summary).markdown, HasSubstr("| 25% | 38% | 13% | 10% to 15% |"));
  summary["analysis"]["period_crosstabs"][0]["trends"][0]["test"]["p_adjusted"] = 0.2;
  const std::string still = report_of(summary).markdown;
  EXPECT_THAT(still, Not(HasSubstr("| 25% | 38% |")));
  EXPECT_THAT(still, HasSubstr("In 1 cross-tab nothing moves beyond chance"));
  // Whatever is broken in it must not break the report.
  summary["analysis"]["period_crosstabs"] = {
      3, {{"trends", {{{"row", 99}, {"column", -4}, {"slope", 1.0}, {"test", {{"p_adjusted", 0.0}}}}}}}};
  expect_all_sections(report_of(summary));
}

TEST(Report, ASplitIsRepeatedFromItsRun) {
  json summary = testing::made_summary();
  summary["provenance"]["command"] = "split";
  summary["provenance"]["options"]["run"] = "my run";
  summary["provenance"]["options"]["segment"] = "2";
  EXPECT_THAT(report_of(summary).markdown, HasSubstr("tessera split 'my run' --segment 2"));
}

TEST(Report, NumbersAreThoseOfTheSummary) {
  const json summary = testing::made_summary();
  const Report report = report_of(summary);
  const json charts = json::parse(between(report.html, "id=\"report-data\">", "</script>"));
  const json& kpi = summary["analysis"]["kpis"][0];
  for (std::size_t s = 0; s < 3; ++s) {
    const json& own = kpi["segments"][s];
    EXPECT_EQ(charts["kpi-0"]["series"][0]["values"][s], own["value"]);
    EXPECT_EQ(charts["kpi-0"]["series"][0]["low"][s], own["interval"][0]);
    EXPECT_THAT(report.html, HasSubstr("<data value=\"" + own["value"].dump() + "\">"));
  }
}

TEST(Report, OfAlmostNothingSaysWhatIsMissing) {
  const Report report = report_of({{"format", "tessera-summary"}, {"format_version", "1.0"}});
  expect_all_sections(report);
  EXPECT_THAT(report.html, HasSubstr("No KPIs were compared"));
  EXPECT_THAT(report.markdown, HasSubstr("There is no map"));
}

TEST(Report, OfOneGroupSpeaksOfNoSegments) {
  testing::MadeSummary made;
  made.segments = 1;
  const Report report = report_of(testing::made_summary(made));
  expect_all_sections(report);
  EXPECT_THAT(report.html, HasSubstr("the data support no segments"));
}

TEST(Report, OfGivenSegmentsNamesTheirColumn) {
  json summary = testing::made_summary();
  for (const char* key : {"verdict", "segments", "k_selection", "assignment", "customer_map", "preparation"})
    summary.erase(key);
  summary["analysis"]["by"] = "Customer <type>";
  const Report report = report_of(summary);
  expect_all_sections(report);
  EXPECT_THAT(report.html, HasSubstr("<bdi>Customer &lt;type&gt;</bdi>"));
}

TEST(Report, HostileNamesStayText) {
  testing::MadeSummary made;
  made.name = [](const std::string& plain) {
    return "</script></title><script>alert('" + plain +
           "')</script><img src=x onerror=\"alert(1)\">\xE2\x80\xAE{{data}} --> =HYPERLINK(\"x\") `|*_[](javascript:x)" +
           std::string("\xFF\x00\x1B", 3) + std::string(10'000, 'W');
  };
  const json summary = testing::made_summary(made);
  const Report report = report_of(summary);
  expect_all_sections(report);
  EXPECT_THAT(report.html, Not(HasSubstr("<img")));
  EXPECT_THAT(report.html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(report.html, Not(HasSubstr("\xE2\x80\xAE")));
  EXPECT_THAT(report.html, HasSubstr("&lt;202E&gt;"));
  EXPECT_THAT(report.html, HasSubstr(std::string(200, 'W')));  // the whole name, once, among the data
  EXPECT_THAT(report.markdown, Not(HasSubstr("<script")));
  EXPECT_THAT(report.markdown, Not(HasSubstr("[](javascript")));
}

TEST(Report, StaysSmallWhateverTheTable) {
  testing::MadeSummary made;
  made.segments = 20;
  made.columns = 200;
  made.levels = 20;
  made.kpis = 12;
  made.drivers = 40;
  made.name = [](const std::string& plain) {
    return plain + " with quite a long name, as surveys have them, in words of a question?";
  };
  const Report report = report_of(testing::made_summary(made));
  expect_all_sections(report);
  EXPECT_THAT(report.html, HasSubstr("profiles.csv"));  // says where the rest is
}

TEST(Report, OfThousandsOfSegmentsStillStands) {
  json summary = testing::made_summary();
  const json one = summary["analysis"]["segments"][0];
  for (int s = 3; s < 5'000; ++s) summary["analysis"]["segments"].push_back(one);
  const Report report = report_of(summary);
  expect_all_sections(report);
}

TEST(Report, WhatIsNoSummaryIsRefused) {
  for (const char* text : {"", "{", "[]", "null", R"({"format": "other"})", R"({"format": "tessera-summary"})",
                           R"({"format": "tessera-summary", "format_version": "2.0"})"}) {
    EXPECT_THROW((void)parse_summary(text, "summary.json"), DataError) << text;
  }
  EXPECT_THROW((void)parse_summary(std::string(200'000, '['), "summary.json"), DataError);
  std::string deep = R"({"format": "tessera-summary", "format_version": "1.0", "analysis": )";
  EXPECT_THROW((void)parse_summary(deep + std::string(100, '[') + std::string(100, ']') + "}", "summary.json"), DataError);
}

/// Every place of `value`, as JSON pointers.
void collect(const json& value, const json::json_pointer& here, std::vector<json::json_pointer>& places) {
  places.push_back(here);
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) collect(inner, here / key, places);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], here / i, places);
  }
}

TEST(Report, AnyMemberMayBeAnything) {
  testing::MadeSummary made;
  made.segments = 2;
  made.columns = 3;
  made.levels = 2;
  made.kpis = 1;
  made.drivers = 2;
  const json summary = testing::made_summary(made);
  std::vector<json::json_pointer> places;
  for (const auto& [key, value] : summary.items()) collect(value, json::json_pointer("/" + key), places);
  const std::vector<json> instead = {nullptr,
                                     true,
                                     -1,
                                     1e300,
                                     12345678901234567890U,
                                     "text",
                                     json::array(),
                                     json::array({1, "x", nullptr}),
                                     json::object(),
                                     json{{"x", json::array()}}};
  std::size_t rendered = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = i % 2; j < instead.size(); j += 2) {
      json damaged = summary;
      damaged[places[i]] = instead[j];
      const sections::Subject subject(damaged, default_names(damaged), sections::Limits{});
      const document::Document document = sections::compose(subject);
      if ((i * instead.size() + j) % 29 != 0) continue;
      ASSERT_EQ(testing::problem_in_html(document::render_html(document)), "") << places[i];
      (void)document::render_markdown(document);
      ++rendered;
    }
  }
  EXPECT_GT(rendered, 50U);
}

TEST(Report, MarkdownTablesKeepTheirColumns) {
  const Report report = report_of(testing::made_summary());
  std::size_t columns = 0;
  std::istringstream lines(report.markdown);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) {
      columns = 0;
      continue;
    }
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
    if (columns == 0) columns = bars;
    EXPECT_EQ(bars, columns) << line;
  }
}

}  // namespace
}  // namespace tessera
