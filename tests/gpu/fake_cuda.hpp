// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tessera::testing {

/// An imagined machine with GPUs; see fake_cuda.cpp.
struct FakeCuda {
  std::size_t memory_bytes = std::size_t{2} << 30;
  std::size_t shared_bytes = 227 << 10;
  int devices = 1;
  int capability = 90;  ///< ten times their compute capability
  int driver_version = 13000;
  bool has_code = true;         ///< for the architecture of the devices
  bool slow_double = false;     ///< float64 takes 64 times as long as float32
  bool coarse_tensors = false;  ///< matrix units that add up with fewer bits than the screen allows for
  bool eager = false;           ///< work is done at once instead of as late as possible
  bool backwards = false;       ///< order of the threads within a phase of a kernel
};
void set_fake_cuda(const FakeCuda& options);

struct FakeCudaUse {
  std::size_t live = 0;          ///< buffers, streams and events that were not freed
  std::size_t refused = 0;       ///< allocations for which there was no memory
  std::size_t copied_bytes = 0;  ///< to and from the device
  std::size_t launches = 0;      ///< of screens in float32, expectation steps and products
  std::size_t steps = 0;         ///< of Lloyd that the device made by itself
  std::size_t graph_launches = 0;
  std::size_t tensor_launches = 0;  ///< of screens on matrix units
  std::size_t settled_rows = 0;     ///< that passes left alone
};
[[nodiscard]] FakeCudaUse fake_cuda_use();

}  // namespace tessera::testing
