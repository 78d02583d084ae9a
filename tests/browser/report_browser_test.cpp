// SPDX-License-Identifier: Apache-2.0
// What people see: the report of real runs, opened in a browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "browser/browser.hpp"
#include "report/report.hpp"
#include "support/temporary_folder.hpp"
#include "unit/report/made_summary.hpp"

namespace tessera {
namespace {

using nlohmann::json;
using testing::Browser;
using testing::Look;
using testing::Visit;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The numbers that a chart of the report stands for, as templates/report.js draws them: dots and lines one a value.
std::size_t values_of(const json& figure) {
  if (figure["kind"] == "map") return figure["centers"].size();
  if (figure["kind"] == "quadrant") return figure["points"].size();
  std::size_t values = 0;
  for (const json& series : figure["series"]) {
    for (const json& value : series["values"]) values += value.is_null() ? 0U : 1U;
  }
  return values;
}

std::string between(const std::string& text, const std::string& start, const std::string& end) {
  const std::size_t from = text.find(start);
  if (from == std::string::npos) return {};
  return text.substr(from + start.size(), text.find(end, from + start.size()) - from - start.size());
}

json charts_of(const Visit& visit) { return json::parse(between(visit.dom, "id=\"report-data\">", "</script>")); }

void expect_well(const Visit& visit) {
  EXPECT_THAT(visit.messages, ::testing::IsEmpty());
  for (const char* id : {"verdict", "segments", "map", "profile", "kpis", "crosstabs", "correlations", "drivers", "doubt",
                         "selection", "data", "reproduce"}) {
    EXPECT_NE(visit.dom.find("<section id=\"" + std::string(id) + "\""), std::string::npos) << id;
  }
  // Every chart of the data stands on the page, and shows as many values as it has.
  const json charts = charts_of(visit);
  EXPECT_EQ(between(visit.dom, "data-charts=\"", "\""), std::to_string(charts.size()));
  for (const auto& [id, figure] : charts.items()) {
    const std::string canvas = between(visit.dom, "<canvas id=\"chart-" + id + "\"", ">");
    EXPECT_EQ(between(canvas, "data-drawn=\"", "\""), std::to_string(values_of(figure))) << id;
    EXPECT_GT(values_of(figure), 0U) << id;
  }
}

class ReportInBrowser : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!browser_.is_there()) GTEST_SKIP() << "no Chromium: install chromium-headless-shell";
  }

  /// A report as the program writes it from the summary.
  [[nodiscard]] std::filesystem::path report_of(const json& summary) const {
    const std::filesystem::path run = folder_.path() / "run";
    std::filesystem::create_directories(run);
    std::ofstream(run / "summary.json") << summary.dump(-1, ' ', false, json::error_handler_t::replace);
    const testing::CommandResult result = testing::run_command({TESSERA_BINARY, "report", run.string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return run / "report.html";
  }

  Browser browser_;
  testing::TemporaryFolder folder_;
};

TEST_F(ReportInBrowser, DrawsEveryChartLightDarkWideAndNarrow) {
  const std::filesystem::path page = report_of(testing::made_summary());
  for (const Look& look : {Look{}, Look{.dark = true}, Look{.width = 390}, Look{.dark = true, .width = 390}})
    expect_well(browser_.visit(page, look));
}

TEST_F(ReportInBrowser, ShowsTheNumbersOfTheSummary) {
  const json summary = testing::made_summary();
  const Visit visit = browser_.visit(report_of(summary));
  const json charts = charts_of(visit);
  const json& analysis = summary["analysis"];
  for (std::size_t i = 0; i < analysis["kpis"].size(); ++i) {
    const json& kpi = analysis["kpis"][i];
    const json& figure = charts["kpi-" + std::to_string(i)];
    EXPECT_EQ(figure["reference"], kpi["overall"]["value"]);
    for (std::size_t place = 0; place < kpi["league"].size(); ++place) {
      const json& own = kpi["segments"][kpi["league"][place].get<std::size_t>()];
      EXPECT_EQ(figure["series"][0]["values"][place], own["value"]);
      EXPECT_EQ(figure["series"][0]["low"][place], own["interval"][0]);
      EXPECT_EQ(figure["series"][0]["high"][place], own["interval"][1]);
    }
  }
  const json& all = analysis["drivers"][0]["groups"][0]["drivers"];
  for (std::size_t d = 0; d < all.size(); ++d) EXPECT_EQ(charts["drivers-0"]["series"][0]["values"][d], all[d]["share"]);
  EXPECT_EQ(charts["customer-map"]["cells"]["density"], summary["customer_map"]["cells"]["density"]);
  EXPECT_EQ(charts["k-gain"]["series"][0]["values"][0], summary["k_selection"]["criteria"][1]["gain"]);
}

TEST_F(ReportInBrowser, RunsNothingOfHostileNames) {
  testing::MadeSummary made;
  made.name = [](const std::string& plain) {
    return "</script></title></style><script>console.error('" + plain +
           "')</script><img src=x onerror=\"console.error(1)\"><a href=\"javascript:alert(1)\">\xE2\x80\xAE{{data}} --> " +
           "=HYPERLINK(\"http://x\") " + std::string(10'000, 'W');
  };
  const Visit visit = browser_.visit(report_of(testing::made_summary(made)));
  expect_well(visit);
  EXPECT_EQ(visit.dom.find("<img"), std::string::npos);
  EXPECT_EQ(visit.dom.find("<a href=\"javascript"), std::string::npos);
}

TEST_F(ReportInBrowser, HasItsTablesWithoutScripts) {
  const std::filesystem::path page = report_of(testing::made_summary());
  std::string html = read(page);
  const std::size_t policy = html.find("script-src");
  ASSERT_NE(policy, std::string::npos);
  html.replace(policy, html.find('"', policy) - policy, "script-src 'none'");
  std::ofstream(page) << html;
  const Visit visit = browser_.visit(page);
  EXPECT_EQ(visit.dom.find("data-drawn"), std::string::npos);
  EXPECT_NE(visit.dom.find("league table"), std::string::npos);
  EXPECT_NE(visit.dom.find("<data value=\""), std::string::npos);
}

TEST_F(ReportInBrowser, AsksForNothing) {
  const std::string html = read(report_of(testing::made_summary()));
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_FALSE(std::regex_search(html, std::regex("(src|href)=[\"'](?!#)")));
  EXPECT_EQ(html.find("@import"), std::string::npos);
}

TEST_F(ReportInBrowser, OfARealRunFromTheCommandLine) {
  const std::filesystem::path table = folder_.path() / "customers.csv";
  std::ofstream csv(table);
  csv << "customer,\"<script>console.error(1)</script>\",income,visits,churn\n";
  for (int i = 0; i < 400; ++i) {
    const bool rich = i % 2 == 0;
    csv << "c" << i << ','
        << (rich ? "\"=HYPERLINK(\"\"x\"\")\""
                 : "\xE2\x80\xAE"
                   "tub")
        << ',' << (rich ? 9000 : 2000) + i % 37 * 10 << ',' << (rich ? 3 : 40) + i % 5 << ',' << (i % 7 == 0 ? "yes" : "no")
        << '\n';
  }
  csv.close();
  const std::filesystem::path run = folder_.path() / "real";
  const testing::CommandResult result =
      testing::run_command({TESSERA_BINARY, "segment", table.string(), "-o", run.string(), "-q", "--kpi", "churn"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Visit visit = browser_.visit(run / "report.html");
  expect_well(visit);
  const json summary = json::parse(read(run / "summary.json"));
  EXPECT_EQ(charts_of(visit)["customer-map"]["cells"], summary["customer_map"]["cells"]);
  EXPECT_LT(std::filesystem::file_size(run / "report.html"), kMostReportBytes);
}

}  // namespace
}  // namespace tessera
