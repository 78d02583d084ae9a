// SPDX-License-Identifier: Apache-2.0
// What people see when standard error is a terminal.
#include <gmock/gmock.h>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TerminalTest : public CliTest {};

TEST_F(TerminalTest, ABarWithSpeedAndTimeLeftThatIsErased) {
  (void)expect_exit(0, {"generate", "-o", path("t.h5"), "--rows", "1500000", "--quiet"});
  CommandOptions options;
  options.environment = {{"TERM", "xterm"}, {"NO_COLOR", ""}};
  options.err_terminal = true;
  const std::string err = expect_exit(0, {"segment", path("t.h5"), "-o", path("run"), "-k", "5"}, options).err;
  EXPECT_THAT(err, HasSubstr("\rprepare   [")) << err;
  EXPECT_THAT(err, HasSubstr("rows/s, "));
  EXPECT_THAT(err, HasSubstr(" left"));
  EXPECT_THAT(err, HasSubstr("\r\033[K"));
  EXPECT_THAT(err, Not(HasSubstr(": started")));
}

TEST_F(TerminalTest, ADumbTerminalGetsPlainLines) {
  const std::string table = make_blobs();
  CommandOptions options;
  options.environment = {{"TERM", "dumb"}};
  options.err_terminal = true;
  const std::string err = expect_exit(0, {"segment", table, "-o", path("run")}, options).err;
  EXPECT_THAT(err, HasSubstr("assign: started"));
  EXPECT_THAT(err, Not(HasSubstr("\033")));
}

TEST_F(TerminalTest, ColourUnlessToldNotTo) {
  CommandOptions options;
  options.err_terminal = true;
  options.environment = {{"TERM", "xterm"}, {"NO_COLOR", ""}};
  EXPECT_THAT(expect_exit(66, {"inspect", path("none.h5")}, options).err, HasSubstr("\033[31mtessera:\033[0m"));
  options.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}};
  EXPECT_THAT(expect_exit(66, {"inspect", path("none.h5")}, options).err, Not(HasSubstr("\033")));
}

TEST_F(TerminalTest, JsonIsJsonOnATerminalToo) {
  CommandOptions options;
  options.err_terminal = true;
  options.environment = {{"TERM", "xterm"}, {"NO_COLOR", ""}};
  const std::string err = expect_exit(66, {"inspect", path("none.h5"), "--log-format", "json"}, options).err;
  EXPECT_EQ(nlohmann::json::parse(err)["code"], "no_input");
}

}  // namespace
}  // namespace tessera::testing
