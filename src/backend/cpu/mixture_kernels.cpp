// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/mixture_kernels.hpp"

#include <algorithm>
#include <cmath>

#include "backend/cpu/kernel_levels.hpp"
#include "exact/elementary.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/mixture_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h, as Highway asks for.
#include "backend/cpu/fused-inl.hpp"
#include "hwy/highway.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128  // without vectors there is the plain path
HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<double, static_cast<std::size_t>(kMixtureWidth)>;
using Bits = hn::RebindToUnsigned<Tag>;
using Vector = hn::Vec<Tag>;
using Floats = hn::Rebind<float, Tag>;
using Places = hn::RebindToSigned<Floats>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));

// Vectors of rows, and of products, at a time: as many as the registers hold with four rows of W, or eight components.
#if HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_AVX2
constexpr int kRowVectors = 2;
constexpr int kShares = 4;
constexpr int kProductVectors = 2;
constexpr int kMoreProductVectors = 2;
#else
constexpr int kRowVectors = 4;
constexpr int kShares = 8;
constexpr int kProductVectors = 3;
constexpr int kMoreProductVectors = 2;
#endif

HWY_INLINE Vector fused(Vector a, Vector b, Vector c) { return HWY_NAMESPACE::fused(Tag(), a, b, c); }

/// exact::exp_of()
HWY_INLINE Vector exp_of(Vector x) {
  const Tag tag;
  const Bits bits;
  const Vector least = hn::Set(tag, exact::kExpLeast);
  const Vector safe = hn::Max(x, least);
  const Vector round = hn::Set(tag, exact::kRoundToInteger);
  const Vector shifted = fused(safe, hn::Set(tag, exact::kLog2E), round);
  const Vector minus_n = hn::Neg(hn::Sub(shifted, round));
  const Vector r = fused(minus_n, hn::Set(tag, exact::kLn2Low), fused(minus_n, hn::Set(tag, exact::kLn2High), safe));
  Vector series = hn::Set(tag, exact::exp_term(0));
  for (int t = 1; t < exact::kExpTerms; ++t) series = fused(series, r, hn::Set(tag, exact::exp_term(t)));
  const auto power = hn::ShiftLeft<52>(hn::Add(hn::BitCast(bits, shifted), hn::Set(bits, 1023U)));
  return hn::IfThenElseZero(hn::Ge(x, least), hn::Mul(series, hn::BitCast(tag, power)));
}

/// exact::log_of()
HWY_INLINE Vector log_of(Vector x) {
  const Tag tag;
  const Bits as_bits;
  const auto bits = hn::BitCast(as_bits, x);
  const auto magic = hn::Set(as_bits, 0x4330000000000000U);
  Vector exponent = hn::Sub(hn::BitCast(tag, hn::Or(hn::ShiftRight<52>(bits), magic)), hn::Set(tag, exact::kExponentShift));
  Vector m =
      hn::BitCast(tag, hn::Or(hn::And(bits, hn::Set(as_bits, 0x000fffffffffffffU)), hn::Set(as_bits, 0x3ff0000000000000U)));
  const Vector one = hn::Set(tag, 1.0);
  const auto large = hn::Gt(m, hn::Set(tag, exact::kSqrt2));
  m = hn::IfThenElse(large, hn::Mul(m, hn::Set(tag, 0.5)), m);
  exponent = hn::IfThenElse(large, hn::Add(exponent, one), exponent);
  const Vector s = hn::Div(hn::Sub(m, one), hn::Add(m, one));
  const Vector z = hn::Mul(s, s);
  Vector series = hn::Set(tag, exact::log_term(0));
  for (int t = 1; t < exact::kLogTerms; ++t) series = fused(series, z, hn::Set(tag, exact::log_term(t)));
  const Vector twice = hn::Add(s, s);
  const Vector small = fused(twice, hn::Mul(z, series), hn::Mul(exponent, hn::Set(tag, exact::kLn2Low)));
  return fused(exponent, hn::Set(tag, exact::kLn2High), hn::Add(twice, small));
}

