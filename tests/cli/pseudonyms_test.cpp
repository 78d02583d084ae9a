// SPDX-License-Identifier: Apache-2.0
// With a key, no id leaves; with the same key, files can still be joined.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PseudonymsTest : public CliTest {
 protected:
  PseudonymsTest() {
    std::string csv = "customer_id,visits,spend\n";
    for (int i = 0; i < 400; ++i) csv += fmt::format("person-{},{},{}\n", i, (i % 2) * 50 + i % 7, (i % 2) * 900 + i % 11);
    write_text("t.csv", csv);
    write_text("key", "a key that nobody knows\n");
  }
  [[nodiscard]] std::string key() const { return path("key"); }
};

TEST_F(PseudonymsTest, NoFileOfTheRunHoldsAnId) {
  (void)expect_exit(0, {"segment", path("t.csv"), "-o", path("run"), "--csv", "--pseudonym-key", key()});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(file("run"))) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_text(entry.path());
    EXPECT_THAT(content, Not(HasSubstr("person-"))) << entry.path();
    EXPECT_THAT(content, Not(HasSubstr("nobody knows"))) << entry.path();
  }
  EXPECT_EQ(read_json(file("run/manifest.json")).at("options").at("pseudonyms"), true);
}

TEST_F(PseudonymsTest, ScoringWithTheSameKeyRepeatsThem) {
  (void)expect_exit(0, {"segment", path("t.csv"), "-o", path("run"), "--csv", "--pseudonym-key", key()});
  const auto score = [&](const std::string& out) {
    (void)expect_exit(
        0, {"score", path("run/model.h5"), path("t.csv"), "-o", path(out + ".h5"), "--csv", "--pseudonym-key", key()});
    return read_text(file(out + ".csv"));
  };
  const std::string same = score("same");
  EXPECT_EQ(same, read_text(file("run/assignments.csv")));
  write_text("key", "another key, known to some");
  EXPECT_NE(score("other"), same);
}

TEST_F(PseudonymsTest, KeysThatCannotBeUsedAreSeenAtOnce) {
  const auto segment = [&](int code) {
    return expect_exit(code, {"segment", path("t.csv"), "-o", path("run"), "--pseudonym-key", key()});
  };
  write_text("key", "short");
  EXPECT_THAT(segment(78).err, HasSubstr("has 5 bytes"));
  std::filesystem::remove(file("key"));
  EXPECT_THAT(segment(66).err, HasSubstr("key"));
  EXPECT_FALSE(std::filesystem::exists(file("run")));
}

TEST_F(PseudonymsTest, RowNumbersNeedNone) {
  const CommandResult result =
      expect_exit(0, {"segment", path("t.csv"), "-o", path("run"), "--ignore", "customer_id", "--pseudonym-key", key()});
  EXPECT_THAT(result.err, HasSubstr("need no pseudonyms"));
}

}  // namespace
}  // namespace tessera::testing
