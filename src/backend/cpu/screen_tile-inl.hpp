// SPDX-License-Identifier: Apache-2.0
// The screening kernels, compiled once per instruction set: rows lie on the lanes, centroids are broadcast. A tile holds
// kVectors vectors of rows times kTile centroids in registers.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "backend/cpu/row_state.hpp"
#include "backend/screen_centroids.hpp"
#include "hwy/highway.h"

#if defined(TESSERA_SCREEN_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_SCREEN_TILE_INL
#undef TESSERA_SCREEN_TILE_INL
#else
#define TESSERA_SCREEN_TILE_INL
#endif

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128  // without vectors there is the plain path
HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using IntTag = hn::RebindToSigned<FloatTag>;
using FloatVector = hn::Vec<FloatTag>;

/// Centroids per tile: with 32 registers 3 x 8 accumulators fit, with 16 only 3 x 4.
#if HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_AVX2
inline constexpr int kTile = 4;
#else
inline constexpr int kTile = 8;
#endif
inline constexpr int kVectors = 3;
inline constexpr std::int64_t kLanes = hn::MaxLanes(FloatTag());
inline constexpr std::int64_t kPanelRows = kVectors * kLanes;

/// What the screen knows of the rows of a panel. The best `places` scores keep the error bound of their own block, which must
/// join the rival when they are demoted: the largest score plus bound of all other centroids.
struct PanelState {
  alignas(HWY_ALIGNMENT) float norm[kPanelRows];
  alignas(HWY_ALIGNMENT) float cross[kPanelRows];  ///< the row's factor of a block's norm in the error bound
  alignas(HWY_ALIGNMENT) float rest[kPanelRows];   ///< the part of the bound that no centroid enters
  alignas(HWY_ALIGNMENT) float score[2][kPanelRows];
  alignas(HWY_ALIGNMENT) float error[2][kPanelRows];
  alignas(HWY_ALIGNMENT) std::int32_t index[2][kPanelRows];
  alignas(HWY_ALIGNMENT) float rival[kPanelRows];
  alignas(HWY_ALIGNMENT) float threshold[kPanelRows];  ///< for collecting: what cannot be among the nearest lies below it
  alignas(HWY_ALIGNMENT) float slack[kPanelRows];      ///< see NearestResults
};

