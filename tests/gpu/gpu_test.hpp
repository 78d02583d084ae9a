// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "core/thread_pool.hpp"
#include "support/analysis_blocks.hpp"
#include "tessera/backend.hpp"

namespace tessera::testing {

/// The CUDA backend under test: that of the module on a GPU (real_gpu.cpp), or its host side and kernels on an imagined one
/// (imagined_gpu.cpp).
[[nodiscard]] std::unique_ptr<Backend> open_gpu(ThreadPool& threads);
/// Why there is none; empty: there is.
[[nodiscard]] std::string gpu_problem();
/// Bytes that are free on it.
[[nodiscard]] std::int64_t gpu_free_bytes();
/// Rows for a test that would like `rows`: fewer where they are worked on by the host.
[[nodiscard]] std::int64_t affordable_rows(std::int64_t rows);

/// Skipped with the reason where there is no GPU; where TESSERA_GPU_REQUIRED is set, that is a failure.
class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("TESSERA_CUDA_MEMORY");
    const std::string problem = gpu_problem();
    if (problem.empty()) return;
    if (std::getenv("TESSERA_GPU_REQUIRED") != nullptr) FAIL() << "a GPU is required: " << problem;
    GTEST_SKIP() << problem;
  }
  void TearDown() override { ::unsetenv("TESSERA_CUDA_MEMORY"); }

  /// Backends that are opened from now on take this much memory to be there.
  static void limit_memory(const std::string& bytes) { ::setenv("TESSERA_CUDA_MEMORY", bytes.c_str(), 1); }

  ThreadPool threads_{2};
};

/// Passes over raw rows on the GPU beside those of the CPU.
class GpuRawTest : public GpuTest {
 protected:
  /// Everything at once, and little by little, with plenty of memory and with so little that a block is brought at a time.
  /// @param make  the pass that a backend makes
  template <typename Make>
  void expect_parity(const std::vector<AnalysisBlock>& blocks, const Make& make) {
    const auto want = run(blocks, *make(cpu_), 16);
    for (const char* memory : {"", "1M"}) {
      limit_memory(memory);
      const auto gpu = open_gpu(threads_);
      for (const std::size_t at_once : {std::size_t{1000}, std::size_t{3}}) {
        SCOPED_TRACE("memory '" + std::string(memory) + "', blocks " + std::to_string(at_once));
        EXPECT_TRUE(run(blocks, *make(*gpu), at_once) == want);
      }
    }
  }

  CpuBackend cpu_{supported_cpu_levels().front(), threads_};
};

}  // namespace tessera::testing
