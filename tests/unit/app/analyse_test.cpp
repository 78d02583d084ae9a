// SPDX-License-Identifier: Apache-2.0
#include "app/analyse.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "app/segment.hpp"
#include "hdf5/writer.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;

class AnalyseTable : public ::testing::Test {
 protected:
  AnalyseTable() {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    std::vector<double> x, y, spend;
    std::vector<std::string> type, region;
    for (int i = 0; i < 600; ++i) {
      const bool first = i % 3 != 0;
      x.push_back(normal(random) + (first ? 2.0 : 0.0));
      y.push_back(normal(random) - (first ? 2.0 : 0.0));
      spend.push_back(100.0 + 10.0 * x.back() + normal(random));
      type.emplace_back(first ? "A" : "B");
      region.emplace_back(random() % 2 == 0 ? "north" : "south");
    }
    hdf5::FileWriter writer(folder_.path() / "t.h5");
    writer.write("/x", x);
    writer.write("/y", y);
    writer.write("/spend", spend);
    writer.write_text("/type", type);
    writer.write_text("/region", region);
    writer.commit();
    options_.input = folder_.path() / "t.h5";
    options_.output = folder_.path() / "run";
    options_.by = "type";
    options_.prepare.kpis = {"spend:sum"};
    options_.engine.threads = 1;
  }

  /// Another table, whose file says which column is the KPI.
  fs::path declare_kpi() {
    hdf5::FileWriter writer(folder_.path() / "declared.h5");
    std::vector<double> x, worth;
    std::vector<std::string> type;
    for (int i = 0; i < 60; ++i) {
      x.push_back(i % 7);
      worth.push_back(i % 11);
      type.emplace_back(i % 2 == 0 ? "A" : "B");
    }
    writer.write("/x", x);
    writer.write("/worth", worth);
    writer.write_text("/type", type);
    writer.set_attribute("/worth", "role", "kpi");
    writer.commit();
    return folder_.path() / "declared.h5";
  }

  static nlohmann::json summary_of(const fs::path& run) {
    std::ifstream file(run / "summary.json");
    return nlohmann::json::parse(file);
  }

  testing::TemporaryFolder folder_;
  AnalyseOptions options_;
  SilentObserver observer_;
  CancelToken cancel_;
};

TEST_F(AnalyseTable, WritesTablesSummaryAndReport) {
  const AnalyseSummary summary = run_analyse(options_, observer_, cancel_);
  EXPECT_EQ(summary.analysis.by, "type");
  for (const char* name :
       {"summary.json", "manifest.json", "profiles.csv", "kpis.csv", "kpi_pairs.csv", "drivers.csv", "doubt.csv",
        "correlations.h5", "crosstabs/01_region.csv", "report.html", "report.md", "names.json"}) {
    EXPECT_TRUE(fs::exists(options_.output / name)) << name;
  }
  const nlohmann::json json = summary_of(options_.output);
  EXPECT_EQ(json["command"], "analyse");
  EXPECT_EQ(json["k"], 2);
  EXPECT_EQ(json["analysis"]["segments"][0]["label"], "A");
  EXPECT_EQ(json["analysis"]["segments"][0]["rows"], 400);
  EXPECT_TRUE(json["analysis"]["doubt"]["boundary"].is_null());
  EXPECT_THROW(static_cast<void>(run_analyse(options_, observer_, cancel_)), FileError);  // not without force
}

TEST_F(AnalyseTable, KpisAreThoseOfTheFileUnlessOthersAreNamed) {
  options_.input = declare_kpi();
  options_.prepare.kpis = {};
  const AnalyseSummary declared = run_analyse(options_, observer_, cancel_);
  ASSERT_EQ(declared.analysis.kpis.size(), 1U);
  EXPECT_EQ(declared.analysis.kpis.front().name, "worth");
  options_.prepare.kpis = {"x"};
  options_.force = true;
  const AnalyseSummary named = run_analyse(options_, observer_, cancel_);
  ASSERT_EQ(named.analysis.kpis.size(), 1U);
  EXPECT_EQ(named.analysis.kpis.front().name, "x");
}

TEST_F(AnalyseTable, FailsBeforeAnythingIsWritten) {
  options_.by = "typ";
  EXPECT_THROW(static_cast<void>(run_analyse(options_, observer_, cancel_)), ConfigError);
  options_.by = "x";  // every customer a segment
  EXPECT_THROW(static_cast<void>(run_analyse(options_, observer_, cancel_)), DataError);
  options_.by = "type";
  options_.prepare.kpis = {"spend:nps"};
  EXPECT_THROW(static_cast<void>(run_analyse(options_, observer_, cancel_)), ConfigError);
  EXPECT_FALSE(fs::exists(options_.output));
}

TEST_F(AnalyseTable, SegmentEndsWithTheSameQuestions) {
  SegmentOptions segment;
  segment.input = options_.input;
  segment.output = options_.output;
  segment.prepare.kpis = {"spend"};
  segment.prepare.features = {"x", "y"};
  segment.automatic_segments = false;
  segment.fit.segments = 3;
  segment.engine.threads = 2;
  const SegmentationSummary summary = run_segment(segment, observer_, cancel_);
  ASSERT_TRUE(summary.analysis.has_value());
  const Analysis& analysis = *summary.analysis;
  std::int64_t boundary = 0, rows = 0;
  for (const BoundaryPair& pair : analysis.doubt.pairs) boundary += pair.rows;
  for (const AnalysisSegment& own : analysis.segments) rows += own.rows;
  EXPECT_EQ(boundary, summary.assigned.boundary);
  EXPECT_EQ(rows, 600);
  for (const ColumnAnalysis& column : analysis.columns) {
    EXPECT_EQ(column.used_in_fit, column.column == "x" || column.column == "y");
    EXPECT_EQ(column.test.name.empty(), column.used_in_fit) << column.column;
    EXPECT_FALSE(column.effect.measure.empty());
  }
  EXPECT_FALSE(analysis.kpis.front().test.name.empty());
  const nlohmann::json one = summary_of(segment.output);
  segment.force = true;
  segment.engine.threads = 1;
  static_cast<void>(run_segment(segment, observer_, cancel_));
  EXPECT_EQ(summary_of(segment.output)["analysis"], one["analysis"]);
}

}  // namespace
}  // namespace tessera
