// SPDX-License-Identifier: Apache-2.0
// Kernels compiled once for every instruction-set level, found by the level's name. Included after core/highway_targets.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/highway_targets.hpp"

namespace tessera {

template <typename Kernels>
using KernelLevels = std::vector<std::pair<std::string, Kernels>>;

/// Adds the kernels of a target, if this processor has it.
template <typename Kernels>
void add_kernels(std::int64_t target, const Kernels& kernels, KernelLevels<Kernels>& levels) {
  if ((hwy::SupportedTargets() & target) != 0) levels.emplace_back(level_name(target), kernels);
}

/// The kernels of the level, or of the best one if it has none of its own; `plain` where there are no vectors, and for "eigen".
template <typename Kernels>
Kernels kernels_of(std::string_view level, const KernelLevels<Kernels>& levels, const Kernels& plain) {
  if (level == "eigen" || levels.empty()) return plain;
  for (const auto& [name, kernels] : levels) {
    if (name == level) return kernels;
  }
  return levels.front().second;
}

}  // namespace tessera

#if HWY_TARGETS & HWY_AVX3
#define TESSERA_ON_AVX3(call) N_AVX3::call;
#else
#define TESSERA_ON_AVX3(call)
#endif
#if HWY_TARGETS & HWY_AVX2
#define TESSERA_ON_AVX2(call) N_AVX2::call;
#else
#define TESSERA_ON_AVX2(call)
#endif
#if HWY_TARGETS & HWY_SSE4
#define TESSERA_ON_SSE4(call) N_SSE4::call;
#else
#define TESSERA_ON_SSE4(call)
#endif
#if HWY_TARGETS & HWY_NEON
#define TESSERA_ON_NEON(call) N_NEON::call;
#else
#define TESSERA_ON_NEON(call)
#endif
/// The call in the namespace of every target that this file was compiled for, best first.
#define TESSERA_ON_EVERY_TARGET(call) TESSERA_ON_AVX3(call) TESSERA_ON_AVX2(call) TESSERA_ON_SSE4(call) TESSERA_ON_NEON(call)
