// SPDX-License-Identifier: Apache-2.0
// Soft segments from table to scored customers.
#include <gmock/gmock.h>

#include "cli/cli_test.hpp"
#include "core/sha256.hpp"
#include "hdf5/dataset.hpp"
#include "hdf5/input_file.hpp"

namespace tessera::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class MixtureTest : public CliTest {
 protected:
  [[nodiscard]] std::string make_table(std::int64_t rows, const std::string& features = "5") const {
    (void)expect_exit(0, {"generate", "-o", path("t.h5"), "--rows", std::to_string(rows), "--features", features, "--segments",
                          "3", "--overlap", "0.7", "--missing", "0.01", "--quiet", "--force"});
    return path("t.h5");
  }
  [[nodiscard]] static Arguments with(Arguments all, const Arguments& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Both files hold no times and no traces of the engine.
  [[nodiscard]] std::pair<std::string, std::string> segment(const std::string& table, const Arguments& more) const {
    (void)expect_exit(
        0, with({"segment", table, "-o", path("run"), "--force", "--seed", "3", "--algorithm", "mixture", "--quiet"}, more));
    return {sha256_of_file(file("run") / "assignments.h5", CancelToken{}),
            sha256_of_file(file("run") / "model.h5", CancelToken{})};
  }
  [[nodiscard]] nlohmann::json summary() const { return read_json(file("run") / "summary.json"); }
  [[nodiscard]] std::vector<float> read_floats(const std::string& name) const {
    const hdf5::InputFile in = hdf5::open_for_reading((file("run") / "assignments.h5").string());
    hdf5::Dataset dataset(in, name);
    dataset.prepare_to_read();
    std::vector<float> values(static_cast<std::size_t>(dataset.rows() * dataset.row_elements()));
    dataset.read(0, dataset.rows(), dataset.type().memory_type(), values.data());
    return values;
  }
};

TEST_F(MixtureTest, ThreadsChunksAndLevelsGiveTheSameFiles) {
  const std::string table = make_table(20'000);
  for (const char* covariance : {"full", "tied", "diag", "spherical"}) {
    const Arguments fit = {"-k", "3", "--covariance", covariance, "--restarts", "2", "--max-iter", "6", "--no-analysis"};
    const auto expected = segment(table, with(fit, {"--threads", "1"}));
    for (const Arguments& variant : {Arguments{"--threads", "3", "--chunk-rows", "4096"}, Arguments{"--cpu-level", "sse4"},
                                     Arguments{"--cpu-level", "eigen", "--threads", "2"}}) {
      EXPECT_EQ(segment(table, with(fit, variant)), expected) << covariance << ::testing::PrintToString(variant);
    }
  }
}

TEST_F(MixtureTest, SpilledEqualsResident) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers hold more than the small budget themselves";
#endif
  const std::string table = make_table(600'000, "15");
  const Arguments fit = {"-k", "3", "--covariance", "diag", "--restarts", "1", "--max-iter", "3", "--no-analysis"};
  const auto expected = segment(table, fit);
  EXPECT_EQ(summary()["residency"], "resident");
  EXPECT_EQ(segment(table, with(fit, {"--memory", "48M"})), expected);
  EXPECT_EQ(summary()["residency"], "spilled");
}

TEST_F(MixtureTest, ScoringRepeatsSegmentsAndProbabilities) {
  const std::string table = make_table(6'000);
  const auto run = segment(table, {"-k", "3", "--probabilities", "--csv", "--no-analysis"});
  (void)expect_exit(0, {"score", path("run") + "/model.h5", table, "-o", path("scored.h5"), "--probabilities", "--csv"});
  EXPECT_EQ(sha256_of_file(file("scored.h5"), CancelToken{}), run.first);
  EXPECT_EQ(read_text(file("scored.csv")), read_text(file("run") / "assignments.csv"));
  EXPECT_THAT(
      read_text(file("scored.csv")),
      StartsWith("id,segment,runner_up,distance,margin,boundary,outlier,incomplete,rejected,probability,probability_0,"));
}

TEST_F(MixtureTest, ProbabilitiesMarginsAndFlagsBelongTogether) {
  const std::string table = make_table(4'000);
  (void)segment(table, {"-k", "3", "--probabilities", "--no-analysis", "--outlier-quantile", "0.99"});
  const std::vector<float> probability = read_floats("/probability"), margin = read_floats("/margin"),
                           all = read_floats("/probabilities"), distance = read_floats("/distance");
  ASSERT_EQ(all.size(), 3 * probability.size());
  double total = 0.0;
  std::int64_t outliers = 0, boundary = 0;
  for (std::size_t i = 0; i < probability.size(); ++i) {
    std::vector<float> own(all.begin() + static_cast<std::ptrdiff_t>(3 * i),
                           all.begin() + static_cast<std::ptrdiff_t>(3 * i) + 3);
    std::ranges::sort(own, std::greater<>());
    EXPECT_EQ(own[0], probability[i]);
    EXPECT_NEAR(own[0] + own[1] + own[2], 1.0F, 1e-6F);
    EXPECT_NEAR(own[0] - own[1], margin[i], 1e-6F);
    total += probability[i];
    outliers += distance[i] > 3.88412 ? 1 : 0;  // sqrt of the 0.99 quantile of chi-squared with 5 degrees of freedom, 15.0863
    boundary += margin[i] < 0.1F ? 1 : 0;
  }
  const nlohmann::json summary = this->summary();
  EXPECT_EQ(summary["algorithm"], "mixture");
  EXPECT_NEAR(summary["assignment"]["mean_probability"].get<double>(), total / 4000.0, 1e-6);
  EXPECT_NEAR(summary["assignment"]["outliers"].get<double>(), static_cast<double>(outliers), 1.0);
  EXPECT_NEAR(summary["assignment"]["boundary"].get<double>(), static_cast<double>(boundary), 1.0);
  EXPECT_TRUE(summary["objective"].contains("bic"));
  const nlohmann::json model = read_json(file("run") / "model.json");
  EXPECT_EQ(model["format_version"], "2.0");
  EXPECT_EQ(model["mixture"]["prepared"]["covariances"].size(), 3U);
  EXPECT_EQ(model["mixture"]["original"]["means"][0].size(), 5U);
}

TEST_F(MixtureTest, AutoFindsTheComponentsAndSaysWhy) {
  (void)expect_exit(0, {"generate", "-o", path("t.h5"), "--rows", "4000", "--features", "3", "--segments", "3", "--quiet"});
  (void)segment(path("t.h5"), {"--k-range", "1:5", "--restarts", "3"});
  const nlohmann::json selection = summary()["k_selection"];
  EXPECT_EQ(selection["chosen"], 3);
  EXPECT_EQ(selection["information"].size(), 5U);
  EXPECT_THAT(selection["verdict"].get<std::string>(), HasSubstr("by BIC"));
  EXPECT_THAT(read_text(file("run") / "report.md"), HasSubstr("Gaussian"));
}

TEST_F(MixtureTest, CentroidsToStartFromSetTheNumber) {
  Matrix<double> start(3, 2);
  start(1, 0) = 10.0;
  start(1, 1) = start(2, 0) = 20.0;
  hdf5::FileWriter writer(file("start.h5"), {.overwrite = true});
  writer.write("/centroids", MatrixView<const double>(start.view()));
  writer.commit();
  (void)segment(make_blobs(), {"--init", path("start.h5") + ":/centroids"});
  EXPECT_EQ(summary()["k"], 3);
  EXPECT_EQ(summary()["segments"][0]["size"], 100);
}

TEST_F(MixtureTest, WhatOnlyMixturesCanDoIsRefusedOtherwise) {
  const std::string table = make_table(500);
  EXPECT_THAT(expect_exit(64, {"segment", table, "-o", path("r"), "--covariance", "diag"}).err,
              HasSubstr("--algorithm mixture"));
  EXPECT_THAT(expect_exit(64, {"segment", table, "-o", path("r"), "--probabilities"}).err, HasSubstr("--algorithm mixture"));
  EXPECT_THAT(expect_exit(64, {"segment", table, "-o", path("r"), "--algorithm", "em"}).err, HasSubstr("em"));
  (void)expect_exit(0, {"segment", table, "-o", path("r"), "-k", "2", "--quiet", "--no-analysis"});
  EXPECT_THAT(expect_exit(64, {"score", path("r") + "/model.h5", table, "-o", path("s.h5"), "--probabilities"}).err,
              HasSubstr("no mixture"));
}

}  // namespace
}  // namespace tessera::testing
