// SPDX-License-Identifier: Apache-2.0
// A shared module whose entry tells of another version of Tessera, or of none.
#include "backend/cuda_module.hpp"

extern "C" const tessera::CudaModule* tessera_cuda_module() {
#if defined(TESSERA_NO_MODULE)
  return nullptr;
#else
  static constexpr tessera::CudaModule kModule = {tessera::cuda_module_layout(), "0.0.1", nullptr, nullptr};
  return &kModule;
#endif
}
