// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda_module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "backend/registry.hpp"
#include "support/temporary_folder.hpp"

namespace tessera {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Sets TESSERA_CUDA_MODULE while it lives.
class NamedModule {
 public:
  explicit NamedModule(const std::string& file) {
    if (const char* now = std::getenv(kName); now != nullptr) before_ = now;
    ::setenv(kName, file.c_str(), 1);
  }
  ~NamedModule() { before_ ? ::setenv(kName, before_->c_str(), 1) : ::unsetenv(kName); }
  NamedModule(const NamedModule&) = delete;
  NamedModule& operator=(const NamedModule&) = delete;

 private:
  static constexpr const char* kName = "TESSERA_CUDA_MODULE";
  std::optional<std::string> before_;
};

class CudaModuleTest : public ::testing::Test {
 protected:
  std::unique_ptr<Backend> open(const std::string& device) {
    return open_backend({.device = device}, {observer_, cancel_, threads_});
  }
  /// What opening `device` fails with.
  DeviceError failure(const std::string& device) {
    try {
      (void)open(device);
    } catch (const DeviceError& error) {
      return error;
    }
    return DeviceError("nothing failed");
  }

  testing::TemporaryFolder folder_;
  SilentObserver observer_;
  CancelToken cancel_;
  ThreadPool threads_{1};
};

TEST_F(CudaModuleTest, AbsentModuleIsSaid) {
  const NamedModule named("");
  const CudaModuleState state = load_cuda_module();
  EXPECT_EQ(state.module, nullptr);
  EXPECT_THAT(state.problem, HasSubstr("no CUDA module"));
  EXPECT_THAT(failure("cuda").what(), AllOf(HasSubstr("device 'cuda'"), HasSubstr("no CUDA module")));
  EXPECT_THAT(cuda_report().problem, HasSubstr("no CUDA module"));
}

TEST_F(CudaModuleTest, UnreadableModuleIsNamed) {
  const std::filesystem::path file = folder_.path() / "broken.so";
  std::ofstream(file) << "not a library";
  for (const std::filesystem::path& wrong : {file, folder_.path() / "missing.so"}) {
    const CudaModuleState state = load_cuda_module(wrong);
    EXPECT_EQ(state.module, nullptr);
    EXPECT_THAT(state.problem, AllOf(HasSubstr("cannot be loaded"), HasSubstr(wrong.filename().string())));
    EXPECT_THAT(state.advice, HasSubstr("--device cpu"));
  }
}

TEST_F(CudaModuleTest, ModuleOfAnotherVersionIsRefused) {
  for (const char* wrong : {TESSERA_WRONG_VERSION_MODULE, TESSERA_NO_MODULE_MODULE}) {
    EXPECT_THAT(load_cuda_module(wrong).problem, HasSubstr("another version"));
    const NamedModule named(wrong);
    const DeviceError error = failure("cuda:0");
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.what(), HasSubstr("another version"));
    EXPECT_THAT(error.advice(), HasSubstr("--device cpu"));
    EXPECT_THAT(open("auto")->description(), HasSubstr("cpu ("));
  }
}

#if defined(TESSERA_CUDA_MODULE_FILE)
/// The real module, with or without a driver: what it reports is what opening says.
TEST_F(CudaModuleTest, TheModuleReportsDevicesOrWhyThereAreNone) {
  const NamedModule named(TESSERA_CUDA_MODULE_FILE);
  const CudaReport report = cuda_report();
  EXPECT_GE(report.runtime_version, 12000);
  if (report.devices.empty()) {
    EXPECT_FALSE(report.problem.empty());
    for (const char* device : {"cuda", "cuda:0", "cuda:7"}) {
      const DeviceError error = failure(device);
      EXPECT_THAT(error.what(), HasSubstr(report.problem));
      EXPECT_THAT(error.advice(), HasSubstr("--device cpu"));
    }
    EXPECT_THAT(open("auto")->description(), HasSubstr("cpu ("));
  } else {
    EXPECT_GT(report.driver_version, 0);
    EXPECT_THAT(failure("cuda:4321").what(), HasSubstr("no GPU 4321"));
    for (const CudaDevice& device : report.devices) {
      EXPECT_FALSE(device.name.empty());
      EXPECT_GE(device.memory_bytes, device.free_bytes);
      if (device.problem.empty()) {
        EXPECT_THAT(open("cuda:" + std::to_string(device.index))->description(), HasSubstr(device.name));
      }
    }
  }
}
#endif

}  // namespace
}  // namespace tessera
