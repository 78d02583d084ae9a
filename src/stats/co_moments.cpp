// SPDX-License-Identifier: Apache-2.0
#include "stats/co_moments.hpp"

#include <cmath>

namespace tessera::stats {

CoMoments merged(const CoMoments& a, const CoMoments& b) {
  if (!(a.weight > 0.0)) return b;
  if (!(b.weight > 0.0)) return a;
  CoMoments all;
  all.n = a.n + b.n;
  all.weight = a.weight + b.weight;
  all.weight_squares = a.weight_squares + b.weight_squares;
  const double share = b.weight / all.weight, step_x = b.mean_x - a.mean_x, step_y = b.mean_y - a.mean_y;
  const double between = a.weight * share;
  all.mean_x = a.mean_x + share * step_x;
  all.mean_y = a.mean_y + share * step_y;
  all.xx = a.xx + b.xx + between * step_x * step_x;
  all.yy = a.yy + b.yy + between * step_y * step_y;
  all.xy = a.xy + b.xy + between * step_x * step_y;
  return all;
}

CoMoments co_moments_of(std::span<const double> x, std::span<const double> y, std::span<const double> weights) {
  CoMoments all;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double weight = weights.empty() ? 1.0 : weights[i];
    if (std::isnan(x[i]) || std::isnan(y[i]) || !(weight > 0.0)) continue;
    ++all.n;
    all.weight += weight;
    all.weight_squares += weight * weight;
    const double part = weight / all.weight;
    const double step_x = x[i] - all.mean_x;
    const double step_y = y[i] - all.mean_y;
    all.mean_x += part * step_x;
    all.mean_y += part * step_y;
    const double grown = weight * (1.0 - part);
    all.xx += grown * step_x * step_x;
    all.yy += grown * step_y * step_y;
    all.xy += grown * step_x * step_y;
  }
  return all;
}

}  // namespace tessera::stats
