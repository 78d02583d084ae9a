// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SplitTest : public CliTest {
 protected:
  /// Number 0 holds two groups that lie near each other, number 1 is one group far away.
  void make_run() const {
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal;
    std::vector<std::pair<std::string, std::vector<double>>> columns;
    for (const char* name : {"far 1", "far 2", "far 3", "far 4", "near 1", "near 2"}) {
      columns.push_back({name, {}});
      for (int i = 0; i < 600; ++i) {
        const bool apart = i % 3 == (name[0] == 'f' ? 2 : 1);
        columns.back().second.push_back((apart ? 12.0 : 0.0) + normal(random));
      }
    }
    static_cast<void>(make_columns("t.h5", columns));
    (void)expect_exit(0, {"segment", path("t.h5"), "-k", "2", "-o", path("run")});
  }
  [[nodiscard]] CommandResult split(int exit_code, const Arguments& more) const {
    Arguments arguments = {"split", path("run")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return expect_exit(exit_code, arguments);
  }
  [[nodiscard]] static std::vector<std::string> ids(const nlohmann::json& summary) {
    std::vector<std::string> found;
    for (const nlohmann::json& segment : summary["segments"]) found.push_back(segment["id"]);
    return found;
  }
};

TEST_F(SplitTest, FindsTheGroupsWithinASegmentAndNumbersThemFromZero) {
  make_run();
  const nlohmann::json run = read_json(file("run") / "summary.json");
  EXPECT_EQ(run["segments"][0]["segment"], 0);
  EXPECT_EQ(run["segments"][0]["size"], 400);
  const nlohmann::json summary = nlohmann::json::parse(split(0, {"--segment", "0", "--json"}).out);
  EXPECT_THAT(ids(summary), ElementsAre("0.0", "0.1"));
  EXPECT_EQ(summary["split"]["id"], "0");
  EXPECT_EQ(summary["split"]["found"], true);
  EXPECT_EQ(summary["segments"][1]["segment"], 1);
  EXPECT_EQ(summary["segments"][1]["size"], 200);
  EXPECT_EQ(read_json(file("run.0") / "summary.json")["segments"][1]["id"], "0.1");
  EXPECT_THAT(read_text(file("run.0") / "report.md"), HasSubstr("0.1"));
  // The folder is a run: its groups are split by number or by id, which say the same.
  const auto again = [&](const char* segment, const char* output) {
    return nlohmann::json::parse(
        expect_exit(0, {"split", path("run.0"), "--segment", segment, "--json", "-o", path(output)}).out);
  };
  const nlohmann::json by_number = again("1", "a"), by_id = again("0.1", "b");
  EXPECT_EQ(by_number["split"]["id"], "0.1");
  EXPECT_EQ(by_id["split"], by_number["split"]);
  EXPECT_THAT(ids(by_id), ElementsAre("0.1"));  // one group: it keeps its id
}

TEST_F(SplitTest, OneGroupIsAnAnswer) {
  make_run();
  const CommandResult result = split(0, {"--segment", "1"});
  EXPECT_THAT(result.out, HasSubstr("Results in"));
  const nlohmann::json summary = read_json(file("run.1") / "summary.json");
  EXPECT_EQ(summary["split"]["found"], false);
  EXPECT_THAT(ids(summary), ElementsAre("1"));
}

TEST_F(SplitTest, TakesNamesAndAnotherFolder) {
  make_run();
  nlohmann::json names = read_json(file("run") / "names.json");
  names["segments"][0]["name"] = "nearby";
  write_text("run/names.json", names.dump());
  const CommandResult result = split(0, {"--segment", "nearby", "-k", "2", "-o", path("parts"), "--csv"});
  EXPECT_THAT(result.out, HasSubstr("nearby"));
  EXPECT_TRUE(std::filesystem::exists(file("parts") / "assignments.csv"));
}

TEST_F(SplitTest, EndsWithTheDocumentedCodes) {
  make_run();
  EXPECT_THAT(expect_exit(64, {"split", path("run")}).err, HasSubstr("--segment"));
  EXPECT_THAT(split(78, {"--segment", "7"}).err, HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(split(78, {"--segment", "0.0"}).err, HasSubstr("no segment '0.0'"));
  EXPECT_THAT(expect_exit(66, {"split", path("nowhere"), "--segment", "0"}).err, HasSubstr("no run at"));
  (void)split(0, {"--segment", "1"});
  EXPECT_THAT(split(73, {"--segment", "1"}).err, HasSubstr("--force"));
  (void)split(0, {"--segment", "1", "--force"});
  static_cast<void>(make_columns("t.h5", {{"x", {1.0, 2.0, 3.0}}, {"y", {1.0, 2.0, 3.0}}, {"z", {1.0, 2.0, 3.0}}}));
  EXPECT_THAT(split(65, {"--segment", "0"}).err, HasSubstr("not the one that the run was made from"));
  std::filesystem::remove(file("t.h5"));
  EXPECT_THAT(split(66, {"--segment", "0"}).err, HasSubstr("--input"));
}

}  // namespace
}  // namespace tessera::testing
