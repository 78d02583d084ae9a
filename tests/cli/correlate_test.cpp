// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <random>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CorrelateTest : public CliTest {
 protected:
  [[nodiscard]] Arguments command(const std::string& table, const Arguments& more = {}) const {
    Arguments arguments = {"correlate", table, "-o", path("c.h5")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST_F(CorrelateTest, WritesThreeFilesAndPrintsTheStrongestPairs) {
  const std::string table = make_blobs();
  const CommandResult result = expect_exit(0, command(table, {"--top", "2"}));
  EXPECT_THAT(names(), ElementsAre("blobs.h5", "c.csv", "c.h5", "c.json"));
  EXPECT_THAT(result.out, StartsWith("Pearson's correlations of 3 columns, 300 customers"));
  EXPECT_THAT(result.out, HasSubstr("revenue"));
  EXPECT_THAT(read_text(file("c.csv")), StartsWith("segment,name,x,y,measure,r,n,effective_n,low,high,p,p_adjusted,partial,"
                                                   "partial_p,repaired\nall,,"));
  const nlohmann::json json = read_json(file("c.json"));
  EXPECT_EQ(json["format"], "tessera-correlations");
  EXPECT_EQ(json["method"], "pearson");
  ASSERT_EQ(json["columns"].size(), 3U);
  ASSERT_EQ(json["groups"].size(), 1U);
  EXPECT_EQ(json["groups"][0]["segment"], nullptr);
  EXPECT_EQ(json["groups"][0]["rows"], 300);
  for (const char* name : {"r", "n", "low", "high", "p", "p_adjusted", "partial", "partial_p"})
    EXPECT_EQ(json["groups"][0][name].size(), 3U) << name;
  EXPECT_EQ(json["provenance"]["command"], "correlate");
}

TEST_F(CorrelateTest, AMatrixOfRowsGivesWhatItsColumnsGive) {
  std::mt19937_64 random(2);
  std::normal_distribution<float> normal;
  constexpr std::int64_t kRows = 9'000, kColumns = 5;
  Matrix<float> rows(kRows, kColumns);
  std::vector<std::pair<std::string, std::vector<double>>> columns;
  for (std::int64_t j = 0; j < kColumns; ++j) columns.push_back({"col_00" + std::to_string(j), {}});
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t j = 0; j < kColumns; ++j) {
      const bool category = j == 4;
      const float x = category ? static_cast<float>(i % 3) : 100.0F + normal(random) + 0.5F * (j > 0 ? rows(i, 0) : 0.0F);
      rows(i, j) = !category && (i + j) % 17 == 0 ? std::numeric_limits<float>::quiet_NaN() : x;
      columns[static_cast<std::size_t>(j)].second.push_back(double{rows(i, j)});
    }
  }
  hdf5::FileWriter writer(file("rows.h5"), {.overwrite = true});
  writer.write("/rows", MatrixView<const float>(rows.view()));
  writer.commit();
  const std::string by_column = make_columns("columns.h5", columns);
  for (const Arguments& more : {Arguments{}, Arguments{"--by", "col_004"}, Arguments{"--missing", "listwise"}}) {
    Arguments forced = more;
    forced.insert(forced.end(), {"--force", "--quiet"});
    static_cast<void>(expect_exit(0, command(by_column, forced)));
    const std::string wanted = read_text(file("c.csv"));
    static_cast<void>(expect_exit(0, command(path("rows.h5"), forced)));
    EXPECT_EQ(read_text(file("c.csv")), wanted);
  }
}

TEST_F(CorrelateTest, JsonOnStandardOutputIsTheFile) {
  const CommandResult result = expect_exit(0, command(make_blobs(), {"--json", "--method", "spearman"}));
  EXPECT_EQ(result.out, read_text(file("c.json")));
  EXPECT_EQ(nlohmann::json::parse(result.out)["ranks"], "exact");
}

TEST_F(CorrelateTest, EarlierFilesAreReplacedOnlyByForce) {
  const std::string table = make_blobs();
  static_cast<void>(expect_exit(0, command(table)));
  const std::string before = read_text(file("c.h5"));
  std::filesystem::remove(file("c.h5"));
  EXPECT_THAT(expect_exit(73, command(table)).err, HasSubstr("c.csv: it exists already"));
  EXPECT_THAT(names(), ElementsAre("blobs.h5", "c.csv", "c.json"));
  static_cast<void>(expect_exit(0, command(table, {"--force", "--threads", "1"})));
  EXPECT_EQ(read_text(file("c.h5")), before);
}

