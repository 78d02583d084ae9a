// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend/cuda/launch_plan.hpp"

namespace tessera::cuda {

/// What decides how much memory a mixture pass needs.
struct MixtureShape {
  std::int64_t columns = 1;     ///< features of a row
  std::int64_t components = 1;  ///< k
  std::int64_t numbers = 1;     ///< features that are Gaussian
  std::int64_t categories = 0;
  std::int64_t leaf_cells = 0;  ///< sums of a leaf
  bool results = false;         ///< wanted of every row
  bool probabilities = false;   ///< of every component
};

/// How a mixture pass is laid out on a device: a pure function of shape and device. Blocks are leaves of kernels::kLeafRows
/// rows.
struct MixturePlan {
  std::int64_t slab_blocks = 1;    ///< that kernels work on at a time
  std::int64_t stage_blocks = 1;   ///< that are copied from the host at a time, at most slab_blocks
  std::int64_t shared_bytes = 0;   ///< of the expectation step; 0: it has scratch in device memory
  std::int32_t expect_blocks = 1;  ///< most blocks of threads of it
  std::int64_t scratch_doubles = 0;
};

/// @param most_rows  that may lie side by side: room for more would be in vain
/// @param halvings  how often an allocation has failed: each halves the slabs
[[nodiscard]] MixturePlan plan_mixture(const MixtureShape& shape, const DeviceLimits& limits, std::int64_t most_rows,
                                       int halvings = 0);
/// Whether a plan can be cut once more.
[[nodiscard]] inline bool can_halve(const MixturePlan& plan) {
  return plan.slab_blocks > 1 || (plan.shared_bytes == 0 && plan.expect_blocks > 1);
}

}  // namespace tessera::cuda
