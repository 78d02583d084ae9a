// SPDX-License-Identifier: Apache-2.0
// The same bits, whatever the engine: threads, chunk sizes, residency, instruction set; and scoring repeats them.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "cli/cli_test.hpp"
#include "core/sha256.hpp"

namespace tessera::testing {
namespace {

class IdentityTest : public CliTest {
 protected:
  [[nodiscard]] static std::string digest(const std::filesystem::path& where) { return sha256_of_file(where, CancelToken{}); }
  /// Both files hold no times and no traces of the engine, so their bytes are compared whole.
  [[nodiscard]] std::pair<std::string, std::string> digests(const std::string& run) const {
    return {digest(file(run) / "assignments.h5"), digest(file(run) / "model.h5")};
  }
  [[nodiscard]] std::string make_table(std::int64_t rows, const Arguments& more = {}) const {
    Arguments all = {"generate",   "-o",        path("t.h5"), "--rows",     std::to_string(rows),
                     "--features", "7",         "--segments", "6",          "--overlap",
                     "0.8",        "--missing", "0.02",       "--nominals", "2",
                     "--kpis",     "1",         "--quiet",    "--force"};
    all.insert(all.end(), more.begin(), more.end());
    (void)expect_exit(0, all);
    return path("t.h5");
  }
  std::pair<std::string, std::string> segment(const std::string& table, const Arguments& more) {
    Arguments all = {"segment", table, "-o", path("run"), "--force", "--seed", "3"};
    all.insert(all.end(), more.begin(), more.end());
    last_ = expect_exit(0, all);
    return digests("run");
  }
  static std::vector<std::string> cpu_levels() {
    return nlohmann::json::parse(expect_exit(0, {"devices", "--json"}).out)["cpu_levels"].get<std::vector<std::string>>();
  }

  CommandResult last_;
};

TEST_F(IdentityTest, ThreadsChunksAndLevelsGiveTheSameFiles) {
  const std::string table = make_table(50'000);
  const auto expected = segment(table, {"-k", "6", "--threads", "1"});
  std::vector<Arguments> variants = {{"--threads", "2"}, {"--threads", "7"}};
  for (const char* rows : {"4096", "12288", "65536"}) variants.push_back({"--chunk-rows", rows});
  for (const std::string& level : cpu_levels()) variants.push_back({"--cpu-level", level});
  for (Arguments variant : variants) {
    variant.insert(variant.end(), {"-k", "6"});
    EXPECT_EQ(segment(table, variant), expected) << ::testing::PrintToString(variant);
  }
}

TEST_F(IdentityTest, TheChoiceOfKDoesNotDependOnTheEngine) {
  const std::string table = make_table(9'000);
  const auto expected = segment(table, {"--k-range", "1:5", "--threads", "1", "--cpu-level", "eigen"});
  EXPECT_EQ(segment(table, {"--k-range", "1:5", "--threads", "3", "--chunk-rows", "4096"}), expected);
}

TEST_F(IdentityTest, SpilledEqualsResident) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers hold more than the small budget themselves";
#endif
  const std::string table = make_table(600'000);
  const auto expected = segment(table, {"-k", "6"});
  EXPECT_EQ(read_json(file("run/summary.json"))["residency"], "resident");
  EXPECT_EQ(segment(table, {"-k", "6", "--memory", "48M"}), expected);
  EXPECT_EQ(read_json(file("run/summary.json"))["residency"], "spilled") << last_.err;
}

TEST_F(IdentityTest, TheSameSeedGivesTheSameRunAndTheSummaryTwice) {
  const std::string table = make_table(5'000);
  const auto first = segment(table, {"--k-range", "1:4"});
  const std::string segments = read_text(file("run/segments.csv"));
  EXPECT_EQ(segment(table, {"--k-range", "1:4"}), first);
  EXPECT_EQ(read_text(file("run/segments.csv")), segments);
}

TEST_F(IdentityTest, ScoringTheTrainingTableRepeatsItsAssignments) {
  const std::string table = make_table(30'000, {"--noise", "0.05"});
  for (const char* missing : {"impute", "drop-row", "partial"}) {
    (void)segment(table, {"-k", "5", "--missing", missing, "--csv"});
    (void)expect_exit(0, {"score", path("run/model.h5"), table, "-o", path("out.h5"), "--csv", "--force"});
    EXPECT_EQ(digest(file("out.h5")), digest(file("run/assignments.h5"))) << missing;
    EXPECT_EQ(read_text(file("out.csv")), read_text(file("run/assignments.csv"))) << missing;
  }
}

TEST_F(IdentityTest, WithoutAGapLeavingThemOutIsFillingThem) {
  (void)expect_exit(0, {"generate", "-o", path("full.h5"), "--rows", "20000", "--overlap", "0.8", "--nominals", "1"});
  const std::string filled = segment(path("full.h5"), {"-k", "5"}).first;
  const std::string centroids = read_text(file("run/segments.csv"));
  EXPECT_EQ(segment(path("full.h5"), {"-k", "5", "--missing", "partial"}).first, filled);
  EXPECT_EQ(read_text(file("run/segments.csv")), centroids);
}

TEST_F(IdentityTest, CsvAndItsConversionGiveTheSameAssignments) {
  std::string text = "name,age,city,spend\n";
  for (int i = 0; i < 2'000; ++i) {
    const bool young = i % 2 == 0;
    text += "c" + std::to_string(i) + "," + std::to_string((young ? 20 : 60) + i % 9) + "," + (i % 3 == 0 ? "Oslo" : "Rome") +
            "," + std::to_string((young ? 10.5 : 500.25) + i % 13) + "\n";
  }
  write_text("t.csv", text);
  const auto direct = segment(path("t.csv"), {"-k", "2"});
  (void)expect_exit(0, {"convert", path("t.csv"), "-o", path("converted.h5")});
  EXPECT_EQ(segment(path("converted.h5"), {"-k", "2"}), direct);
  // The same as spreadsheets write it where the comma is the decimal mark.
  std::ranges::replace(text, ',', ';');
  std::ranges::replace(text, '.', ',');
  write_text("comma.csv", text);
  (void)expect_exit(0, {"convert", path("comma.csv"), "-o", path("comma.h5"), "--decimal-comma"});
  EXPECT_EQ(segment(path("comma.h5"), {"-k", "2"}), direct);
}

}  // namespace
}  // namespace tessera::testing
