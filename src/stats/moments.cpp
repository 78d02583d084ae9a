// SPDX-License-Identifier: Apache-2.0
#include "stats/moments.hpp"

#include <cmath>

namespace tessera::stats {

double effective_n(double weight, double weight_squares) {
  return weight_squares > 0.0 ? weight * weight / weight_squares : 0.0;
}

double Moments::variance() const {
  const double size = effective_n();
  return size > 1.0 ? squares / weight * (size / (size - 1.0)) : kUndefined;
}

double Moments::standard_deviation() const { return std::sqrt(variance()); }

double Moments::standard_error() const { return std::sqrt(variance() / effective_n()); }

Moments merged(const Moments& a, const Moments& b) {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  const double weight = a.weight + b.weight;
  const double step = b.mean - a.mean;
  return {a.n + b.n, weight, a.weight_squares + b.weight_squares, a.mean + step * (b.weight / weight),
          a.squares + b.squares + step * step * (a.weight * b.weight / weight)};
}

Moments merged(std::span<const Moments> groups) {
  Moments all;
  for (const Moments& group : groups) all = merged(all, group);
  return all;
}

Moments moments_of(std::span<const double> values, std::span<const double> weights) {
  Moments all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = weights.empty() ? 1.0 : weights[i];
    if (std::isnan(values[i]) || !(weight > 0.0)) continue;
    all = merged(all, {1, weight, weight * weight, values[i], 0.0});
  }
  return all;
}

}  // namespace tessera::stats
