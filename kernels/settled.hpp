// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "exact/slack.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// Rows that a pass of a series need not look at (exact/slack.hpp): how far the centroids have moved, and which rows that may
// have brought to another segment.
namespace tessera::kernels {

inline constexpr int kDriftThreads = 256;
inline constexpr int kDriftLanes = 32;  ///< threads that share a centroid
inline constexpr int kDriftCentroids = kDriftThreads / kDriftLanes;

/// Shared memory of a block.
struct DriftMemory {
  double first[kDriftThreads];
  double second[kDriftThreads];
};

struct DriftState {};

/// Blocks that measure moves.
TESSERA_HOST_DEVICE inline int measuring_blocks(const DriftArguments& a) {
  return (a.k + kDriftCentroids - 1) / kDriftCentroids;
}

/// Measures how far centroids [block kDriftCentroids, ...) moved, and takes note of where they are.
template <typename Team>
TESSERA_HOST_DEVICE inline void measure_moves(Team& team, const DriftArguments& a, std::int64_t block, DriftMemory& memory) {
  const std::int64_t first = block * kDriftCentroids;
  team.each([&](int t, DriftState&) {
    const std::int64_t c = first + t / kDriftLanes;
    double square = 0.0;
    for (std::int64_t j = t % kDriftLanes; j < a.d && c < a.k; j += kDriftLanes) {
      const std::int64_t cell = c * a.d + j;
      const double difference = static_cast<double>(a.centroids[cell]) - static_cast<double>(a.before[cell]);
      square += difference * difference;
      a.before[cell] = a.centroids[cell];
    }
    memory.first[t] = square;
  });
  team.alone([&](int t, DriftState&) {
    if (t >= kDriftCentroids || first + t >= a.k) return;
    double square = 0.0;
    for (int lane = 0; lane < kDriftLanes; ++lane) square += memory.first[t * kDriftLanes + lane];
    a.moved[first + t] = sqrt(square);
  });
}

/// Adds to the drift of every segment what its centroid moved, and the farthest move of any other. One block.
template <typename Team>
TESSERA_HOST_DEVICE inline void add_drift(Team& team, const DriftArguments& a, DriftMemory& memory) {
  const auto offer = [&](int t, double moved) {  // the greatest of all, and the next one
    memory.second[t] = fmax(memory.second[t], fmin(memory.first[t], moved));
    memory.first[t] = fmax(memory.first[t], moved);
  };
  team.each([&](int t, DriftState&) {
    memory.first[t] = memory.second[t] = 0.0;
    for (std::int64_t c = t; c < a.k; c += kDriftThreads) offer(t, a.moved[c]);
  });
  for (int step = kDriftThreads / 2; step > 0; step /= 2) {
    team.each([&](int t, DriftState&) {
      if (t >= step) return;
      offer(t, memory.first[t + step]);
      offer(t, memory.second[t + step]);
    });
  }
  team.alone([&](int t, DriftState&) {
    for (std::int64_t c = t; c < a.k; c += kDriftThreads) {
      const double moved = a.moved[c];
      const double drift = a.drift[c] + exact::drift_of(moved, moved < memory.first[0] ? memory.first[0] : memory.second[0]);
      a.drift[c] = drift;
      a.lower[c] = exact::rounded_down(drift);
      a.upper[c] = exact::rounded_up(drift);
    }
  });
}

inline constexpr int kSettledThreads = 256;
inline constexpr int kRowsOfThread = 8;  ///< a block's threads apart, so that neighbours read neighbours
inline constexpr int kSettledRows = kSettledThreads * kRowsOfThread;

/// Shared memory of a block.
struct SettledMemory {
  std::int32_t count;
  std::int32_t first;  ///< place in the list of the block's first row
};

/// What a thread keeps in registers.
struct SettledState {
  std::uint32_t unsettled;  ///< bit i: its row number i
  std::int32_t count;       ///< of these bits
  std::int32_t place;       ///< of the first of them in the block's part of the list
};

/// Which of a thread's rows have to be looked at, a bit for each; the first is `row`. Rejected ones never: nobody asks what is
/// found of them. All rows are read before anything is made of them, so that they are waited for together.
TESSERA_HOST_DEVICE inline std::uint32_t unsettled_rows(const UnsettledArguments& a, std::int64_t row) {
  std::int32_t label[kRowsOfThread];
  float slack[kRowsOfThread];
  bool wanted[kRowsOfThread];
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfThread; ++i) {
    const std::int64_t at = row + std::int64_t{i} * kSettledThreads;
    const std::int64_t inside = at < a.slab.n ? at : a.slab.n - 1;
    label[i] = a.label[inside];
    slack[i] = a.slack[inside];
    wanted[i] = at < a.slab.n && !a.slab.is(inside, kRejectedRow);
  }
  float drift[kRowsOfThread];
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfThread; ++i) drift[i] = a.drift[label[i] < 0 ? 0 : label[i]];
  std::uint32_t unsettled = 0;
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfThread; ++i) {
    const bool settled = label[i] >= 0 && slack[i] > drift[i];
    unsettled |= static_cast<std::uint32_t>(wanted[i] && !settled) << i;
  }
  return unsettled;
}

/// Lists the unsettled ones of rows [block kSettledRows, block kSettledRows + kSettledRows).
template <typename Team>
TESSERA_HOST_DEVICE inline void list_unsettled(Team& team, const UnsettledArguments& a, std::int64_t block,
                                               SettledMemory& memory) {
  const std::int64_t first = block * kSettledRows;
  team.each([&](int t, SettledState& state) {
    if (t == 0) memory.count = 0;
    state.unsettled = unsettled_rows(a, first + t);
    state.count = std::popcount(state.unsettled);
  });
  team.each([&](int, SettledState& state) {
    if (state.count > 0) state.place = take_places(&memory.count, state.count);
  });
  team.each([&](int t, SettledState&) {
    if (t != 0 || memory.count == 0) return;
    memory.first = take_places(a.unsettled.count, memory.count);
    add_shared_total(a.unsettled_rows, memory.count);
  });
  team.alone([&](int t, SettledState& state) {
    if (state.count == 0) return;
    std::int32_t* entry = a.unsettled.entries + memory.first + state.place;
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfThread; ++i) {
      if ((state.unsettled >> i & 1U) != 0) *entry++ = static_cast<std::int32_t>(first + i * kSettledThreads + t);
    }
  });
}

}  // namespace tessera::kernels
