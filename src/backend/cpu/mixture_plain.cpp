// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a mixture pass in plain loops.
#include <algorithm>
#include <cmath>

#include "backend/cpu/mixture_kernels.hpp"
#include "exact/elementary.hpp"

namespace tessera {
namespace {

double plain_distance2(const MixtureDensity& density, std::int64_t c, const double* features) {
  const double* panel = density.whitening.data() + (density.shared ? 0 : c * density.panel_size);
  const double* const shift = density.shift.data() + c * density.padded;
  double sum = 0.0;
  for (std::int64_t i = 0; i < density.features; ++i) {
    double y = density.shared ? 0.0 : -shift[i];
    if (density.triangular) {
      const std::int64_t at = i % kWhitenedRows;
      for (std::int64_t j = 0; j <= i; ++j) y = std::fma(panel[j * kWhitenedRows + at], features[j * kMixtureTileRows], y);
      if (density.shared) y -= shift[i];
      if (at == kWhitenedRows - 1) panel += density.columns_at(i - at) * kWhitenedRows;
    } else {
      y = std::fma(panel[i], features[i * kMixtureTileRows], y);
    }
    sum = std::fma(y, y, sum);
  }
  return sum;
}

void plain_distances(const MixtureDensity& density, const MixtureTile& tile) {
  for (std::int64_t c = 0; c < density.components; ++c) {
    for (std::int64_t row = 0; row < tile.rows; ++row) {
      tile.distance2[c * kMixtureTileRows + row] = plain_distance2(density, c, tile.features + row);
    }
  }
}

void plain_probabilities(const MixtureDensity& density, const MixtureTile& tile) {
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    double* const probability = tile.probability + row;
    double best = -HUGE_VAL;
    for (std::int64_t c = 0; c < density.components; ++c) {
      double& log_density = probability[c * kMixtureTileRows];
      double factor = density.log_factor[static_cast<std::size_t>(c)];
      if (tile.log_shares != nullptr) factor += tile.log_shares[c * kMixtureTileRows + row];
      log_density = std::fma(-0.5, tile.distance2[c * kMixtureTileRows + row], factor);
      best = std::max(best, log_density);
    }
    double sum = 0.0;
    for (std::int64_t c = 0; c < density.components; ++c) {
      double& relative = probability[c * kMixtureTileRows];
      relative = exact::exp_of(relative - best);
      sum += relative;
    }
    const double inverse = 1.0 / sum;
    for (std::int64_t c = 0; c < density.components; ++c) probability[c * kMixtureTileRows] *= inverse;
    tile.best[row] = best;
    tile.log_sum[row] = exact::log_of(sum);
  }
}

void plain_fill_products(const MixtureRows& p) {
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const double* const z = p.values + row * p.stride;
    double* out = p.products + row * p.width;
    double* const end = out + p.width;
    const std::int64_t farthest = p.second == SecondMoments::covariances ? p.features / 2 : 0;
    for (std::int64_t apart = 0; apart <= farthest && p.second != SecondMoments::none; ++apart) {
      for (std::int64_t i = 0; i < pairs_apart(p.features, apart); ++i) *out++ = z[i] * z[i + apart];
    }
    out = std::copy_n(z, p.features, out);
    *out++ = 1.0;
    std::fill(out, end, 0.0);
  }
}

void plain_add_products(const MixtureProducts& p) {
  for (std::int64_t row = 0; row < p.rows; ++row) {
    for (std::int64_t c = 0; c < p.components; ++c) {
      const double share = p.shares[c * kMixtureTileRows + row];
      for (std::int64_t f = 0; f < p.width; ++f) {
        double& sum = p.sums[c * p.width + f];
        sum = std::fma(share, p.products[row * p.width + f], sum);
      }
    }
  }
}

}  // namespace

MixtureKernels plain_mixture_kernels() {
  return {&plain_distances, &plain_probabilities, &plain_fill_products, &plain_add_products};
}

}  // namespace tessera
