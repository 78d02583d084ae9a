// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "exact/certificate.hpp"
#include "kernels/best_score.hpp"
#include "kernels/half.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"
#include "kernels/tensor_tile.hpp"

// What threads do with their rows in the screens on matrix units. The 32 rows of a warp are rows g, g + 8, g + 16, g + 24 of
// its threads, g = t % 32 / 4; the four threads of a row share its features, and the centroids.
namespace tessera::kernels {

inline constexpr int kRowsOfWarp = 32;
inline constexpr int kRowsOfTensorThread = 4;

/// The row of a warp that is a thread's row i.
TESSERA_HOST_DEVICE inline int row_of_warp(int t, int i) { return t % kWarp / kTensorShares + 8 * i; }

/// Four features of a row. Behind the last one they are 0, or, where the number of features is a multiple of four (kWhole),
/// some that the row has.
template <bool kWhole>
TESSERA_HOST_DEVICE inline Float4 four_features(const float* row, int feature, int d) {
  const float* from = row + (feature < d ? feature : 0);
  Float4 x;
  if constexpr (kWhole) {
    x = *reinterpret_cast<const Float4*>(from);
  } else {
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) x.v[i] = from[i];  // one address for all: hence kSpareFeatures
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) x.v[i] = feature + i < d ? x.v[i] : 0.0F;
  }
  return x;
}

/// A thread's share of the squares of its rows, and of what they lose in 16 bits.
struct RowSquares {
  float square[kRowsOfTensorThread] = {};
  float rest[kRowsOfTensorThread] = {};
};

/// Rows of a thread in one step of 16 features: [upper and lower half of the warp's rows][words of TensorFragments].
using RowWords = std::uint32_t[2][4];

/// Brings the thread's share of one step of its rows to words. @param row  row(i) is where row i begins
template <bool kWhole, typename Row>
TESSERA_HOST_DEVICE inline void load_step(int t, const ScreenArguments& a, int step, Row row, RowWords& words,
                                          RowSquares& sums) {
  const int feature = step * kProductTerms + 4 * (t % kTensorShares);
  const Float4 offset = *reinterpret_cast<const Float4*>(a.centroids.frame.offset + feature);
  const float scale = feature < a.slab.d ? a.centroids.frame.scale : 0.0F;  // what is not finite is so elsewhere, too
  Float4 x[kRowsOfTensorThread];
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfTensorThread; ++i) x[i] = four_features<kWhole>(row(i), feature, a.slab.d);
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfTensorThread; ++i) {
    TESSERA_UNROLL
    for (int pair = 0; pair < 2; ++pair) {
      float y[2];
      TESSERA_UNROLL
      for (int j = 0; j < 2; ++j) y[j] = fmaf(x[i].v[2 * pair + j], scale, offset.v[2 * pair + j]);
      const std::uint32_t two = pack_halves(y[0], y[1]);
      words[i / 2][2 * pair + i % 2] = two;
      TESSERA_UNROLL
      for (int j = 0; j < 2; ++j) {
        const float lost = y[j] - half_value(two >> 16 * j & 0xFFFFU);  // not finite beyond the range: then not safe
        sums.square[i] = fmaf(y[j], y[j], sums.square[i]);
        sums.rest[i] = fmaf(lost, lost, sums.rest[i]);
      }
    }
  }
}

/// Upper bounds of the norms of rows and of what they lose in 16 bits.
template <std::size_t kRows>
struct TensorNorms {
  float norm[kRows];
  float rest[kRows];
};

/// Shares of the squares of rows, which lie kStride apart, so that neighbours write to other banks.
template <std::size_t kShares, std::size_t kStride>
struct SharedSquares {
  float squares[kShares][kStride];
  float rests[kShares][kStride];

  /// @param first  of the warp's rows
  TESSERA_HOST_DEVICE void put(int t, int share, int first, const RowSquares& sums) {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      squares[share][first + row_of_warp(t, i)] = sums.square[i];
      rests[share][first + row_of_warp(t, i)] = sums.rest[i];
    }
  }
  /// Adds up the shares of a row.
  template <std::size_t kRows>
  TESSERA_HOST_DEVICE void join(int row, int d, TensorNorms<kRows>& norms) const {
    float square = 0.0F;
    float rest = 0.0F;
    for (int share = 0; share < static_cast<int>(kShares); ++share) {
      square = square + squares[share][row];
      rest = rest + rests[share][row];
    }
    norms.norm[row] = exact::upper_norm(square, d);
    norms.rest[row] = exact::upper_norm(rest, d);
  }
};