TEST_F(CorrelateTest, SegmentsOfARunKeepTheirNamesAndSayNothingCircular) {
  const std::string table = make_blobs();
  static_cast<void>(expect_exit(0, {"segment", table, "-k", "3", "--features", "x,y", "-o", path("run"), "-q"}));
  nlohmann::json given = read_json(file("run/names.json"));
  given["segments"][1]["name"] = "the middle";
  write_text("run/names.json", given.dump());
  static_cast<void>(expect_exit(0, command(table, {"--segments", path("run")})));
  const nlohmann::json groups = read_json(file("c.json"))["groups"];
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[2]["name"], "the middle");
  EXPECT_EQ(groups[2]["rows"], 100);
  const nlohmann::json columns = read_json(file("c.json"))["columns"];
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const bool circular = columns[i]["used_in_fit"] && columns[j]["used_in_fit"];
      EXPECT_EQ(groups[2]["p"][i][j].is_null(), i == j || circular) << i << ' ' << j;
      EXPECT_EQ(groups[0]["p"][i][j].is_null(), i == j);
    }
  }
  EXPECT_THAT(expect_exit(65, command(make_blobs("other.h5", 60), {"--segments", path("run"), "--force"})).err,
              HasSubstr("not the one that the run was made from"));
  EXPECT_THAT(expect_exit(66, command(table, {"--segments", path("nowhere"), "--force"})).err, HasSubstr("no run at"));
}

TEST_F(CorrelateTest, SegmentsOfAColumnAndCategories) {
  std::string csv = "spend,visits,city,tier\n";
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const auto visits = static_cast<double>(random() % 9);
    csv += std::to_string(10.0 * visits + static_cast<double>(random() % 10)) + "," + std::to_string(visits) + "," +
           (random() % 2 == 0   ? "Rome"
            : random() % 2 == 0 ? "Oslo"
                                : "Lima") +
           "," + (i % 4 == 0 ? "gold" : "iron") + "\n";
  }
  write_text("t.csv", csv);
  const CommandResult result = expect_exit(0, command(path("t.csv"), {"--by", "tier", "--method", "mixed"}));
  EXPECT_THAT(result.out, HasSubstr("tier = gold: 50 customers"));
  const nlohmann::json json = read_json(file("c.json"));
  EXPECT_EQ(json["by"], "tier");
  EXPECT_EQ(json["columns"][2]["kind"], "category");
  EXPECT_EQ(json["groups"].size(), 3U);
  EXPECT_THAT(read_text(file("c.csv")), HasSubstr(",visits,city,correlation_ratio,"));
  const CommandResult numbers = expect_exit(0, command(path("t.csv"), {"--by", "tier", "--force"}));
  EXPECT_THAT(numbers.out, HasSubstr("city is left out: a category of more than two levels: --method mixed takes it"));
}

TEST_F(CorrelateTest, WhatCannotBeAskedForIsSaidBeforeAnyWork) {
  const std::string table = make_blobs();
  EXPECT_THAT(expect_exit(64, {"correlate", table}).err, HasSubstr("output file (-o OUT) is missing"));
  EXPECT_THAT(expect_exit(64, {"correlate", table, "-o", path("c.csv")}).err, HasSubstr("the output is an HDF5 file"));
  EXPECT_THAT(expect_exit(64, command(table, {"--by", "x", "--segments", path("run")})).err, HasSubstr("not from both"));
  EXPECT_THAT(expect_exit(64, command(table, {"--method", "distance"})).err, HasSubstr("--method"));
  EXPECT_THAT(expect_exit(78, command(table, {"--features", "revenu,x"})).err, HasSubstr("revenue"));
  EXPECT_THAT(expect_exit(73, {"correlate", table, "-o", table, "--force"}).err, HasSubstr("would destroy the input"));
  EXPECT_THAT(expect_exit(65, command(make_columns("one.h5", {{"x", {1.0, 2.0, 4.0}}, {"y", {3.0, 3.0, 3.0}}}))).err,
              HasSubstr("one of the columns can be correlated"));
  EXPECT_THAT(names(), ElementsAre("blobs.h5", "one.h5"));
}

}  // namespace
}  // namespace tessera::testing
