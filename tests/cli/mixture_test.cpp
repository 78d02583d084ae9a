// SPDX-License-Identifier: Apache-2.0
// Soft segments from table to scored customers.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <random>

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
  /// Three groups of two numbers, a plan and a yes or no; every ninth cell but those of the age is missing.
  [[nodiscard]] std::string make_mixed_table() const {
    std::string text = "customer,age,spend,plan,online,children\n";
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    for (int i = 0; i < 3000; ++i) {
      const int group = i % 3;
      const auto gap = [&](const std::string& cell) { return random() % 9 == 0 ? std::string() : cell; };
      const auto number = [&](double mean) { return fmt::format("{:.2f}", mean + normal(random)); };
      const char* const plans[] = {"basic", "family", "business"};
      text += fmt::format("c{},{},{},{},{},{}\n", i, number(40.0 + 3.0 * group), gap(number(group == 1 ? 9.0 : 4.0)),
                          gap(plans[random() % 4 == 0 ? random() % 3 : static_cast<std::uint64_t>(group)]),
                          gap(random() % 10 < (group == 2 ? 9U : 2U) ? "yes" : "no"), group == 0 ? 0U : random() % 3);
    }
    write_text("mixed.csv", text);
    return path("mixed.csv");
  }
  /// Both files hold no times and no traces of the engine.
  [[nodiscard]] std::pair<std::string, std::string> segment(const std::string& table, const Arguments& more) const {
    (void)expect_exit(
        0, with({"segment", table, "-o", path("run"), "--force", "--seed", "3", "--algorithm", "mixture", "--quiet"}, more));
    return {sha256_of_file(file("run") / "assignments.h5", CancelToken{}),
            sha256_of_file(file("run") / "model.h5", CancelToken{})};
  }
  [[nodiscard]] nlohmann::json summary() const { return read_json(file("run") / "summary.json"); }
  template <typename T>
  [[nodiscard]] std::vector<T> read_assignments(const std::string& name) const {
    const hdf5::InputFile in = hdf5::open_for_reading((file("run") / "assignments.h5").string());
    hdf5::Dataset dataset(in, name);
    dataset.prepare_to_read();
    std::vector<T> values(static_cast<std::size_t>(dataset.rows() * dataset.row_elements()));
    dataset.read(0, dataset.rows(), dataset.type().memory_type(), values.data());
    return values;
  }
  [[nodiscard]] std::vector<float> read_floats(const std::string& name) const { return read_assignments<float>(name); }
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
  EXPECT_THAT(selection["verdict"].get<std::string>(), HasSubstr("is found again on halves of the customers"));
  EXPECT_EQ(selection["information"][0]["stability"], 1.0);
  EXPECT_GT(selection["information"][2]["stability"].get<double>(), 0.95);
  EXPECT_LT(selection["information"][4]["stability"].get<double>(), 0.8);
  EXPECT_EQ(selection["information"][2]["reason"], "");
  EXPECT_EQ(selection["information"][2]["found_again"], true);
  EXPECT_EQ(selection["information"][4]["found_again"], false);
  const nlohmann::json keep = summary()["analysis"]["doubt"]["keep"];
  EXPECT_GT(keep["mean"].get<double>(), 0.95);
  EXPECT_EQ(keep["segments"].size(), 3U);
  const std::string report = read_text(file("run") / "report.md");
  EXPECT_THAT(report, HasSubstr("A mixture of 3 segments describes the customers best"));
  EXPECT_THAT(report, HasSubstr("| Stability |"));
  EXPECT_THAT(report, HasSubstr("a customer keeps the segment with probability"));
}

