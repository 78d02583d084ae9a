// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <csignal>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::ElementsAre;

/// Each test sends a signal as soon as a stage has begun, in a table that keeps every stage busy long enough.
class SignalTest : public CliTest {
 protected:
  /// Runs until standard error holds `mark`, then sends `signal` once.
  [[nodiscard]] static CommandResult stop_at(const std::string& mark, int signal, const Arguments& arguments) {
    bool sent = false;
    CommandOptions options;
    options.watch = [&](pid_t process, const std::string& err) {
      if (sent || err.find(mark) == std::string::npos) return;
      sent = true;
      ::kill(process, signal);
    };
    CommandResult result = tessera(arguments, options);
    EXPECT_TRUE(sent) << "'" << mark << "' was never said:\n" << result.err;
    return result;
  }
  [[nodiscard]] std::string make_table(std::int64_t rows) const {
    (void)expect_exit(0, {"generate", "-o", path("t.h5"), "--rows", std::to_string(rows), "--features", "12", "--segments",
                          "12", "--overlap", "1", "--missing", "0.01", "--quiet"});
    return path("t.h5");
  }
};

TEST_F(SignalTest, InterruptAtEveryStageLeavesNothing) {
  const std::string table = make_table(200'000);
  for (const char* stage : {"read: started", "prepare: started", "sample: started", "choose: started", "seed: started"}) {
    const CommandResult result = stop_at(stage, SIGINT, {"segment", table, "-o", path("run")});
    EXPECT_EQ(result.exit_code, 130) << stage << "\n" << result.err;
    EXPECT_FALSE(result.killed) << stage;
    EXPECT_THAT(names(), ElementsAre("t.h5")) << stage;
  }
  for (const char* stage : {"fit: started", "assign: started"}) {
    const CommandResult result = stop_at(stage, SIGINT, {"segment", table, "-o", path("run"), "-k", "12"});
    EXPECT_EQ(result.exit_code, 130) << stage << "\n" << result.err;
    EXPECT_THAT(names(), ElementsAre("t.h5")) << stage;
  }
}

TEST_F(SignalTest, TerminateIs143) {
  const std::string table = make_table(200'000);
  const CommandResult result = stop_at("seed: started", SIGTERM, {"segment", table, "-o", path("run"), "-k", "12"});
  EXPECT_EQ(result.exit_code, 143) << result.err;
  EXPECT_FALSE(result.killed);
  EXPECT_THAT(result.err, ::testing::HasSubstr("stopped by SIGTERM"));
  EXPECT_THAT(names(), ElementsAre("t.h5"));
}

TEST_F(SignalTest, WhileWritingTheRunIsWholeOrAbsent) {
  const std::string table = make_table(100'000);
  const CommandResult result = stop_at("write: started", SIGTERM, {"segment", table, "-o", path("run"), "-k", "3"});
  if (result.exit_code == 0) {
    EXPECT_THAT(names(), ElementsAre("run", "t.h5"));
    EXPECT_EQ(read_json(file("run/summary.json"))["k"], 3);
  } else {
    EXPECT_EQ(result.exit_code, 143) << result.err;
    EXPECT_THAT(names(), ElementsAre("t.h5"));
  }
}

TEST_F(SignalTest, OtherCommandsStopToo) {
  const std::string table = make_table(200'000);
  (void)expect_exit(0, {"segment", table, "-o", path("run"), "-k", "3", "--quiet"});
  const CommandResult score = stop_at("assign: started", SIGINT, {"score", path("run/model.h5"), table, "-o", path("out.h5")});
  EXPECT_EQ(score.exit_code, 130) << score.err;
  const CommandResult inspect = stop_at("inspect: started", SIGINT, {"inspect", table});
  EXPECT_EQ(inspect.exit_code, 130) << inspect.err;
  const CommandResult generate = stop_at("write: started", SIGINT, {"generate", "-o", path("g.h5"), "--rows", "5000000"});
  EXPECT_EQ(generate.exit_code, 130) << generate.err;
  EXPECT_THAT(names(), ElementsAre("run", "t.h5"));
}

TEST_F(SignalTest, ConvertStops) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 400'000; ++i)
    text += std::to_string(i % 977) + "," + std::to_string(i % 31) + ",word" + std::to_string(i % 7) + "\n";
  write_text("t.csv", text);
  const CommandResult segment = stop_at("read: started", SIGTERM, {"segment", path("t.csv"), "-o", path("run")});
  EXPECT_EQ(segment.exit_code, 143) << segment.err;
  for (const char* stage : {"read: started", "write: started"}) {
    const CommandResult result = stop_at(stage, SIGTERM, {"convert", path("t.csv"), "-o", path("out.h5")});
    EXPECT_EQ(result.exit_code, 143) << stage << "\n" << result.err;
    EXPECT_THAT(names(), ElementsAre("t.csv")) << stage;
  }
}

TEST_F(SignalTest, AnEarlierRunSurvivesAnInterruptedReplacement) {
  const std::string table = make_table(100'000);
  (void)expect_exit(0, {"segment", table, "-o", path("run"), "-k", "2", "--quiet"});
  const std::string before = read_text(file("run/summary.json"));
  const CommandResult result = stop_at("seed: started", SIGINT, {"segment", table, "-o", path("run"), "-k", "12", "--force"});
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_EQ(read_text(file("run/summary.json")), before);
  EXPECT_THAT(names(), ElementsAre("run", "t.h5"));
}

TEST_F(SignalTest, ASecondInterruptEndsAtOnce) {
  const std::string table = make_table(200'000);
  CommandOptions options;
  options.watch = [](pid_t process, const std::string& err) {
    if (err.find("prepare: started") == std::string::npos) return;
    ::kill(process, SIGINT);
    ::usleep(1000);  // two that arrive together count as one
    ::kill(process, SIGINT);
  };
  const CommandResult result = tessera({"segment", table, "-o", path("run")}, options);
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_FALSE(std::filesystem::exists(file("run")));
}

}  // namespace
}  // namespace tessera::testing
