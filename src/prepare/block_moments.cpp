// SPDX-License-Identifier: Apache-2.0
#include "prepare/block_moments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "exact/grid.hpp"

namespace tessera {
namespace {

constexpr std::size_t kLanes = 8;

struct Lanes {
  std::array<double, kLanes> weight{}, first{}, second{}, third{};

  void add(std::size_t lane, double x, double w, MomentFrame frame) {
    // Cells that are missing become d = 0 with weight 0: a select, not a branch, so that the loop over lanes vectorizes.
    const bool present = std::fabs(x) <= std::numeric_limits<double>::max();
    const double d = present ? (x - frame.pivot) * frame.inverse_unit : 0.0;
    const double counted = present ? w : 0.0;
    const double square = d * d;
    weight[lane] += counted;
    first[lane] += counted * d;
    second[lane] += counted * square;
    third[lane] += counted * (square * d);
  }
};

double fold(const std::array<double, kLanes>& lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

}  // namespace

MomentFrame make_frame(double pivot, double reach) {
  if (!std::isfinite(reach) || !(reach > 0.0)) return {pivot, 1.0};
  return {pivot, std::ldexp(1.0, std::min(1023, -exact::ceil_exponent(reach)))};
}

Moments sum_block(std::span<const double> values, std::span<const double> weights, MomentFrame frame) {
  Lanes lanes;
  const std::size_t whole = values.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes.add(lane, values[i + lane], weights.empty() ? 1.0 : weights[i + lane], frame);
    }
  }
  for (std::size_t i = whole; i < values.size(); ++i)
    lanes.add(i - whole, values[i], weights.empty() ? 1.0 : weights[i], frame);
  return {fold(lanes.weight), fold(lanes.first), fold(lanes.second), fold(lanes.third)};
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