/// Four rows of W times kRowVectors vectors of rows, on top of y.
HWY_INLINE void whiten(const double* panel, std::int64_t columns, const double* features,
                       Vector (&y)[kWhitenedRows][kRowVectors]) {
  const Tag tag;
  for (std::int64_t j = 0; j < columns; ++j, panel += kWhitenedRows, features += kMixtureTileRows) {
    Vector z[kRowVectors];
    for (int v = 0; v < kRowVectors; ++v) z[v] = hn::LoadU(tag, features + v * kLanes);
    for (int i = 0; i < kWhitenedRows; ++i) {
      const Vector factor = hn::Set(tag, panel[i]);
      for (int v = 0; v < kRowVectors; ++v) y[i][v] = fused(factor, z[v], y[i][v]);
    }
  }
}

HWY_INLINE void add_squares(const Vector (&y)[kWhitenedRows][kRowVectors], Vector (&sums)[kRowVectors]) {
  for (int i = 0; i < kWhitenedRows; ++i) {
    for (int v = 0; v < kRowVectors; ++v) sums[v] = fused(y[i][v], y[i][v], sums[v]);
  }
}

/// Every component with a triangle of its own.
HWY_INLINE void full_distances(const MixtureDensity& density, const MixtureTile& tile, std::int64_t row) {
  const Tag tag;
  for (std::int64_t c = 0; c < density.components; ++c) {
    const double* panel = density.whitening.data() + c * density.panel_size;
    const double* const shift = density.shift.data() + c * density.padded;
    Vector sums[kRowVectors];
    for (int v = 0; v < kRowVectors; ++v) sums[v] = hn::Zero(tag);
    for (std::int64_t first = 0; first < density.features; first += kWhitenedRows) {
      Vector y[kWhitenedRows][kRowVectors];
      for (int i = 0; i < kWhitenedRows; ++i) {
        for (int v = 0; v < kRowVectors; ++v) y[i][v] = hn::Set(tag, -shift[first + i]);
      }
      whiten(panel, density.columns_at(first), tile.features + row, y);
      panel += density.columns_at(first) * kWhitenedRows;
      add_squares(y, sums);
    }
    for (int v = 0; v < kRowVectors; ++v) hn::StoreU(sums[v], tag, tile.distance2 + c * kMixtureTileRows + row + v * kLanes);
  }
}

/// One triangle for all components.
HWY_INLINE void tied_distances(const MixtureDensity& density, const MixtureTile& tile, std::int64_t row) {
  const Tag tag;
  if (density.features == 0) std::fill_n(tile.distance2, density.components * kMixtureTileRows, 0.0);
  const double* panel = density.whitening.data();
  for (std::int64_t first = 0; first < density.features; first += kWhitenedRows) {
    Vector whitened[kWhitenedRows][kRowVectors];
    for (int i = 0; i < kWhitenedRows; ++i) {
      for (int v = 0; v < kRowVectors; ++v) whitened[i][v] = hn::Zero(tag);
    }
    whiten(panel, density.columns_at(first), tile.features + row, whitened);
    panel += density.columns_at(first) * kWhitenedRows;
    for (std::int64_t c = 0; c < density.components; ++c) {
      const double* const shift = density.shift.data() + c * density.padded + first;
      double* const out = tile.distance2 + c * kMixtureTileRows + row;
      Vector y[kWhitenedRows][kRowVectors], sums[kRowVectors];
      for (int i = 0; i < kWhitenedRows; ++i) {
        for (int v = 0; v < kRowVectors; ++v) y[i][v] = hn::Sub(whitened[i][v], hn::Set(tag, shift[i]));
      }
      for (int v = 0; v < kRowVectors; ++v) sums[v] = first == 0 ? hn::Zero(tag) : hn::LoadU(tag, out + v * kLanes);
      add_squares(y, sums);
      for (int v = 0; v < kRowVectors; ++v) hn::StoreU(sums[v], tag, out + v * kLanes);
    }
  }
}

HWY_INLINE void diagonal_distances(const MixtureDensity& density, const MixtureTile& tile, std::int64_t row) {
  const Tag tag;
  for (std::int64_t c = 0; c < density.components; ++c) {
    const double* const scale = density.whitening.data() + c * density.panel_size;
    const double* const shift = density.shift.data() + c * density.padded;
    Vector sums[kRowVectors];
    for (int v = 0; v < kRowVectors; ++v) sums[v] = hn::Zero(tag);
    for (std::int64_t j = 0; j < density.features; ++j) {
      const Vector factor = hn::Set(tag, scale[j]);
      const Vector start = hn::Set(tag, -shift[j]);
      for (int v = 0; v < kRowVectors; ++v) {
        const Vector y = fused(factor, hn::LoadU(tag, tile.features + j * kMixtureTileRows + row + v * kLanes), start);
        sums[v] = fused(y, y, sums[v]);
      }
    }
    for (int v = 0; v < kRowVectors; ++v) hn::StoreU(sums[v], tag, tile.distance2 + c * kMixtureTileRows + row + v * kLanes);
  }
}

