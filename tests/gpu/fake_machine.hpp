// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <span>

#include "gpu/fake_cuda.hpp"

// The imagined machine as launchers see it: what runs a kernel on it is not the runtime's.
namespace tessera::testing {

[[nodiscard]] const FakeCuda& fake_cuda();
/// What a launcher counts.
[[nodiscard]] FakeCudaUse& fake_cuda_counts();
/// Work in a stream's order.
void do_later(cudaStream_t stream, std::function<void()> run);
/// The allocation, in device memory or pinned, that holds an address; empty: none.
[[nodiscard]] std::span<std::byte> fake_allocation(const void* address);
/// Notes an error as the last one, and returns it.
cudaError_t fake_result(cudaError_t error);

}  // namespace tessera::testing
