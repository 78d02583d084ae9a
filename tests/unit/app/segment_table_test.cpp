// SPDX-License-Identifier: Apache-2.0
// The library's front door, as a program other than ours would use it.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "hdf5/writer.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {
namespace {

class SegmentTable : public ::testing::Test {
 protected:
  SegmentTable() {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    std::vector<double> x, y;
    for (int i = 0; i < 400; ++i) {
      x.push_back(normal(random) + (i % 2) * 12.0);
      y.push_back(normal(random) - (i % 2) * 12.0);
    }
    hdf5::FileWriter writer(folder_.path() / "t.h5");
    writer.write("/x", x);
    writer.write("/y", y);
    writer.commit();
    options_.input = folder_.path() / "t.h5";
    options_.output = folder_.path() / "run";
    options_.engine.threads = 1;
  }

  testing::TemporaryFolder folder_;
  SegmentOptions options_;
  SilentObserver observer_;
  CancelToken cancel_;
};

TEST_F(SegmentTable, GivesTheModelTheChoiceAndTheSummary) {
  const SegmentationResult result = segment_table(options_, observer_, cancel_);
  EXPECT_EQ(result.model.segments(), 2);
  EXPECT_TRUE(result.k_selection.automatic);
  EXPECT_EQ(result.rows, 400);
  EXPECT_EQ(result.segment_rows, (std::vector<std::int64_t>{200, 200}));
  EXPECT_EQ(nlohmann::json::parse(result.summary_json)["k"], 2);
  EXPECT_EQ(load_model(options_.output / "model.h5"), result.model);

  ScoreOptions score;
  score.model = options_.output / "model.h5";
  score.input = options_.input;
  score.output = folder_.path() / "out.h5";
  const ScoreResult scored = score_table(score, observer_, cancel_);
  EXPECT_EQ(scored.segment_rows, result.segment_rows);
  EXPECT_TRUE(scored.extra_columns.empty());
}

TEST_F(SegmentTable, CancelledBeforeItStartsWritesNothing) {
  cancel_.cancel(15);
  EXPECT_THROW((void)segment_table(options_, observer_, cancel_), CancelledError);
  EXPECT_FALSE(std::filesystem::exists(options_.output));
}

/// Cancels the job as soon as a given stage begins.
class Saboteur final : public Observer {
 public:
  Saboteur(CancelToken& cancel, std::string stage) : cancel_(cancel), stage_(std::move(stage)) {}
  void stage(std::string_view name, std::int64_t) override {
    if (name == stage_) cancel_.cancel(2);
  }
  void progress(std::int64_t) override {}
  void note(Level, std::string_view, std::string_view) override {}

 private:
  CancelToken& cancel_;
  std::string stage_;
};

TEST_F(SegmentTable, CancelledAtAnyStageWritesNothing) {
  for (const char* stage : {"read", "prepare", "sample", "choose", "seed", "fit", "assign", "write"}) {
    CancelToken cancel;
    Saboteur saboteur(cancel, stage);
    EXPECT_THROW((void)segment_table(options_, saboteur, cancel), CancelledError) << stage;
    std::vector<std::filesystem::path> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) left.push_back(entry.path().filename());
    EXPECT_EQ(left, (std::vector<std::filesystem::path>{"t.h5"})) << stage;
  }
}

TEST_F(SegmentTable, ContradictionsAreFoundBeforeAnythingIsRead) {
  const auto code_of = [&](auto change) {
    SegmentOptions options = options_;
    change(options);
    try {
      (void)segment_table(options, observer_, cancel_);
    } catch (const Error& error) {
      return static_cast<int>(error.code());
    }
    return 0;
  };
  EXPECT_EQ(code_of([](SegmentOptions& o) { o.output.clear(); }), 64);
  EXPECT_EQ(code_of([](SegmentOptions& o) { o.largest_segments = 0; }), 78);
  EXPECT_EQ(code_of([](SegmentOptions& o) { o.least_share = 1.0; }), 78);
  EXPECT_EQ(code_of([](SegmentOptions& o) { o.outlier_quantile = 0.0; }), 78);
  EXPECT_EQ(code_of([](SegmentOptions& o) { o.fit.tolerance = std::nan(""); }), 78);
  EXPECT_EQ(code_of([](SegmentOptions& o) { o.input = "/no/such/file.h5"; }), 66);
  EXPECT_EQ(code_of([&](SegmentOptions& o) { o.output = o.input; }), 73);
}

}  // namespace
}  // namespace tessera
