// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "core/thread_pool.hpp"
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

}  // namespace tessera::testing
