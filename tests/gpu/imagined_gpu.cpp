// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/cpu_backend.hpp"
#include "backend/cuda/cuda_backend.hpp"
#include "gpu/fake_cuda.hpp"
#include "gpu/gpu_test.hpp"

namespace tessera::testing {

std::unique_ptr<Backend> open_gpu(ThreadPool& threads) {
  return std::make_unique<cuda::CudaBackend>(cuda::choose_device(-1),
                                             std::make_unique<CpuBackend>(supported_cpu_levels().back(), threads), threads);
}

std::string gpu_problem() { return {}; }

std::int64_t gpu_free_bytes() { return cuda::report_devices().devices.front().free_bytes; }

std::int64_t affordable_rows(std::int64_t rows) { return rows / TESSERA_ROWS_DIVISOR; }

}  // namespace tessera::testing