void distances(const MixtureDensity& density, const MixtureTile& tile) {
  for (std::int64_t row = 0; row < tile.rows; row += kRowVectors * kLanes) {
    if (!density.triangular) {
      diagonal_distances(density, tile, row);
    } else if (density.shared) {
      tied_distances(density, tile, row);
    } else {
      full_distances(density, tile, row);
    }
  }
}

void probabilities(const MixtureDensity& density, const MixtureTile& tile) {
  const Tag tag;
  const Vector minus_half = hn::Set(tag, -0.5);
  for (std::int64_t row = 0; row < tile.rows; row += kLanes) {
    double* const probability = tile.probability + row;
    Vector best = hn::Set(tag, -HUGE_VAL);
    for (std::int64_t c = 0; c < density.components; ++c) {
      Vector factor = hn::Set(tag, density.log_factor[static_cast<std::size_t>(c)]);
      if (tile.log_shares != nullptr) factor = hn::Add(factor, hn::LoadU(tag, tile.log_shares + c * kMixtureTileRows + row));
      const Vector log_density = fused(minus_half, hn::LoadU(tag, tile.distance2 + c * kMixtureTileRows + row), factor);
      best = hn::Max(best, log_density);
      hn::StoreU(log_density, tag, probability + c * kMixtureTileRows);
    }
    Vector sum = hn::Zero(tag);
    for (std::int64_t c = 0; c < density.components; ++c) {
      double* const at = probability + c * kMixtureTileRows;
      const Vector relative = exp_of(hn::Sub(hn::LoadU(tag, at), best));
      sum = hn::Add(sum, relative);
      hn::StoreU(relative, tag, at);
    }
    const Vector inverse = hn::Div(hn::Set(tag, 1.0), sum);
    for (std::int64_t c = 0; c < density.components; ++c) {
      double* const at = probability + c * kMixtureTileRows;
      hn::StoreU(hn::Mul(hn::LoadU(tag, at), inverse), tag, at);
    }
    hn::StoreU(best, tag, tile.best + row);
    hn::StoreU(log_of(sum), tag, tile.log_sum + row);
  }
}

void load_features(const MixtureRows& r, double* features) {
  const Tag tag;
  std::int32_t begins[kMixtureTileRows];
  for (std::int64_t t = 0; t < kMixtureTileRows; ++t) {
    begins[t] = static_cast<std::int32_t>(r.rows[std::min(t, r.count - 1)] * r.columns);
  }
  for (std::int64_t t = 0; t < kMixtureTileRows; t += kLanes) {
    const auto places = hn::LoadU(Places(), begins + t);
    double* out = features + t;
    for (std::size_t j = 0; j < r.features.size(); ++j, out += kMixtureTileRows) {
      const auto cells = hn::GatherIndex(Floats(), r.table + r.features[j], places);
      hn::StoreU(hn::Sub(hn::PromoteTo(tag, cells), hn::Set(tag, r.center[j])), tag, out);
    }
  }
}

void load_values(const MixtureRows& r, std::int64_t stride, double* values) {
  const Tag tag;
  const std::int64_t d = std::ssize(r.features);
  const bool all_in_turn = d > 0 && r.features.back() == d - 1;
  for (std::int64_t t = 0; t < r.count; ++t, values += stride) {
    const float* const row = r.table + r.rows[t] * r.columns;
    std::int64_t j = 0;
    for (; all_in_turn && j + kLanes <= d; j += kLanes) {
      const Vector cells = hn::PromoteTo(tag, hn::LoadU(Floats(), row + j));
      hn::StoreU(hn::Sub(cells, hn::LoadU(tag, r.center + j)), tag, values + j);
    }
    for (; j < d; ++j) values[j] = double{row[r.features[static_cast<std::size_t>(j)]]} - r.center[j];
  }
}

