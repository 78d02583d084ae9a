// SPDX-License-Identifier: Apache-2.0
#include "prepare/block_moments.hpp"

#include <algorithm>
#include <cmath>

#include "exact/grid.hpp"
#include "prepare/cell_kernels.hpp"

namespace tessera {
MomentFrame make_frame(double pivot, double reach) {
  if (!std::isfinite(reach) || !(reach > 0.0)) return {pivot, 1.0};
  return {pivot, std::ldexp(1.0, std::min(1023, -exact::ceil_exponent(reach)))};
}

Moments sum_block(std::span<const double> values, std::span<const double> weights, MomentFrame frame) {
  if (weights.empty()) return sum_cells(values, frame, false);
  return sum_weighted_cells(values, weights, frame);
}

Summary summarize(const Moments& sums, MomentFrame frame) {
  Summary summary;
  summary.weight = sums.weight;
  if (!(sums.weight > 0.0)) return summary;
  const double first = sums.first / sums.weight;
  const double second = sums.second / sums.weight;
  const double variance = second - first * first;
  summary.mean = frame.pivot + first / frame.inverse_unit;
  if (!(variance > 0.0)) return summary;
  const double sd = std::sqrt(variance);
  summary.sd = sd / frame.inverse_unit;
  const double third = sums.third / sums.weight - 3.0 * first * second + 2.0 * first * first * first;
  summary.skew = third / (variance * sd);
  return summary;
}

}  // namespace tessera
