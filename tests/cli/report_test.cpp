// SPDX-License-Identifier: Apache-2.0
// tessera report: names, rendering without data, refusals.
#include <gmock/gmock.h>

#include "cli/cli_test.hpp"

namespace tessera {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

class ReportCommand : public testing::CliTest {
 protected:
  void SetUp() override { (void)expect_exit(0, {"segment", make_blobs(), "-o", path("run"), "-q"}); }

  void rename(int segment, const std::string& name) const {
    json names = json::parse(read(file("run/names.json")));
    names["segments"][static_cast<std::size_t>(segment)]["name"] = name;
    write(file("run/names.json"), names.dump());
  }
};

TEST_F(ReportCommand, RendersAgainWithoutTheData) {
  std::filesystem::remove(file("blobs.h5"));
  const std::string before = read(file("run/report.html"));
  (void)expect_exit(0, {"report", path("run")});
  EXPECT_EQ(read(file("run/report.html")), before);
  for (const char* name : {"report.html", "report.md", "names.json"}) std::filesystem::remove(file("run") / name);
  for (const char* name : {"model.h5", "model.json", "assignments.h5", "manifest.json"})
    std::filesystem::remove(file("run") / name);
  (void)expect_exit(0, {"report", path("run")});
  EXPECT_EQ(read(file("run/report.html")), before);
  EXPECT_TRUE(std::filesystem::exists(file("run/names.json")));
}

TEST_F(ReportCommand, SaysWhatTheSegmentsAreCalledNow) {
  rename(1, "The <faithful>");
  const testing::CommandResult result = expect_exit(0, {"report", path("run")});
  EXPECT_THAT(result.out, HasSubstr("1 with a name of your own"));
  EXPECT_THAT(read(file("run/report.html")), HasSubstr("<bdi>The &lt;faithful&gt;</bdi>"));
  EXPECT_THAT(read(file("run/report.md")), HasSubstr("The &lt;faithful&gt;"));
}

TEST_F(ReportCommand, NamesOutliveARunThatReplacesTheirs) {
  rename(0, "Champions");
  (void)expect_exit(0, {"segment", path("blobs.h5"), "-o", path("run"), "-q", "--force"});
  EXPECT_EQ(json::parse(read(file("run/names.json")))["segments"][0]["name"], "Champions");
  EXPECT_THAT(read(file("run/report.html")), HasSubstr("Champions"));
}

TEST_F(ReportCommand, NamesThatCannotBeReadAreKeptBesideTheNewOnes) {
  write(file("run/names.json"), "{\"segments\": [oops");
  const testing::CommandResult refused = expect_exit(65, {"report", path("run")});
  EXPECT_THAT(refused.err, HasSubstr("names.json"));
  EXPECT_THAT(refused.err, HasSubstr("\n  -> "));
  const testing::CommandResult result = expect_exit(0, {"segment", path("blobs.h5"), "-o", path("run"), "--force"});
  EXPECT_THAT(result.err, HasSubstr("names.earlier.json"));
  EXPECT_EQ(read(file("run/names.earlier.json")), "{\"segments\": [oops");
  (void)expect_exit(0, {"report", path("run")});
}

TEST_F(ReportCommand, RefusesWhatIsNoRun) {
  EXPECT_THAT(expect_exit(66, {"report", path("nowhere")}).err, HasSubstr("no run at"));
  (void)expect_exit(64, {"report"});
  for (const char* content : {"", "{}", "[1, 2", "{\"format\": \"tessera-summary\", \"format_version\": \"9.0\"}"}) {
    const std::string before = read(file("run/report.html"));
    write(file("run/summary.json"), content);
    (void)expect_exit(65, {"report", path("run")});
    EXPECT_EQ(read(file("run/report.html")), before);  // the old report stands
  }
}

TEST_F(ReportCommand, ADamagedSummaryNeverCrashesIt) {
  const std::string whole = read(file("run/summary.json"));
  for (std::size_t cut = 0; cut <= whole.rfind('}'); cut += whole.size() / 15) {
    write(file("run/summary.json"), whole.substr(0, cut));
    (void)expect_exit(65, {"report", path("run")});
  }
  std::mt19937 random(5);
  for (int i = 0; i < 15; ++i) {
    std::string damaged = whole;
    for (int byte = 0; byte < 20; ++byte) damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    write(file("run/summary.json"), damaged);
    const testing::CommandResult result = tessera({"report", path("run")});
    EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 65) << result.exit_code << result.err;
  }
}

}  // namespace
}  // namespace tessera
