// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::cuda {

/// What a step of a sum on matrix units may be off by, as a part of the largest partial sum. NVIDIA does not say; published
/// measurements (Fasi, Higham, Mikaitis & Pranesh, 2021) find sums that are cut off two or three bits below the last one.
inline constexpr double kTensorStep = 0x1p-21;

/// Products that would show arithmetic that is worse than the screen assumes: sums that nearly cancel, that are much larger
/// than what is added to them, numbers of 16 bits at both ends of their range.
struct TensorProbe {
  std::int32_t count = 0;
  std::vector<std::uint32_t> rows;     ///< [count x 32 x 4] as in kernels::TensorFragments
  std::vector<std::uint32_t> columns;  ///< [count x 32 x 2]
  std::vector<float> sums;             ///< [count x 32 x 4] what products are added to
};
[[nodiscard]] TensorProbe make_tensor_probe();

/// Whether sums are as close to those of float64 as the bound of the screen needs.
/// @param sums [count x 32 x 4] what the matrix units made of the probe
[[nodiscard]] bool probe_holds(const TensorProbe& probe, const std::vector<float>& sums);

}  // namespace tessera::cuda