/// Scores of a thread's rows against 16 centroids: [half of the rows][product][as TensorFragments::sum].
using PairScores = float[2][2][4];

/// A score whose low bits, those of `tags`, are `tag`.
TESSERA_HOST_DEVICE inline float tagged(float score, std::uint32_t tags, std::uint32_t tag) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(score);
#if defined(__CUDA_ARCH__)
  asm("lop3.b32 %0, %0, %1, %2, 0xDC;" : "+r"(bits) : "r"(tag), "r"(tags));  // one instruction: (bits & ~tags) | tag
#else
  bits = (bits & ~tags) | tag;
#endif
  return std::bit_cast<float>(bits);
}

/// The best centroids that a thread has seen for its rows. Of every eight columns of a product, it has two that follow each
/// other. Within a tile, a score carries the number of its centroid among those of the thread in its last bits.
struct TensorBest {
  float first[kRowsOfTensorThread];            ///< greatest score of a tile, tagged
  float second[kRowsOfTensorThread];           ///< next one
  BestScore<false> best[kRowsOfTensorThread];  ///< of all; for a place, its number among those that the thread has

  TESSERA_HOST_DEVICE void begin() {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) best[i] = BestScore<false>();
  }
  TESSERA_HOST_DEVICE void begin_tile() {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) first[i] = second[i] = -INFINITY;
  }
  /// Takes the scores of centroids 16 `pair` ... of a tile.
  template <std::size_t kTile>
  TESSERA_HOST_DEVICE void take_pair(int pair, const PairScores& score) {
    constexpr std::uint32_t kTags = (1U << tensor_tag_bits(kTile)) - 1;
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      float value[4];
      TESSERA_UNROLL
      for (int j = 0; j < 4; ++j) {
        value[j] = tagged(score[i / 2][j / 2][i % 2 * 2 + j % 2], kTags, static_cast<unsigned>(pair * 4 + j));
      }
      float greatest = fmaxf(value[0], value[1]);
      float next = fminf(value[0], value[1]);
      TESSERA_UNROLL
      for (int j = 2; j < 4; ++j) {
        next = fmaxf(next, fminf(greatest, value[j]));
        greatest = fmaxf(greatest, value[j]);
      }
      second[i] = fmaxf(fmaxf(second[i], next), fminf(first[i], greatest));
      first[i] = fmaxf(first[i], greatest);
    }
  }
  /// Takes the two greatest scores of tile `b`. @param first_row  of the warp
  template <std::size_t kTile, std::size_t kRows>
  TESSERA_HOST_DEVICE void take_tile(int t, int b, const exact::TensorBound::OfCentroids& bound, int first_row,
                                     const TensorNorms<kRows>& norms) {
    constexpr std::uint32_t kTags = (1U << tensor_tag_bits(kTile)) - 1;
    const auto before = static_cast<std::uint32_t>(b) << tensor_tag_bits(kTile);
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      const int row = first_row + row_of_warp(t, i);
      const float error = bound.error(norms.norm[row], norms.rest[row]);
      const std::uint32_t number = (std::bit_cast<std::uint32_t>(first[i]) & kTags) | before;
      best[i].offer(first[i] - error, first[i] + error, static_cast<std::int32_t>(number));
      best[i].rival = fmaxf(best[i].rival, second[i] + error);
    }
  }
  /// What was found for row i.
  [[nodiscard]] TESSERA_HOST_DEVICE BestScore<false> of(int t, int i) const {
    const auto number = static_cast<unsigned>(best[i].place);
    BestScore<false> found = best[i];
    found.place = static_cast<std::int32_t>(number / 2 * kProductColumns + static_cast<unsigned>(t) % 4 * 2 + number % 2);
    return found;
  }
};

/// Concludes row t of a block whose first row is number `first` of those that are to be screened.
template <std::size_t kRows, typename Places>
TESSERA_HOST_DEVICE inline void conclude_tensor_row(int t, int first, const ScreenArguments& a, const TensorNorms<kRows>& norms,
                                                    const Places& places) {
  if (t >= static_cast<int>(kRows) || first + t >= a.list.size(a.slab)) return;
  const bool safe = exact::screen_is_safe(norms.norm[t] + norms.rest[t], *a.centroids.largest_norm);
  conclude_row(a, a.list.row(first + t), places.join(t), norms.norm[t], safe);
}

}  // namespace tessera::kernels
