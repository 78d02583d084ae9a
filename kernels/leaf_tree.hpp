// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "exact/host_device.hpp"
#include "kernels/team.hpp"

// Adds up arrays of sums, one of each leaf, cell by cell, in an order that depends on the number of leaves alone: runs of 64
// one after the other, the runs in a pairwise tree. The same as BlockSums on the CPU.
namespace tessera::kernels {

inline constexpr std::int64_t kRunLeaves = 64;

struct LeafTreeArguments {
  const double* leaves = nullptr;  ///< [count x cells]
  std::int64_t count = 0;
  std::int64_t cells = 0;
  std::int64_t before = 0;   ///< leaves that were added already
  double* run = nullptr;     ///< [cells] of leaves that make no whole run yet; the total in the end
  double* levels = nullptr;  ///< [levels x cells] level b has the sum of 2^b runs where bit b of their number is set
};

TESSERA_HOST_DEVICE inline void add_leaves(const LeafTreeArguments& a, std::int64_t cell) {
  constexpr int kAhead = 8;  // loads under way; runs end where eights end
  static_assert(kRunLeaves % kAhead == 0);
  double run = a.run[cell];
  for (std::int64_t leaf = -(a.before % kAhead); leaf < a.count; leaf += kAhead) {
    double next[kAhead];
    TESSERA_UNROLL
    for (int i = 0; i < kAhead; ++i) {
      const bool there = leaf + i >= 0 && leaf + i < a.count;
      next[i] = there ? a.leaves[(leaf + i) * a.cells + cell] : -0.0;  // which leaves every sum as it is
    }
    TESSERA_UNROLL
    for (int i = 0; i < kAhead; ++i) run += next[i];
    const std::int64_t done = a.before + leaf + kAhead;
    if (done % kRunLeaves != 0 || leaf + kAhead > a.count) continue;
    double* level = a.levels + cell;
    for (std::int64_t rest = done / kRunLeaves - 1; (rest & 1) != 0; rest >>= 1, level += a.cells) run = *level + run;
    *level = run;
    run = 0.0;
  }
  a.run[cell] = run;
}

/// Levels that this many leaves fill.
TESSERA_HOST_DEVICE inline std::int64_t tree_levels(std::int64_t leaves) {
  std::int64_t levels = 0;
  for (std::int64_t runs = leaves / kRunLeaves; runs != 0; runs >>= 1) ++levels;
  return levels;
}

/// Leaves the total in `run`.
TESSERA_HOST_DEVICE inline void finish_tree(const LeafTreeArguments& a, std::int64_t cell) {
  double sum = a.run[cell];
  const double* level = a.levels + cell;
  for (std::int64_t runs = a.before / kRunLeaves; runs != 0; runs >>= 1, level += a.cells) {
    if ((runs & 1) != 0) sum = *level + sum;
  }
  a.run[cell] = sum;
}

}  // namespace tessera::kernels
