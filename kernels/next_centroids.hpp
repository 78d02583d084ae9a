// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "exact/certificate.hpp"
#include "exact/lloyd_update.hpp"
#include "kernels/best_score.hpp"
#include "kernels/half.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"
#include "kernels/tensor_tile.hpp"

// The step from one iteration of k-means to the next on the device: exact means of the sums, and what screens want of them.
namespace tessera::kernels {

inline constexpr int kPackThreads = 256;

/// Makes the centroid of a cell [k x d] the mean of its segment; without rows, it stays where it is.
TESSERA_HOST_DEVICE inline void find_mean(const NextCentroidsArguments& a, std::int64_t cell) {
  const std::int64_t d = a.d;
  const Int128* segment = a.from.totals + cell / d * (d + kExtraColumns);
  const std::int64_t j = cell % d;
  if (cell == 0) {
    *a.largest_norm = 0.0F;
    *a.from.rows = RowCounts();
  }
  if (segment[d] > 0)
    a.centroids[cell] = exact::exact_mean(segment[j], a.from.feature_exponent[j], segment[d], a.from.weight_exponent);
  if (a.from.host_centroids != nullptr) a.from.host_centroids[cell] = a.centroids[cell];
}

/// Shared memory of a block.
struct PackMemory {
  double squares[kPackThreads];
  double rests[kPackThreads];
  float norm[kPackThreads];
  float rest[kPackThreads];
};

struct PackState {};

/// Packs one thread's share of a place: every `shares`-th four of its features.
TESSERA_HOST_DEVICE inline void pack_share(const NextCentroidsArguments& a, int b, int within, int share, int shares,
                                           double& square, double& rest) {
  const std::int32_t c = a.place_centroid[b * a.tile + within];
  square = 0.0;
  rest = 0.0;
  if (c < 0) return;  // what is there stays there
  const int fours = a.tensor_steps > 0 ? a.tensor_steps * kProductTerms / 4 : (a.d + 3) / 4;
  for (int four = share; four < fours; four += shares) {
    Float4 y;
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) {  // all are read before any is written: nothing says that the one is not the other
      const int j = 4 * four + i;
      y.v[i] = j < a.d ? a.frame.at(a.centroids[std::int64_t{c} * a.d + j], j) : 0.0F;
    }
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int j = 4 * four + i;
      if (j < a.d) a.packed[(std::int64_t{b} * a.d + j) * a.tile + within] = y.v[i];
      square += static_cast<double>(y.v[i]) * static_cast<double>(y.v[i]);
      const double lost = lost_in_half(y.v[i]);
      rest += lost * lost;
    }
    if (a.tensor_steps > 0) put_features(a.tiles, a.tensor_steps, a.tile, b, within, four, y);
  }
}

/// Packs the centroids of tile `block` for the screens.
template <typename Team>
TESSERA_HOST_DEVICE inline void pack_centroids(Team& team, const NextCentroidsArguments& a, std::int64_t block,
                                               PackMemory& memory) {
  const int b = static_cast<int>(block);
  const int shares = kPackThreads / a.tile;
  team.each([&](int t, PackState&) { pack_share(a, b, t % a.tile, t / a.tile, shares, memory.squares[t], memory.rests[t]); });
  team.each([&](int t, PackState&) {
    if (t >= a.tile) return;
    double square = 0.0;
    double rest = 0.0;
    for (int share = 0; share < shares; ++share) {
      square += memory.squares[share * a.tile + t];
      rest += memory.rests[share * a.tile + t];
    }
    const std::int64_t place = block * a.tile + t;
    const bool used = a.place_centroid[place] >= 0;
    memory.norm[t] = used ? exact::upper_norm(static_cast<float>(square), a.d) : 0.0F;
    memory.rest[t] = used ? exact::upper_norm(static_cast<float>(rest), a.d) : 0.0F;
    if (!used) return;
    a.start[place] = static_cast<float>(-0.5 * square);
    if (a.tensor_steps > 0) put_start(a.tiles, a.tensor_steps, a.tile, b, t, a.start[place]);
  });
  team.alone([&](int t, PackState&) {
    if (t != 0) return;
    float norm = 0.0F;
    float rest = 0.0F;
    for (int i = 0; i < a.tile; ++i) {
      norm = fmaxf(norm, memory.norm[i]);
      rest = fmaxf(rest, memory.rest[i]);
    }
    a.block_norm[b] = norm;
    if (a.tensor_steps > 0) put_bound(a.tiles, a.tensor_steps, a.tile, b, a.tensor_bound.of(norm, rest));
    raise_to(a.largest_norm, norm);
  });
}

}  // namespace tessera::kernels
