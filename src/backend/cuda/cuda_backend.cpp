// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/cuda_backend.hpp"

#include <fmt/format.h>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda_module.hpp"

namespace tessera::cuda {

std::string CudaBackend::description() const {
  return fmt::format("cuda:{} ({}{})", device_.index, device_.name, device_.limits.tensor_screen ? "" : ", screens in float32");
}

namespace {

std::unique_ptr<Backend> open(int device, std::unique_ptr<Backend> host, ThreadPool& threads) {
  return std::make_unique<CudaBackend>(choose_device(device), std::move(host), threads);
}

}  // namespace
}  // namespace tessera::cuda

/// The entry of the module; see backend/cuda_module.hpp.
extern "C" const tessera::CudaModule* tessera_cuda_module() {
  static constexpr tessera::CudaModule kModule = {tessera::cuda_module_layout(), TESSERA_MODULE_VERSION,
                                                  &tessera::cuda::report_devices, &tessera::cuda::open};
  return &kModule;
}
