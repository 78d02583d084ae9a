// SPDX-License-Identifier: Apache-2.0
// Kernels in float64, compiled once per instruction set: the reference distances of a panel's rows to every centroid, and sums.
// Every multiplication and addition is an instruction of its own, in the order that exact/distance.hpp prescribes.
#include <cstdint>

#include "backend/cpu/screen_tile-inl.hpp"
#include "hwy/highway.h"

#if defined(TESSERA_REFERENCE_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_REFERENCE_TILE_INL
#undef TESSERA_REFERENCE_TILE_INL
#else
#define TESSERA_REFERENCE_TILE_INL
#endif

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128  // without vectors there is the plain path
HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DoubleTag = hn::ScalableTag<double>;
using HalfTag = hn::Rebind<float, DoubleTag>;  ///< as many floats as a vector holds doubles
using DoubleVector = hn::Vec<DoubleTag>;
using HalfIntTag = hn::RebindToSigned<HalfTag>;
inline constexpr std::int64_t kDoubleLanes = hn::MaxLanes(DoubleTag());
inline constexpr std::int64_t kPairGroup = 2 * kDoubleLanes;  ///< pairs that are computed together

/// The two nearest centroids of a panel's rows by the reference distance; indices as doubles, which hold them exactly.
struct PanelNearest {
  alignas(HWY_ALIGNMENT) double first[kPanelRows];
  alignas(HWY_ALIGNMENT) double second[kPanelRows];
  alignas(HWY_ALIGNMENT) double first_distance2[kPanelRows];
  alignas(HWY_ALIGNMENT) double second_distance2[kPanelRows];
};

/// Offers one centroid to both vectors, exactly as exact::TwoNearest does (also for NaN).
struct VectorNearest {
  DoubleVector first[2], second[2], first_distance2[2], second_distance2[2];

  HWY_INLINE void offer(std::int64_t centroid, int u, DoubleVector distance2) {
    const DoubleTag dd;
    const auto all = hn::Eq(hn::Zero(dd), hn::Zero(dd));
    const auto index = hn::Set(dd, static_cast<double>(centroid));
    const auto wins = centroid == 0 ? all : hn::Lt(distance2, first_distance2[u]);
    const auto enters = centroid <= 1 ? all : hn::Lt(distance2, second_distance2[u]);
    second[u] = hn::IfThenElse(wins, first[u], hn::IfThenElse(enters, index, second[u]));
    second_distance2[u] = hn::IfThenElse(wins, first_distance2[u], hn::IfThenElse(enters, distance2, second_distance2[u]));
    first[u] = hn::IfThenElse(wins, index, first[u]);
    first_distance2[u] = hn::IfThenElse(wins, distance2, first_distance2[u]);
  }
};

/// x - c; with gaps nothing where x is missing.
template <bool kGaps>
HWY_INLINE DoubleVector known_difference(DoubleVector x, DoubleVector c) {
  if constexpr (kGaps) return hn::IfThenElseZero(hn::Eq(x, x), hn::Sub(x, c));
  return hn::Sub(x, c);
}

