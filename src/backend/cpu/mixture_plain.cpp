// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a mixture pass in plain loops.
#include <algorithm>
#include <cmath>

#include "backend/cpu/mixture_kernels.hpp"
#include "exact/elementary.hpp"

namespace tessera {
namespace {

double number_of(const MixtureRows& r, std::int64_t t, std::int64_t j) {
  const auto at = static_cast<std::size_t>(j);
  return double{r.table[r.rows[t] * r.columns + r.features[at]]} - r.center[at];
}

void plain_load_features(const MixtureRows& r, double* features) {
  for (std::int64_t j = 0; j < std::ssize(r.features); ++j) {
    for (std::int64_t t = 0; t < kMixtureTileRows; ++t) *features++ = number_of(r, std::min(t, r.count - 1), j);
  }
}

void plain_load_values(const MixtureRows& r, std::int64_t stride, double* values) {
  for (std::int64_t t = 0; t < r.count; ++t, values += stride) {
    for (std::int64_t j = 0; j < std::ssize(r.features); ++j) values[j] = number_of(r, t, j);
  }
}

void plain_repeat_values(const MixtureProducts& products, std::int64_t rows, double* values) {
  const std::int64_t d = products.features();
  for (std::int64_t row = 0; row < rows; ++row, values += products.stride()) {
    values[d] = 1.0;
    for (std::int64_t j = d + 1; j < products.again(); ++j) values[j] = values[j - d - 1];
    double* const again = values + products.again();
    for (std::int64_t j = 0; j < products.again() && d > 0; ++j) again[j] = values[j % d];
  }
}

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

void plain_add_products(const MixtureSums& s) {
  const std::int64_t width = s.products->width();
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const double* const values = s.values + row * s.products->stride();
    for (std::int64_t c = 0; c < s.components; ++c) {
      const double share = s.shares[c * kMixtureTileRows + row];
      double* sum = s.sums + c * width;
      for (const ProductVector& from : s.products->vectors()) {
        for (std::int64_t lane = 0; lane < kMixtureWidth; ++lane, ++sum) {
          *sum = std::fma(share, values[from.left + lane] * values[from.right + lane], *sum);
        }
      }
    }
  }
}

}  // namespace

MixtureKernels plain_mixture_kernels() {
  return {&plain_load_features, &plain_load_values,   &plain_repeat_values,
          &plain_distances,     &plain_probabilities, &plain_add_products};
}

}  // namespace tessera
