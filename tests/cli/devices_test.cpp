// SPDX-License-Identifier: Apache-2.0
// What the command line says about GPUs, on machines with and without one.
#include <gmock/gmock.h>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class DevicesTest : public CliTest {
 protected:
  /// As on a machine whose module is missing, or is none.
  [[nodiscard]] CommandOptions with_module(const std::string& module) const {
    CommandOptions options;
    options.environment.emplace_back("TESSERA_CUDA_MODULE", module);
    return options;
  }
};

TEST_F(DevicesTest, TextAndJsonSayTheSameOfGpus) {
  const std::string text = expect_exit(0, {"devices"}).out;
  const nlohmann::json json = nlohmann::json::parse(expect_exit(0, {"devices", "--json"}).out);
  const nlohmann::json& cuda = json["cuda"];
  if (cuda["devices"].empty()) {
    EXPECT_THAT(text, HasSubstr("gpu         none: " + cuda["problem"].get<std::string>()));
    EXPECT_THAT(json["device_reason"], HasSubstr(cuda["problem"].get<std::string>()));
    EXPECT_THAT(json["device"], HasSubstr("cpu ("));
  } else {
    EXPECT_EQ(cuda["problem"], "");
    for (const nlohmann::json& device : cuda["devices"]) EXPECT_THAT(text, HasSubstr(device["name"].get<std::string>()));
  }
}

TEST_F(DevicesTest, BrokenModuleIsNamedAndTheCpuTaken) {
  write_text("broken.so", "not a library");
  const CommandOptions broken = with_module(path("broken.so"));
  const CommandResult result = expect_exit(0, {"devices"}, broken);
  EXPECT_THAT(result.out, AllOf(HasSubstr("device      cpu ("), HasSubstr("cannot be loaded"), HasSubstr("broken.so")));
  const std::string table = make_blobs();
  EXPECT_THAT(expect_exit(69, {"segment", table, "-o", path("run"), "--device", "cuda"}, broken).err,
              AllOf(HasSubstr("cannot be loaded"), HasSubstr("\n  -> ")));
  static_cast<void>(expect_exit(0, {"segment", table, "-o", path("run")}, broken));
  EXPECT_THAT(read_json(file("run/summary.json"))["device_reason"], HasSubstr("cannot be loaded"));
}

/// `cuda` never falls back: on a machine without a GPU it ends with 69 and says what to do, on one with it the GPU is used.
TEST_F(DevicesTest, AskingForAGpuUsesItOrSaysWhyNot) {
  const nlohmann::json json = nlohmann::json::parse(expect_exit(0, {"devices", "--json"}).out);
  const std::string table = make_blobs();
  const CommandResult result = tessera({"segment", table, "-o", path("run"), "--device", "cuda"});
  if (json["device"].get<std::string>().starts_with("cuda:")) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(read_json(file("run/summary.json"))["device"], HasSubstr("cuda:"));
  } else {
    EXPECT_EQ(result.exit_code, 69) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("device 'cuda' cannot be used"), HasSubstr("--device cpu")));
    EXPECT_FALSE(std::filesystem::exists(file("run")));
  }
}

}  // namespace
}  // namespace tessera::testing