/// Reference distances of two vectors of rows to kCount centroids from `centroid` on; with gaps partial distances, which
/// `factor` [2 vectors] is part of.
template <bool kGaps, int kCount>
HWY_INLINE void direct_tile(const float* HWY_RESTRICT panel, std::int64_t stride, MatrixView<const float> centroids,
                            std::int64_t centroid, const double* factor, VectorNearest& nearest) {
  const DoubleTag dd;
  const HalfTag half;
  const std::int64_t d = centroids.columns;
  const float* HWY_RESTRICT c = centroids.data + centroid * d;
  DoubleVector sum[kCount][2];
#pragma GCC unroll 4
  for (int q = 0; q < kCount; ++q) sum[q][0] = sum[q][1] = hn::Zero(dd);
  for (std::int64_t j = 0; j < d; ++j) {
    const DoubleVector x0 = hn::PromoteTo(dd, hn::Load(half, panel + j * stride));
    const DoubleVector x1 = hn::PromoteTo(dd, hn::Load(half, panel + j * stride + kDoubleLanes));
#pragma GCC unroll 4
    for (int q = 0; q < kCount; ++q) {
      const DoubleVector broadcast = hn::Set(dd, static_cast<double>(c[q * d + j]));
      const DoubleVector difference0 = known_difference<kGaps>(x0, broadcast);
      const DoubleVector difference1 = known_difference<kGaps>(x1, broadcast);
      sum[q][0] = hn::Add(sum[q][0], hn::Mul(difference0, difference0));
      sum[q][1] = hn::Add(sum[q][1], hn::Mul(difference1, difference1));
    }
  }
  for (int q = 0; q < kCount; ++q) {
    if constexpr (kGaps) {
      sum[q][0] = hn::Mul(sum[q][0], hn::Load(dd, factor));
      sum[q][1] = hn::Mul(sum[q][1], hn::Load(dd, factor + kDoubleLanes));
    }
    nearest.offer(centroid + q, 0, sum[q][0]);
    nearest.offer(centroid + q, 1, sum[q][1]);
  }
}

/// The two nearest centroids of every row of a panel, by reference distances to all centroids.
/// @param factor [stride] exact::gap_factor of each row, with gaps; else null
template <bool kGaps>
HWY_NOINLINE void direct_panel(const float* panel, std::int64_t stride, MatrixView<const float> centroids, const double* factor,
                               PanelNearest& out) {
  const DoubleTag dd;
  for (std::int64_t lane = 0; lane < stride; lane += 2 * kDoubleLanes) {
    VectorNearest nearest;
    for (int u = 0; u < 2; ++u) {
      nearest.first[u] = nearest.second[u] = hn::Set(dd, -1.0);
      nearest.first_distance2[u] = nearest.second_distance2[u] = hn::Zero(dd);
    }
    std::int64_t c = 0;
    for (; c + 4 <= centroids.rows; c += 4)
      direct_tile<kGaps, 4>(panel + lane, stride, centroids, c, factor + (kGaps ? lane : 0), nearest);
    for (; c < centroids.rows; ++c)
      direct_tile<kGaps, 1>(panel + lane, stride, centroids, c, factor + (kGaps ? lane : 0), nearest);
    for (int u = 0; u < 2; ++u) {
      const std::int64_t at = lane + u * kDoubleLanes;
      hn::Store(nearest.first[u], dd, out.first + at);
      hn::Store(nearest.second[u], dd, out.second + at);
      hn::Store(nearest.first_distance2[u], dd, out.first_distance2 + at);
      hn::Store(nearest.second_distance2[u], dd, out.second_distance2 + at);
    }
  }
}

/// Reference distances of the rows of a panel, each to the row on the same lane of another panel [d x kPanelRows].
HWY_NOINLINE void panel_distances(const float* HWY_RESTRICT rows, const float* HWY_RESTRICT others, std::int64_t d,
                                  double* HWY_RESTRICT distance2) {
  constexpr int kDoubles = static_cast<int>(kPanelRows / kDoubleLanes);
  const DoubleTag dd;
  const HalfTag half;
  DoubleVector sum[kDoubles];
#pragma GCC unroll 8
  for (int u = 0; u < kDoubles; ++u) sum[u] = hn::Zero(dd);
  for (std::int64_t j = 0; j < d; ++j) {
#pragma GCC unroll 8
    for (int u = 0; u < kDoubles; ++u) {
      const std::int64_t at = j * kPanelRows + u * kDoubleLanes;
      const DoubleVector difference =
          hn::Sub(hn::PromoteTo(dd, hn::Load(half, rows + at)), hn::PromoteTo(dd, hn::Load(half, others + at)));
      sum[u] = hn::Add(sum[u], hn::Mul(difference, difference));
    }
  }
#pragma GCC unroll 8
  for (int u = 0; u < kDoubles; ++u) hn::Store(sum[u], dd, distance2 + u * kDoubleLanes);
}

