// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <sstream>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<std::string> kCommands = {"segment", "score",   "analyse", "correlate", "report", "split",
                                            "rfm",     "inspect", "convert", "generate",  "devices"};

class UsageTest : public CliTest {};

TEST_F(UsageTest, BareCallShowsShortUsageOnStandardError) {
  const CommandResult result = expect_exit(64, {});
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, StartsWith("usage: tessera COMMAND"));
  for (const std::string& command : kCommands) EXPECT_THAT(result.err, HasSubstr(command));
}

TEST_F(UsageTest, HelpOfEveryCommandHasAnExampleAndExitCodes) {
  for (const std::string& command : kCommands) {
    const CommandResult result = expect_exit(0, {command, "--help"});
    EXPECT_THAT(result.out, HasSubstr("Example:\n  tessera " + command));
    EXPECT_THAT(result.out, HasSubstr("Exit codes:\n  0    done\n  64   "));
    EXPECT_THAT(result.err, IsEmpty());
  }
}

TEST_F(UsageTest, HelpOfSegmentGroupsOptionsAndShowsDefaults) {
  const std::string help = expect_exit(0, {"segment", "--help"}).out;
  for (const char* group : {"Files:", "Number of segments:", "Preparation:", "Fit:", "Messages:", "Configuration:"}) {
    EXPECT_THAT(help, HasSubstr(group));
  }
  for (const char* option : {"-k,--segments K=auto", "--k-range MIN:MAX=1:10", "--missing POLICY=impute", "--restarts N=10",
                             "--algorithm NAME=kmeans"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
  EXPECT_THAT(help, Not(HasSubstr("--chunk-rows"))) << "an expert's option";
}

TEST_F(UsageTest, VersionNamesWhatTheBuildIsMadeOf) {
  const std::string text = expect_exit(0, {"--version"}).out;
  for (const char* word : {"tessera ", "compiler", "hdf5", "eigen", "highway", "cpu levels", "gpu"}) {
    EXPECT_THAT(text, HasSubstr(word));
  }
}

TEST_F(UsageTest, MisspeltWordsGetASuggestion) {
  EXPECT_THAT(expect_exit(64, {"segmnt", "x.h5"}).err, HasSubstr("unknown command 'segmnt'\n  -> did you mean 'segment'?"));
  EXPECT_THAT(expect_exit(64, {"segment", "x.h5", "-o", "run", "--featurs", "a"}).err,
              HasSubstr("unknown option '--featurs'\n  -> did you mean '--features'?"));
  EXPECT_THAT(expect_exit(64, {"segment", "x.h5", "-o", "run", "--memroy=8G"}).err, HasSubstr("did you mean '--memory'?"));
}

TEST_F(UsageTest, MisspeltColumnGetsASuggestion) {
  const std::string table = make_blobs();
  const std::string err = expect_exit(78, {"segment", table, "-o", path("run"), "--kpi", "revenu"}).err;
  EXPECT_THAT(err, HasSubstr("'revenu'"));
  EXPECT_THAT(err, HasSubstr("revenue"));
  EXPECT_FALSE(std::filesystem::exists(file("run")));
}

TEST_F(UsageTest, WrongValuesAreUsageErrors) {
  const std::vector<Arguments> wrong = {{"-k", "0"},
                                        {"-k", "many"},
                                        {"--k-range", "5:2"},
                                        {"--memory", "lots"},
                                        {"--threads", "-1"},
                                        {"--restarts", "0"},
                                        {"--seed", "-1"},
                                        {"--max-iter", "0"},
                                        {"--tol", "-1"},
                                        {"--missing", "guess"},
                                        {"--transform", "sqrt"},
                                        {"--scale", "minmax"},
                                        {"--as-of", "31.12.2026"},
                                        {"--as-of", "2026-02-30"},
                                        {"--weight-block", "a:b"},
                                        {"--weight-block", "a=-1:b"},
                                        {"--top-levels", "1"},
                                        {"--chunk-rows", "1000"},
                                        {"--log-format", "xml"},
                                        {"surplus.h5"}};
  const std::string table = make_blobs();
  for (const Arguments& arguments : wrong) {
    Arguments all = {"segment", table, "-o", path("run")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const CommandResult result = expect_exit(64, all);
    EXPECT_THAT(result.err, StartsWith("tessera: "));
    EXPECT_THAT(result.err, HasSubstr("\n  -> "));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(UsageTest, MissingArgumentsAreUsageErrors) {
  EXPECT_THAT(expect_exit(64, {"segment"}).err, HasSubstr("the table FILE is missing"));
  EXPECT_THAT(expect_exit(64, {"segment", "x.h5"}).err, HasSubstr("-o RUN"));
  EXPECT_THAT(expect_exit(64, {"score", "m.h5"}).err, HasSubstr("the table FILE is missing"));
  EXPECT_THAT(expect_exit(64, {"convert", "x.csv"}).err, HasSubstr("-o OUT"));
  EXPECT_THAT(expect_exit(64, {"generate"}).err, HasSubstr("-o OUT"));
}

TEST_F(UsageTest, ConfigurationFileGivesOptionsAndTheCommandLineGoesFirst) {
  const std::string table = make_blobs();
  write_text("run.toml", "segments = \"2\"\nfeatures = [\"x\", \"y\"]\ncsv = true\n[score]\nforce = true\n");
  (void)expect_exit(0, {"segment", table, "-o", path("two"), "--config", path("run.toml")});
  EXPECT_EQ(read_json(file("two/summary.json"))["k"], 2);
  EXPECT_TRUE(std::filesystem::exists(file("two/assignments.csv")));
  (void)expect_exit(0, {"segment", table, "-o", path("three"), "--config", path("run.toml"), "-k", "3"});
  EXPECT_EQ(read_json(file("three/summary.json"))["k"], 3);
}

TEST_F(UsageTest, ConfigurationErrorsAreNamed) {
  write_text("typo.toml", "[segment]\nfeaturs = [\"x\"]\n");
  const Arguments start = {"segment", "x.h5", "-o", path("run"), "--config"};
  const auto with = [&](const std::string& file_name) {
    Arguments all = start;
    all.push_back(path(file_name));
    return all;
  };
  EXPECT_THAT(expect_exit(78, with("typo.toml")).err, HasSubstr("did you mean 'features'?"));
  write_text("section.toml", "[segmnt]\nk = 1\n");
  EXPECT_THAT(expect_exit(78, with("section.toml")).err, HasSubstr("[segmnt]"));
  EXPECT_THAT(expect_exit(66, with("absent.toml")).err, HasSubstr("absent.toml"));
}

TEST_F(UsageTest, PrintedConfigurationCanBeReadBack) {
  const std::string table = make_blobs();
  const Arguments options = {"segment", table,       "-o",     path("run"),    "-k",  "2",     "--kpi",
                             "revenue", "--scale",   "robust", "--seed",       "7",   "--csv", "--features",
                             "x,y",     "--missing", "error",  "--log-format", "json"};
  Arguments print = options;
  print.emplace_back("--print-config");
  const CommandResult printed = expect_exit(0, print);
  EXPECT_FALSE(std::filesystem::exists(file("run")));
  EXPECT_THAT(printed.out, HasSubstr("scale = \"robust\""));
  EXPECT_THAT(printed.out, HasSubstr("restarts = 10"));
  write_text("run.toml", printed.out);
  (void)expect_exit(0, {"segment", "--config", path("run.toml")});
  EXPECT_EQ(expect_exit(0, {"segment", "--config", path("run.toml"), "--print-config"}).out, printed.out);
  EXPECT_TRUE(std::filesystem::exists(file("run/assignments.csv")));
}

TEST_F(UsageTest, JsonOnStandardOutputIsAloneThere) {
  const std::string table = make_blobs();
  const CommandResult result = expect_exit(0, {"segment", table, "-o", path("run"), "--json", "-v"});
  const auto summary = nlohmann::json::parse(result.out);
  EXPECT_EQ(summary["k"], 3);
  EXPECT_EQ(result.out, read_text(file("run/summary.json")));
  EXPECT_EQ(nlohmann::json::parse(expect_exit(0, {"inspect", table, "--json"}).out)["rows"], 300);
  const CommandResult scored = expect_exit(0, {"score", path("run/model.h5"), table, "-o", path("out.h5"), "--json"});
  EXPECT_EQ(nlohmann::json::parse(scored.out)["rows"], 300);
  EXPECT_EQ(nlohmann::json::parse(expect_exit(0, {"generate", "-o", path("g.h5"), "--rows", "100", "--json"}).out)["rows"],
            100);
  write_text("a.csv", "a,b\n1,2\n3,4\n");
  EXPECT_EQ(nlohmann::json::parse(expect_exit(0, {"convert", path("a.csv"), "-o", path("a.h5"), "--json"}).out)["rows_kept"],
            2);
  EXPECT_GT(nlohmann::json::parse(expect_exit(0, {"devices", "--json"}).out)["threads"], 0);
}

TEST_F(UsageTest, JsonLogIsOneObjectALine) {
  const std::string table = make_blobs();
  const CommandResult result = expect_exit(0, {"segment", table, "-o", path("run"), "--log-format", "json", "-v"});
  std::istringstream lines(result.err);
  int stages = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto entry = nlohmann::json::parse(line);
    for (const char* key : {"ts", "level", "event", "stage", "rows_done", "rows_total", "message", "code"}) {
      EXPECT_TRUE(entry.contains(key)) << line;
    }
    stages += entry["event"] == "stage_started" ? 1 : 0;
  }
  EXPECT_GE(stages, 4);

  const auto error = nlohmann::json::parse(tessera({"segment", path("none.h5"), "-o", path("r"), "--log-format", "json"}).err);
  EXPECT_EQ(error["event"], "error");
  EXPECT_EQ(error["level"], "error");
  EXPECT_EQ(error["code"], "no_input");
  const auto usage = nlohmann::json::parse(tessera({"segment", "--log-format", "json", "--no-such-option"}).err);
  EXPECT_EQ(usage["code"], "usage");
}

TEST_F(UsageTest, QuietSaysNothingButErrors) {
  const std::string table = make_blobs();
  EXPECT_THAT(expect_exit(0, {"segment", table, "-o", path("run"), "--quiet"}).err, IsEmpty());
  EXPECT_THAT(expect_exit(73, {"segment", table, "-o", path("run"), "--quiet"}).err, StartsWith("tessera: "));
}

TEST_F(UsageTest, ThreadsAreTheLeastOfTheLimitsAndSaidWhy) {
  const std::string table = make_blobs();
  const Arguments run = {"segment", table, "-o", path("run"), "--force"};
  EXPECT_THAT(expect_exit(0, run, {.environment = {{"OMP_NUM_THREADS", "1"}}}).err, HasSubstr("1 thread: OMP_NUM_THREADS"));
  EXPECT_THAT(expect_exit(0, run, {.environment = {{"SLURM_CPUS_PER_TASK", "1"}}}).err,
              HasSubstr("1 thread: SLURM_CPUS_PER_TASK"));
  Arguments one = run;
  one.insert(one.end(), {"--threads", "1"});
  EXPECT_THAT(expect_exit(0, one).err, HasSubstr("1 thread: --threads"));
}

TEST_F(UsageTest, NoColourAndNoBarWhereStandardErrorIsNoTerminal) {
  const std::string table = make_blobs();
  const std::string err = expect_exit(0, {"segment", table, "-o", path("run")}, {.environment = {{"TERM", "xterm"}}}).err;
  EXPECT_THAT(err, Not(HasSubstr("\033")));
  EXPECT_THAT(err, Not(HasSubstr("\r")));
  EXPECT_THAT(err, HasSubstr("assign: started, 300 rows\n"));
}

}  // namespace
}  // namespace tessera::testing