/// Continues `period` values over the next kMixtureWidth.
HWY_INLINE void repeat(double* values, std::int64_t period) {
  const Tag tag;
  if (period < kMixtureWidth) {
    for (std::int64_t j = 0; j < kMixtureWidth; ++j) values[period + j] = values[j];
  } else {
    for (std::int64_t j = 0; j < kMixtureWidth; j += kLanes) hn::StoreU(hn::LoadU(tag, values + j), tag, values + period + j);
  }
}

/// What is written beyond the end of a run is overwritten by the next one.
void repeat_values(const MixtureProducts& products, std::int64_t rows, double* values) {
  const Tag tag;
  const std::int64_t d = products.features();
  for (std::int64_t row = 0; row < rows; ++row, values += products.stride()) {
    values[d] = 1.0;
    repeat(values, d + 1);
    double* const again = values + products.again();
    for (std::int64_t j = 0; j < d; j += kLanes) hn::StoreU(hn::LoadU(tag, values + j), tag, again + j);
    if (d > 0) repeat(again, d);
  }
}

/// kLeft components x kRight vectors of sums stay in registers while the rows go by; products are formed on the way.
template <int kLeft, int kRight>
HWY_INLINE void add_tile(const MixtureSums& s, std::int64_t component, std::int64_t column) {
  const Tag tag;
  const std::int64_t width = s.products->width(), stride = s.products->stride();
  Vector sums[kLeft][kRight];
  double* const out = s.sums + component * width + column;
  for (int i = 0; i < kLeft; ++i) {
    for (int j = 0; j < kRight; ++j) sums[i][j] = hn::LoadU(tag, out + i * width + j * kLanes);
  }
  const double* shares = s.shares + component * kMixtureTileRows;
  const double *left[kRight], *right[kRight];
  for (int j = 0; j < kRight; ++j) {
    const std::int64_t at = column + j * kLanes;
    const ProductVector& from = s.products->vectors()[static_cast<std::size_t>(at / kMixtureWidth)];
    left[j] = s.values + from.left + at % kMixtureWidth;
    right[j] = s.values + from.right + at % kMixtureWidth;
  }
  for (std::int64_t row = 0, at = 0; row < s.rows; ++row, at += stride) {
    Vector products[kRight];
    for (int j = 0; j < kRight; ++j) products[j] = hn::Mul(hn::LoadU(tag, left[j] + at), hn::LoadU(tag, right[j] + at));
    for (int i = 0; i < kLeft; ++i) {
      const Vector factor = hn::Set(tag, shares[i * kMixtureTileRows + row]);
      for (int j = 0; j < kRight; ++j) sums[i][j] = fused(factor, products[j], sums[i][j]);
    }
  }
  for (int i = 0; i < kLeft; ++i) {
    for (int j = 0; j < kRight; ++j) hn::StoreU(sums[i][j], tag, out + i * width + j * kLanes);
  }
}

/// From a column of the products on.
template <int kLeft, int kRight>
HWY_INLINE void add_columns(const MixtureSums& s, std::int64_t component, std::int64_t column) {
  for (; column + kRight * kLanes <= s.products->width(); column += kRight * kLanes)
    add_tile<kLeft, kRight>(s, component, column);
  if constexpr (kRight > 1) add_columns<kLeft, kRight / 2>(s, component, column);
}

/// As many components at a time as are left, halved again and again, for wider tiles of products.
template <int kLeft, int kRight>
HWY_INLINE void add_components(const MixtureSums& s, std::int64_t component) {
  for (; component + kLeft <= s.components; component += kLeft) add_columns<kLeft, kRight>(s, component, 0);
  if constexpr (kLeft > 1) add_components<kLeft / 2, kRight + kMoreProductVectors>(s, component);
}

void add_products(const MixtureSums& s) { add_components<kShares, kProductVectors>(s, 0); }

}  // namespace

void add_mixture_kernels(KernelLevels<MixtureKernels>& levels) {
  add_kernels(HWY_TARGET,
              MixtureKernels{&load_features, &load_values, &repeat_values, &distances, &probabilities, &add_products}, levels);
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace tessera {

MixtureKernels mixture_kernels_of(std::string_view level) {
  KernelLevels<MixtureKernels> levels;
  TESSERA_ON_EVERY_TARGET(add_mixture_kernels(levels))
  return kernels_of(level, levels, plain_mixture_kernels());
}

}  // namespace tessera
#endif  // HWY_ONCE
