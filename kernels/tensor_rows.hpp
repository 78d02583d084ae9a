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
  /// Adds up the shares of a row. @param d  at least its features
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

/// The tag of a score that has one of `count`, a power of two.
TESSERA_HOST_DEVICE inline std::uint32_t tag_of(float score, std::uint32_t count) {
  return std::bit_cast<std::uint32_t>(score) & (count - 1);
}

TESSERA_HOST_DEVICE inline float greatest_of(const float (&score)[4]) {
  return fmaxf(fmaxf(score[0], score[1]), fmaxf(score[2], score[3]));
}

/// Offers the greatest score of some centroids and what the others' do not exceed. @param error  of all of them
TESSERA_HOST_DEVICE inline void offer_scores(BestScore<false>& best, float greatest, float next, float error,
                                             std::uint32_t place) {
  best.offer(greatest - error, greatest + error, static_cast<std::int32_t>(place));
  best.rival = fmaxf(best.rival, next + error);
}

/// The greatest of four scores and the next one, tagged with their places.
struct BestOfFour {
  float first;
  float second;

  TESSERA_HOST_DEVICE explicit BestOfFour(const float (&score)[4]) {
    float value[4];
    TESSERA_UNROLL
    for (int j = 0; j < 4; ++j) value[j] = tagged(score[j], 3, static_cast<unsigned>(j));
    const float left = fmaxf(value[0], value[1]);
    const float right = fmaxf(value[2], value[3]);
    first = fmaxf(left, right);
    second = fmaxf(fminf(left, right), fmaxf(fminf(value[0], value[1]), fminf(value[2], value[3])));
  }
};

/// The best centroids that a thread has seen for its rows. It has them in groups of four, kGroups in a tile. Of several groups
/// it knows no more than the greatest score of each, and the greatest at each place of a group: the best of all is where both
/// say so, and any other one differs from it in group or place (docs/numerics.md, section 5).
template <std::uint32_t kGroups>
struct TensorBest {
  float of_place[kRowsOfTensorThread][4];      ///< greatest scores of the places
  float first[kRowsOfTensorThread];            ///< greatest score of a tile, tagged with its group
  float second[kRowsOfTensorThread];           ///< that of its other groups
  BestScore<false> best[kRowsOfTensorThread];  ///< of the tiles so far; its place is the number of a group

  TESSERA_HOST_DEVICE void begin() {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      best[i] = BestScore<false>();
      TESSERA_UNROLL
      for (int j = 0; j < 4; ++j) of_place[i][j] = -INFINITY;
    }
  }
  TESSERA_HOST_DEVICE void begin_tile() {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) first[i] = second[i] = -INFINITY;
  }
  /// Takes the scores of a group of the tile.
  TESSERA_HOST_DEVICE void take_group(std::uint32_t group, const PairScores& score) {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      float value[4];
      TESSERA_UNROLL
      for (int j = 0; j < 4; ++j) {
        value[j] = score[i / 2][j / 2][i % 2 * 2 + j % 2];
        of_place[i][j] = fmaxf(of_place[i][j], value[j]);
      }
      const float offered = tagged(greatest_of(value), kGroups - 1, group);
      second[i] = fmaxf(second[i], fminf(first[i], offered));
      first[i] = fmaxf(first[i], offered);
    }
  }
  /// Takes the two greatest of tile `b`. @param first_row  of the warp
  template <std::size_t kRows>
  TESSERA_HOST_DEVICE void take_tile(int t, int b, const exact::TensorBound::OfCentroids& bound, int first_row,
                                     const TensorNorms<kRows>& norms) {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      const int row = first_row + row_of_warp(t, i);
      const float error = bound.error(norms.norm[row], norms.rest[row]);
      const std::uint32_t group = static_cast<std::uint32_t>(b) * kGroups + tag_of(first[i], kGroups);
      offer_scores(best[i], first[i], second[i], error, group);
    }
  }
  /// What was found for row i. @param part  of the `parts` that have groups of a tile
  [[nodiscard]] TESSERA_HOST_DEVICE BestScore<false> of(int t, int i, std::uint32_t part, std::uint32_t parts) const {
    BestScore<false> found = best[i];
    const auto group = static_cast<std::uint32_t>(found.place);
    const BestOfFour of_places(of_place[i]);
    const std::uint32_t place = tag_of(of_places.first, 4);
    found.rival = fmaxf(found.rival, fmaf(0.5F, found.upper - found.lower, of_places.second));
    const std::uint32_t pair = (group / kGroups * parts + part) * kGroups + group % kGroups;
    const std::uint32_t column = (pair * 2 + place / 2) * kProductColumns + static_cast<std::uint32_t>(t) % 4 * 2 + place % 2;
    found.place = static_cast<std::int32_t>(column);
    return found;
  }
};

/// Scores of a warp's rows against a narrow tile, of 16 centroids, in shared memory: the threads of a row put them, and one
/// thread takes all of a row.
template <std::size_t kRows>
struct NarrowScores {
  struct alignas(8) Two {
    float v[2];
  };
  Two pairs[kRows][8];  ///< four f of a row at f ^ order_of(row), so that neighbours are at other banks

  /// @param first  of the warp's rows
  TESSERA_HOST_DEVICE void put(int t, int first, const PairScores& score) {
    const int order = order_of(row_of_warp(t, 0));  // of its other rows, too
    TESSERA_UNROLL
    for (int product = 0; product < 2; ++product) {
      const int pair = (product * 4 + t % kTensorShares) ^ 2 * order;
      TESSERA_UNROLL
      for (int i = 0; i < kRowsOfTensorThread; ++i) {
        const float* from = score[i / 2][product] + i % 2 * 2;
        pairs[first + row_of_warp(t, i)][pair] = {{from[0], from[1]}};
      }
    }
  }
  /// Offers a row's to `best`. @param error  of each of them  @param b  the tile
  TESSERA_HOST_DEVICE void take(int row, float error, int b, BestScore<false>& best) const {
    float of_group[4];  // greatest scores of groups, and of places in them: see TensorBest
    float of_place[4];
    TESSERA_UNROLL
    for (int group = 0; group < 4; ++group) {
      const Float4 score = reinterpret_cast<const Float4*>(pairs[row])[group ^ order_of(row)];
      of_group[group] = greatest_of(score.v);
      TESSERA_UNROLL
      for (int j = 0; j < 4; ++j) of_place[j] = group == 0 ? score.v[j] : fmaxf(of_place[j], score.v[j]);
    }
    const BestOfFour groups(of_group);
    const BestOfFour places(of_place);
    const std::uint32_t place = static_cast<std::uint32_t>(b) * 16 + tag_of(groups.first, 4) * 4 + tag_of(places.first, 4);
    offer_scores(best, groups.first, fmaxf(groups.second, places.second), error, place);
  }

 private:
  TESSERA_HOST_DEVICE static int order_of(int row) { return (row & 2) | (row >> 2 & 1); }
};

/// Concludes row t of a block whose first row is number `first` of those that are to be screened.
/// @param found  found() is what was found of it
template <std::size_t kRows, typename Found>
TESSERA_HOST_DEVICE inline void conclude_tensor_row(int t, int first, const ScreenArguments& a, const TensorNorms<kRows>& norms,
                                                    Found found) {
  if (t >= static_cast<int>(kRows) || first + t >= a.list.size(a.slab)) return;
  const bool safe = exact::screen_is_safe(norms.norm[t] + norms.rest[t], *a.centroids.largest_norm);
  conclude_row(a, a.list.row(first + t), found(), norms.norm[t], safe);
}

}  // namespace tessera::kernels