TEST_F(MixtureTest, AutoIsTheSameForThreadsAndLevels) {
  const std::string table = make_table(3'000);
  const Arguments fit = {"--k-range", "1:4", "--restarts", "3"};
  const auto expected = segment(table, with(fit, {"--threads", "1"}));
  const nlohmann::json selection = summary()["k_selection"], keep = summary()["analysis"]["doubt"]["keep"];
  for (const Arguments& variant : {Arguments{"--threads", "3"}, Arguments{"--cpu-level", "eigen", "--threads", "2"}}) {
    EXPECT_EQ(segment(table, with(fit, variant)), expected) << ::testing::PrintToString(variant);
    EXPECT_EQ(summary()["k_selection"], selection);
    EXPECT_EQ(summary()["analysis"]["doubt"]["keep"], keep);
  }
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

TEST_F(MixtureTest, CategoriesAreClassesAndGapsAreLeftToEm) {
  const std::string table = make_mixed_table();
  const Arguments fit = {"-k", "3", "--missing", "em", "--probabilities", "--csv", "--restarts", "3"};
  const auto expected = segment(table, with(fit, {"--threads", "1"}));
  for (const Arguments& variant :
       {Arguments{"--threads", "3", "--chunk-rows", "4096"}, Arguments{"--cpu-level", "eigen", "--threads", "2"}}) {
    EXPECT_EQ(segment(table, with(fit, variant)), expected) << ::testing::PrintToString(variant);
  }
  (void)expect_exit(0, {"score", path("run") + "/model.h5", table, "-o", path("scored.h5"), "--probabilities", "--quiet"});
  EXPECT_EQ(sha256_of_file(file("scored.h5"), CancelToken{}), expected.first);
  for (const char* name : {"/probability", "/margin", "/distance"}) {
    EXPECT_THAT(read_floats(name), ::testing::Each(::testing::Not(::testing::IsNan()))) << name;
  }
  const nlohmann::json model = read_json(file("run") / "model.json");
  EXPECT_EQ(model["mixture"]["numbers"], nlohmann::json({"age", "spend"}));
  EXPECT_EQ(model["mixture"]["prepared"]["covariances"][0].size(), 2U);
  EXPECT_THAT(model["mixture"]["features"].get<std::vector<std::string>>(), ::testing::Contains("children=2"));
  const nlohmann::json summary = this->summary();
  EXPECT_EQ(summary["preparation"]["missing"], "em");
  EXPECT_GT(summary["rows_incomplete"].get<int>(), 900);
  // Group 0 is every third customer: its plan is what most of a segment have.
  for (const nlohmann::json& each : summary["segments"]) EXPECT_NEAR(each["share"].get<double>(), 1.0 / 3.0, 0.06);
}

TEST_F(MixtureTest, WithoutGapsEmIsWhatImputeIs) {
  (void)expect_exit(0, {"generate", "-o", path("t.h5"), "--rows", "3000", "--features", "4", "--segments", "3", "--quiet"});
  for (const char* covariance : {"full", "tied"}) {
    const Arguments fit = {"-k", "3", "--covariance", covariance, "--no-analysis", "--missing"};
    const std::string imputed = segment(path("t.h5"), with(fit, {"impute"})).first;
    EXPECT_EQ(segment(path("t.h5"), with(fit, {"em"})).first, imputed);
  }
}

TEST_F(MixtureTest, OutliersAreJudgedByWhatIsKnownOfThem) {
  const std::string table = make_table(20'000, "4");
  (void)segment(table, {"-k", "3", "--no-analysis", "--missing", "em", "--outlier-quantile", "0.9"});
  std::array<std::int64_t, 2> rows{}, outliers{};  // complete, incomplete
  for (const std::uint8_t flags : read_assignments<std::uint8_t>("/flags")) {
    const std::size_t incomplete = (flags & 4) != 0 ? 1 : 0;
    ++rows[incomplete];
    outliers[incomplete] += (flags & 2) != 0 ? 1 : 0;
  }
  ASSERT_GT(rows[1], 500);
  // The table's groups are Gaussian: a tenth is further out than nine tenths, whatever is known of it.
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_NEAR(static_cast<double>(outliers[i]) / static_cast<double>(rows[i]), 0.1, 0.04) << i;
  }
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