/// Reference distances of (row, centroid) pairs, a pair on each lane: pair p is of lane lanes[p] of the panel.
/// @param centroid_numbers [count, rounded up to kPairGroup], as are lanes and distance2; entries beyond count must be valid
HWY_NOINLINE void pair_distances(const float* panel, std::int64_t stride, const std::int32_t* lanes,
                                 const std::int32_t* centroid_numbers, std::int64_t count, MatrixView<const float> centroids,
                                 double* distance2) {
  const DoubleTag dd;
  const HalfTag half;
  const HalfIntTag half_int;
  const auto d = hn::Set(half_int, static_cast<std::int32_t>(centroids.columns));
  for (std::int64_t p = 0; p < count; p += kPairGroup) {
    DoubleVector sum[2] = {hn::Zero(dd), hn::Zero(dd)};
    hn::Vec<HalfIntTag> start[2], lane[2];
    for (int u = 0; u < 2; ++u) {
      start[u] = hn::Mul(hn::LoadU(half_int, centroid_numbers + p + u * kDoubleLanes), d);
      lane[u] = hn::LoadU(half_int, lanes + p + u * kDoubleLanes);
    }
    const float* x_row = panel;
    for (std::int64_t j = 0; j < centroids.columns; ++j) {
#pragma GCC unroll 2
      for (int u = 0; u < 2; ++u) {
        const auto x = hn::GatherIndex(half, x_row, lane[u]);
        const auto c = hn::GatherIndex(half, centroids.data + j, start[u]);
        const DoubleVector difference = hn::Sub(hn::PromoteTo(dd, x), hn::PromoteTo(dd, c));
        sum[u] = hn::Add(sum[u], hn::Mul(difference, difference));
      }
      x_row += stride;
    }
    for (int u = 0; u < 2; ++u) hn::StoreU(sum[u], dd, distance2 + p + u * kDoubleLanes);
  }
}

/// sum[j] += kSign * x[j] for a whole row.
template <int kSign>
HWY_INLINE void add_row(const float* HWY_RESTRICT x, std::int64_t d, double* HWY_RESTRICT sum) {
  const DoubleTag dd;
  std::int64_t j = 0;
  for (; j + kDoubleLanes <= d; j += kDoubleLanes) {
    const DoubleVector value = hn::PromoteTo(dd, hn::LoadU(HalfTag(), x + j));
    const DoubleVector old = hn::LoadU(dd, sum + j);
    hn::StoreU(kSign > 0 ? hn::Add(old, value) : hn::Sub(old, value), dd, sum + j);
  }
  for (; j < d; ++j) sum[j] += kSign * static_cast<double>(x[j]);
}

/// sum[j] += w * x[j] rounded onto the grid, ties to even, like exact::weighted_units.
HWY_INLINE void add_weighted_row(const float* HWY_RESTRICT x, double weight, const double* HWY_RESTRICT unit,
                                 const double* HWY_RESTRICT inverse, std::int64_t d, double* HWY_RESTRICT sum) {
  const DoubleTag dd;
  const DoubleVector w = hn::Set(dd, weight);
  std::int64_t j = 0;
  for (; j + kDoubleLanes <= d; j += kDoubleLanes) {
    const DoubleVector product = hn::Mul(w, hn::PromoteTo(dd, hn::LoadU(HalfTag(), x + j)));
    const DoubleVector units = hn::Round(hn::Mul(product, hn::LoadU(dd, inverse + j)));
    hn::StoreU(hn::Add(hn::LoadU(dd, sum + j), hn::Mul(units, hn::LoadU(dd, unit + j))), dd, sum + j);
  }
  for (; j < d; ++j) sum[j] += std::rint(weight * static_cast<double>(x[j]) * inverse[j]) * unit[j];
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // TESSERA_REFERENCE_TILE_INL