/// Bit i is lane i of the mask.
HWY_INLINE std::uint64_t mask_bits(hn::Mask<FloatTag> mask) {
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(FloatTag(), mask, bytes);
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

/// Lays `count` rows on the lanes: panel[j * stride + i] = rows[i][j]; lanes [count, stride) become 0. stride is a multiple
/// of 4.
HWY_INLINE void pack_panel(const float* const* rows, std::int64_t count, std::int64_t d, std::int64_t stride,
                           float* HWY_RESTRICT panel) {
  const hn::CappedTag<float, 4> quad;
  const hn::Repartition<double, decltype(quad)> wide;
  std::int64_t i = 0;
  if (hn::Lanes(quad) == 4) {
    for (; i + 4 <= count; i += 4) {
      std::int64_t j = 0;
      for (; j + 4 <= d; j += 4) {
        const auto a = hn::LoadU(quad, rows[i] + j);
        const auto b = hn::LoadU(quad, rows[i + 1] + j);
        const auto c = hn::LoadU(quad, rows[i + 2] + j);
        const auto e = hn::LoadU(quad, rows[i + 3] + j);
        const auto ab_low = hn::BitCast(wide, hn::InterleaveLower(quad, a, b));
        const auto ab_high = hn::BitCast(wide, hn::InterleaveUpper(quad, a, b));
        const auto ce_low = hn::BitCast(wide, hn::InterleaveLower(quad, c, e));
        const auto ce_high = hn::BitCast(wide, hn::InterleaveUpper(quad, c, e));
        hn::StoreU(hn::BitCast(quad, hn::InterleaveLower(wide, ab_low, ce_low)), quad, panel + j * stride + i);
        hn::StoreU(hn::BitCast(quad, hn::InterleaveUpper(wide, ab_low, ce_low)), quad, panel + (j + 1) * stride + i);
        hn::StoreU(hn::BitCast(quad, hn::InterleaveLower(wide, ab_high, ce_high)), quad, panel + (j + 2) * stride + i);
        hn::StoreU(hn::BitCast(quad, hn::InterleaveUpper(wide, ab_high, ce_high)), quad, panel + (j + 3) * stride + i);
      }
      for (; j < d; ++j) {
        for (std::int64_t q = 0; q < 4; ++q) panel[j * stride + i + q] = rows[i + q][j];
      }
    }
  }
  for (; i < count; ++i) {
    for (std::int64_t j = 0; j < d; ++j) panel[j * stride + i] = rows[i][j];
  }
  for (; i < stride; ++i) {
    for (std::int64_t j = 0; j < d; ++j) panel[j * stride + i] = 0.0F;
  }
}

/// Norms (as exact::upper_norm) and error factors of a panel's rows, and a state in which no centroid was seen.
template <int kWidth>
HWY_INLINE void start_panel(const float* HWY_RESTRICT panel, const ScreenCentroids& screen, PanelState& state) {
  const FloatTag df;
  const auto lowest = hn::Set(df, -std::numeric_limits<float>::infinity());
  for (std::int64_t v = 0; v < kWidth; ++v) {
    auto sum = hn::Zero(df);
    for (std::int64_t j = 0; j < screen.features(); ++j) {
      const auto x = hn::Load(df, panel + (j * kWidth + v) * kLanes);
      sum = hn::MulAdd(x, x, sum);
    }
    const exact::ScreenBound& bound = screen.bound;
    const auto norm =
        hn::MulAdd(hn::Sqrt(sum), hn::Set(df, exact::norm_slack(screen.features())), hn::Set(df, exact::kFlushedNorm));
    const auto own = hn::Mul(hn::Mul(hn::Set(df, bound.row), norm), norm);
    hn::Store(norm, df, state.norm + v * kLanes);
    hn::Store(hn::Mul(hn::Set(df, bound.cross), norm), df, state.cross + v * kLanes);
    hn::Store(hn::Add(own, hn::Set(df, bound.underflow)), df, state.rest + v * kLanes);
    for (int place = 0; place < 2; ++place) {
      hn::Store(lowest, df, state.score[place] + v * kLanes);
      hn::Store(hn::Zero(df), df, state.error[place] + v * kLanes);
      hn::Store(hn::Zero(IntTag()), IntTag(), state.index[place] + v * kLanes);
    }
    hn::Store(lowest, df, state.rival + v * kLanes);
  }
}

/// Scores x.c - ||c||^2 / 2 of a panel against one block of centroids, the accumulators starting at the constant term.
template <int kWidth>
HWY_INLINE void tile_scores(const float* HWY_RESTRICT panel, const ScreenCentroids& screen, std::int64_t block,
                            FloatVector (&score)[kTile][kWidth]) {
  const FloatTag df;
  const std::int64_t d = screen.features();
  const float* HWY_RESTRICT start = screen.packed_start.data() + block * kTile;
  const float* HWY_RESTRICT c = screen.packed.data() + block * kTile * d;
#pragma GCC unroll 8
  for (int q = 0; q < kTile; ++q) {
#pragma GCC unroll 3
    for (int v = 0; v < kWidth; ++v) score[q][v] = hn::Set(df, start[q]);
  }
  for (std::int64_t j = 0; j < d; ++j) {
    FloatVector x[kWidth];
#pragma GCC unroll 3
    for (int v = 0; v < kWidth; ++v) x[v] = hn::Load(df, panel + v * kLanes);
#pragma GCC unroll 8
    for (int q = 0; q < kTile; ++q) {
      const FloatVector broadcast = hn::Set(df, c[q]);
#pragma GCC unroll 3
      for (int v = 0; v < kWidth; ++v) score[q][v] = hn::MulAdd(x[v], broadcast, score[q][v]);
    }
    panel += kWidth * kLanes;
    c += kTile;
  }
}

/// The error bound of every centroid of a block for the rows of vector v: exact::ScreenBound::error with the block's norm.
HWY_INLINE FloatVector block_error(const ScreenCentroids& screen, std::int64_t block, const PanelState& state, std::int64_t v) {
  const FloatTag df;
  const float norm = screen.block_norm[static_cast<std::size_t>(block)];
  const auto own = hn::Add(hn::Set(df, screen.bound.centroid * norm * norm), hn::Load(df, state.rest + v * kLanes));
  return hn::Add(hn::Mul(hn::Load(df, state.cross + v * kLanes), hn::Set(df, norm)), own);
}

/// Keeps the best score of each row. Within a block all centroids share a bound, so only best and second are followed.
template <int kWidth>
HWY_INLINE void keep_best(const FloatVector (&score)[kTile][kWidth], const ScreenCentroids& screen, std::int64_t block,
                          PanelState& state) {
  const FloatTag df;
  const IntTag di;
#pragma GCC unroll 3
  for (int v = 0; v < kWidth; ++v) {
    FloatVector best = score[0][v];
    FloatVector second = hn::Set(df, -std::numeric_limits<float>::infinity());
    auto index = hn::Set(di, static_cast<std::int32_t>(block * kTile));
#pragma GCC unroll 8
    for (int q = 1; q < kTile; ++q) {
      const auto better = hn::Gt(score[q][v], best);
      second = hn::Max(second, hn::Min(best, score[q][v]));
      index = hn::IfThenElse(hn::RebindMask(di, better), hn::Set(di, static_cast<std::int32_t>(block * kTile + q)), index);
      best = hn::Max(best, score[q][v]);
    }
    const FloatVector error = block_error(screen, block, state, v);
    const auto old_score = hn::Load(df, state.score[0] + v * kLanes);
    const auto old_error = hn::Load(df, state.error[0] + v * kLanes);
    const auto old_index = hn::Load(di, state.index[0] + v * kLanes);
    const auto better = hn::Gt(best, old_score);
    const auto loser = hn::IfThenElse(better, hn::Add(old_score, old_error), hn::Add(best, error));
    const auto rival = hn::Max(loser, hn::Add(second, error));
    hn::Store(hn::Max(rival, hn::Load(df, state.rival + v * kLanes)), df, state.rival + v * kLanes);
    hn::Store(hn::IfThenElse(better, best, old_score), df, state.score[0] + v * kLanes);
    hn::Store(hn::IfThenElse(better, error, old_error), df, state.error[0] + v * kLanes);
    hn::Store(hn::IfThenElse(hn::RebindMask(di, better), index, old_index), di, state.index[0] + v * kLanes);
  }
}

/// Keeps the best two scores of each row, each with its own bound; whoever loses its place joins the rivals.
template <int kWidth>
HWY_INLINE void keep_two(const FloatVector (&score)[kTile][kWidth], const ScreenCentroids& screen, std::int64_t block,
                         PanelState& state) {
  const FloatTag df;
  const IntTag di;
  for (int v = 0; v < kWidth; ++v) {
    const FloatVector error = block_error(screen, block, state, v);
    FloatVector best = hn::Load(df, state.score[0] + v * kLanes), best_error = hn::Load(df, state.error[0] + v * kLanes);
    FloatVector second = hn::Load(df, state.score[1] + v * kLanes), second_error = hn::Load(df, state.error[1] + v * kLanes);
    FloatVector rival = hn::Load(df, state.rival + v * kLanes);
    auto best_index = hn::Load(di, state.index[0] + v * kLanes);
    auto second_index = hn::Load(di, state.index[1] + v * kLanes);
#pragma GCC unroll 8
    for (int q = 0; q < kTile; ++q) {
      const FloatVector s = score[q][v];
      const auto first_place = hn::Gt(s, best);
      const auto any_place = hn::Gt(s, second);
      rival = hn::Max(rival, hn::IfThenElse(any_place, hn::Add(second, second_error), hn::Add(s, error)));
      const auto index = hn::Set(di, static_cast<std::int32_t>(block * kTile + q));
      const auto first_int = hn::RebindMask(di, first_place);
      const auto any_int = hn::RebindMask(di, any_place);
      second = hn::IfThenElse(first_place, best, hn::IfThenElse(any_place, s, second));
      second_error = hn::IfThenElse(first_place, best_error, hn::IfThenElse(any_place, error, second_error));
      second_index = hn::IfThenElse(first_int, best_index, hn::IfThenElse(any_int, index, second_index));
      best = hn::IfThenElse(first_place, s, best);
      best_error = hn::IfThenElse(first_place, error, best_error);
      best_index = hn::IfThenElse(first_int, index, best_index);
    }
    hn::Store(best, df, state.score[0] + v * kLanes);
    hn::Store(best_error, df, state.error[0] + v * kLanes);
    hn::Store(best_index, di, state.index[0] + v * kLanes);
    hn::Store(second, df, state.score[1] + v * kLanes);
    hn::Store(second_error, df, state.error[1] + v * kLanes);
    hn::Store(second_index, di, state.index[1] + v * kLanes);
    hn::Store(rival, df, state.rival + v * kLanes);
  }
}

/// Screens a panel against the blocks [first, last).
template <int kWidth, int kPlaces>
HWY_NOINLINE void screen_panel(const float* panel, const ScreenCentroids& screen, std::int64_t first, std::int64_t last,
                               PanelState& state) {
  for (std::int64_t block = first; block < last; ++block) {
    FloatVector score[kTile][kWidth];
    tile_scores<kWidth>(panel, screen, block, score);
    if constexpr (kPlaces == 1) {
      keep_best<kWidth>(score, screen, block, state);
    } else {
      keep_two<kWidth>(score, screen, block, state);
    }
  }
}

/// exact::slack_of of vectors; there are at least two centroids.
HWY_INLINE FloatVector slack_of(FloatVector norm, FloatVector threshold, FloatVector rival) {
  const FloatTag df;
  const auto loose = hn::Set(df, 1.0F + exact::kSlackLoose);
  const auto tight = hn::Set(df, 1.0F - exact::kSlackLoose);
  const auto square = hn::Mul(norm, norm);
  const auto twice = hn::Add(threshold, threshold);
  const auto rounding = hn::Mul(hn::Add(square, hn::Abs(twice)), hn::Set(df, exact::kSlackRounding));
  const auto nearest2 = hn::Max(hn::Zero(df), hn::Add(hn::Sub(square, twice), rounding));
  const auto difference = hn::Mul(hn::Set(df, 2.0F), hn::Sub(threshold, rival));
  const auto farther = hn::Mul(hn::Sqrt(hn::Add(nearest2, difference)), loose);
  const auto gap = hn::Div(hn::Mul(difference, tight), hn::Add(farther, hn::Mul(hn::Sqrt(nearest2), loose)));
  return hn::Max(hn::Zero(df), hn::NegMulAdd(farther, hn::Set(df, exact::kSlackRounding), gap));
}

/// Weighs up a screened panel: state.threshold becomes what a centroid's score plus bound must reach to be among the nearest
/// `kPlaces` (-infinity for rows that are not safe to screen), state.slack what certified rows have (kPlaces 1 only).
/// @return whether every one of the first `rows` rows is certified; certified[i] says which are
template <int kPlaces>
HWY_INLINE bool certify_panel(const ScreenCentroids& screen, std::int64_t rows, PanelState& state, std::uint8_t* certified) {
  const FloatTag df;
  bool all = true;
  for (std::int64_t v = 0; v * kLanes < rows; ++v) {
    const auto lower = [&](int place) HWY_ATTR {
      return hn::Sub(hn::Load(df, state.score[place] + v * kLanes), hn::Load(df, state.error[place] + v * kLanes));
    };
    const FloatVector norm = hn::Load(df, state.norm + v * kLanes);
    const FloatVector rival = hn::Load(df, state.rival + v * kLanes);
    FloatVector threshold = lower(0);
    if constexpr (kPlaces == 2) threshold = hn::Min(threshold, lower(1));
    // As screen_is_safe: false for NaN.
    const auto safe = hn::Lt(hn::Add(norm, hn::Set(df, screen.largest_norm)), hn::Set(df, kSafeReach));
    threshold = hn::IfThenElse(safe, threshold, hn::Set(df, -std::numeric_limits<float>::infinity()));
    hn::Store(threshold, df, state.threshold + v * kLanes);
    const auto sure = hn::And(safe, hn::Gt(threshold, rival));
    if constexpr (kPlaces == 1) {
      hn::Store(hn::IfThenElseZero(sure, slack_of(norm, threshold, rival)), df, state.slack + v * kLanes);
    }
    const std::int64_t count = std::min(kLanes, rows - v * kLanes);
    const std::uint64_t bits = mask_bits(sure);
    for (std::int64_t i = 0; i < count; ++i) certified[v * kLanes + i] = (bits >> i) & 1U;
    all = all && (~bits & ((std::uint64_t{1} << count) - 1)) == 0;
  }
  return all;
}

/// Lists the (row, place of a centroid) pairs of a panel that the thresholds do not rule out.
/// @param visit visit(lane, place) returns false to stop
template <int kWidth, typename Visit>
HWY_INLINE void collect_panel(const float* panel, const ScreenCentroids& screen, PanelState& state, const Visit& visit) {
  const FloatTag df;
  for (std::int64_t block = 0; block < screen.blocks(); ++block) {
    FloatVector score[kTile][kWidth];
    tile_scores<kWidth>(panel, screen, block, score);
    std::uint64_t bits[kTile][kWidth];
    for (int v = 0; v < kWidth; ++v) {
      const FloatVector error = block_error(screen, block, state, v);
      const FloatVector threshold = hn::Load(df, state.threshold + v * kLanes);
      for (int q = 0; q < kTile; ++q) bits[q][v] = mask_bits(hn::Ge(hn::Add(score[q][v], error), threshold));
    }
    for (int q = 0; q < kTile; ++q) {
      if (screen.place_centroid[static_cast<std::size_t>(block * kTile + q)] < 0) break;
      for (int v = 0; v < kWidth; ++v) {
        for (std::uint64_t left = bits[q][v]; left != 0; left &= left - 1) {
          if (!visit(v * kLanes + std::countr_zero(left), block * kTile + q)) return;
        }
      }
    }
  }
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // TESSERA_SCREEN_TILE_INL
