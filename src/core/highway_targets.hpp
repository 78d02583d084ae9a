// SPDX-License-Identifier: Apache-2.0
// Included before hwy/foreach_target.h by every file of kernels, so that all of them have the same instruction-set levels.
#pragma once

// Targets that gain nothing here, or whose vectors cannot be kept in arrays, are not compiled.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>

#include "hwy/targets.h"

namespace tessera {

/// The name by which users force a level (`--cpu-level avx2`): Highway's own, in lower case.
inline std::string level_name(std::int64_t target) {
  std::string name = hwy::TargetName(target);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace tessera
