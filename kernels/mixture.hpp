// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "exact/category_level.hpp"
#include "exact/elementary.hpp"
#include "exact/two_most_probable.hpp"
#include "kernels/mixture_arguments.hpp"
#include "kernels/product_sums.hpp"
#include "kernels/team.hpp"

// The expectation step of a Gaussian mixture: the arithmetic of backend/cpu/mixture_plain.cpp, operation for operation. What
// the shares add up to is product_sums.hpp with a MixtureSource.
namespace tessera::kernels {

/// Level of row i / count in category i % count.
TESSERA_HOST_DEVICE inline void find_level(const LevelArguments& a, std::int64_t i) {
  const Category category = a.categories[i % a.count];
  const int level = exact::level_of(a.slab.rows + i / a.count * a.slab.d + category.first, category.count, category.one);
  a.levels[i] = level < 0 ? -1 : category.first_level + level;
}

inline constexpr int kExpectThreads = 128;
inline constexpr int kExpectPerThread = 2;  ///< rows
inline constexpr int kExpectRows = kExpectThreads * kExpectPerThread;
inline constexpr int kExpectStride = kExpectRows + 1;  ///< one more, to spread the writes over the banks
inline constexpr int kFullTogether = 2;                ///< components whose triangles are multiplied at a time
inline constexpr int kDiagonalTogether = 4;

/// Numbers that a block needs room for: a tile's features, and a value of every component.
TESSERA_HOST_DEVICE inline std::int64_t expect_doubles(const Density& density) {
  return (std::int64_t{density.features} + density.k) * kExpectStride;
}

struct ExpectState {};

/// A tile: z of row r and feature j at [j * kExpectStride + r], what is found of component c at values[c * kExpectStride + r].
struct ExpectTile {
  double* z = nullptr;
  double* values = nullptr;
};

TESSERA_HOST_DEVICE inline float row_weight(const Slab& slab, std::int64_t row) {
  if (slab.flags != nullptr && (slab.flags[row] & kRejectedRow) != 0) return 0.0F;
  return slab.weights == nullptr ? 1.0F : slab.weights[row];
}

/// Whether anything is to be found of the row.
TESSERA_HOST_DEVICE inline bool row_counts(const ExpectArguments& a, std::int64_t row) {
  if (row >= a.slab.n) return false;
  if (row_weight(a.slab, row) > 0.0F) return true;
  return a.results.segment != nullptr && (a.slab.flags == nullptr || (a.slab.flags[row] & kRejectedRow) == 0);
}

TESSERA_HOST_DEVICE inline void load_tile(const ExpectArguments& a, std::int64_t first, int thread, const ExpectTile& tile) {
  const int d = a.density.features;
  for (int i = thread; i < kExpectRows * d; i += kExpectThreads) {
    const int r = i / d;
    const int j = i % d;
    double z = 0.0;
    if (row_counts(a, first + r)) {
      const float cell = a.slab.rows[(first + r) * a.slab.d + a.density.numbers[j]];
      if (cell != cell) lower_to(a.bad_row, a.slab.first_row + first + r);
      z = static_cast<double>(cell) - a.density.center[j];
    }
    tile.z[j * kExpectStride + r] = z;
  }
}

/// Numbers that are read at once.
struct alignas(16) Two {
  double v[2];
};

/// Whitens some features of a thread's rows, four rows of W at a time, on top of y.
/// @param panels  at multiples of 16 bytes
template <int kTogether>
TESSERA_HOST_DEVICE inline void whiten(const double* const (&panels)[std::size_t{kTogether}], int columns, const double* z,
                                       double (&y)[std::size_t{kTogether}][kPanelRows][kExpectPerThread]) {
  for (int j = 0; j < columns; ++j, z += kExpectStride) {
    double cell[kExpectPerThread];
    TESSERA_UNROLL
    for (int r = 0; r < kExpectPerThread; ++r) cell[r] = z[r * kExpectThreads];
    TESSERA_UNROLL
    for (int m = 0; m < kTogether; ++m) {
      const Two factors[kPanelRows / 2] = {reinterpret_cast<const Two*>(panels[m])[2 * j],
                                           reinterpret_cast<const Two*>(panels[m])[2 * j + 1]};
      TESSERA_UNROLL
      for (int i = 0; i < kPanelRows; ++i) {
        const double factor = factors[i / 2].v[i % 2];
        TESSERA_UNROLL
        for (int r = 0; r < kExpectPerThread; ++r) y[m][i][r] = fma(factor, cell[r], y[m][i][r]);
      }
    }
  }
}

/// Columns of the rows of W that begin with row `first`.
TESSERA_HOST_DEVICE inline int columns_at(const Density& density, int first) {
  return first + kPanelRows < density.features ? first + kPanelRows : density.features;
}

TESSERA_HOST_DEVICE inline int least(int a, int b) { return a < b ? a : b; }

/// Squared distances of a thread's rows where every component has a triangle of its own.
TESSERA_HOST_DEVICE inline void full_distances(const Density& density, const double* z, double* values) {
  for (int c = 0; c < density.k; c += kFullTogether) {
    const double* panels[kFullTogether];
    const double* shifts[kFullTogether];
    double sums[kFullTogether][kExpectPerThread] = {};
    TESSERA_UNROLL
    for (int m = 0; m < kFullTogether; ++m) {
      const int own = least(c + m, density.k - 1);  // the last again, and thrown away
      panels[m] = density.whitening + own * density.panel_size;
      shifts[m] = density.shift + std::int64_t{own} * density.padded;
    }
    for (int first = 0; first < density.features; first += kPanelRows) {
      double y[kFullTogether][kPanelRows][kExpectPerThread];
      TESSERA_UNROLL
      for (int m = 0; m < kFullTogether; ++m) {
        TESSERA_UNROLL
        for (int i = 0; i < kPanelRows; ++i) {
          const double start = -shifts[m][first + i];
          TESSERA_UNROLL
          for (int r = 0; r < kExpectPerThread; ++r) y[m][i][r] = start;
        }
      }
      const int columns = columns_at(density, first);
      whiten<kFullTogether>(panels, columns, z, y);
      TESSERA_UNROLL
      for (int m = 0; m < kFullTogether; ++m) {
        panels[m] += columns * kPanelRows;
        TESSERA_UNROLL
        for (int i = 0; i < kPanelRows; ++i) {
          TESSERA_UNROLL
          for (int r = 0; r < kExpectPerThread; ++r) sums[m][r] = fma(y[m][i][r], y[m][i][r], sums[m][r]);
        }
      }
    }
    TESSERA_UNROLL
    for (int m = 0; m < kFullTogether; ++m) {
      if (c + m >= density.k) break;
      TESSERA_UNROLL
      for (int r = 0; r < kExpectPerThread; ++r) values[(c + m) * kExpectStride + r * kExpectThreads] = sums[m][r];
    }
  }
}

/// The same where all components share a triangle.
TESSERA_HOST_DEVICE inline void tied_distances(const Density& density, const double* z, double* values) {
  for (int c = 0; c < density.k; ++c) {
    for (int r = 0; r < kExpectPerThread; ++r) values[c * kExpectStride + r * kExpectThreads] = 0.0;
  }
  const double* panels[1] = {density.whitening};
  for (int first = 0; first < density.features; first += kPanelRows) {
    double y[1][kPanelRows][kExpectPerThread] = {};
    const int columns = columns_at(density, first);
    whiten<1>(panels, columns, z, y);
    panels[0] += columns * kPanelRows;
    for (int c = 0; c < density.k; ++c) {
      const double* const shift = density.shift + std::int64_t{c} * density.padded + first;
      TESSERA_UNROLL
      for (int r = 0; r < kExpectPerThread; ++r) {
        double& value = values[c * kExpectStride + r * kExpectThreads];
        double sum = value;
        TESSERA_UNROLL
        for (int i = 0; i < kPanelRows; ++i) {
          const double away = y[0][i][r] - shift[i];
          sum = fma(away, away, sum);
        }
        value = sum;
      }
    }
  }
}

/// The same without correlations.
TESSERA_HOST_DEVICE inline void diagonal_distances(const Density& density, const double* z, double* values) {
  for (int c = 0; c < density.k; c += kDiagonalTogether) {
    double sums[kDiagonalTogether][kExpectPerThread] = {};
    for (int j = 0; j < density.features; ++j) {
      double cell[kExpectPerThread];
      TESSERA_UNROLL
      for (int r = 0; r < kExpectPerThread; ++r) cell[r] = z[j * kExpectStride + r * kExpectThreads];
      TESSERA_UNROLL
      for (int m = 0; m < kDiagonalTogether; ++m) {
        const std::int64_t at = std::int64_t{least(c + m, density.k - 1)} * density.padded + j;
        TESSERA_UNROLL
        for (int r = 0; r < kExpectPerThread; ++r) {
          const double y = fma(density.whitening[at], cell[r], -density.shift[at]);
          sums[m][r] = fma(y, y, sums[m][r]);
        }
      }
    }
    TESSERA_UNROLL
    for (int m = 0; m < kDiagonalTogether; ++m) {
      if (c + m >= density.k) break;
      TESSERA_UNROLL
      for (int r = 0; r < kExpectPerThread; ++r) values[(c + m) * kExpectStride + r * kExpectThreads] = sums[m][r];
    }
  }
}

/// From squared distances to log densities, each with the log of its component's weight; returns the greatest.
TESSERA_HOST_DEVICE inline double log_densities(const ExpectArguments& a, std::int64_t row, double* values) {
  double best = -HUGE_VAL;
  for (int c = 0; c < a.density.k; ++c) {
    double factor = a.density.log_factor[c];
    if (a.log_shares != nullptr) {
      double sum = 0.0;
      for (int b = 0; b < a.categories; ++b) {
        const std::int32_t level = a.levels[row * a.categories + b];
        if (level >= 0) sum += a.log_shares[std::int64_t{level} * a.density.k + c];
      }
      factor += sum;
    }
    const double value = fma(-0.5, values[c * kExpectStride], factor);
    values[c * kExpectStride] = value;
    best = best < value ? value : best;
  }
  return best;
}

TESSERA_HOST_DEVICE inline double quiet_nan() { return exact::from_bits(0x7ff8000000000000U); }

TESSERA_HOST_DEVICE inline void reject_row(const ExpectArguments& a, std::int64_t row) {
  const MixtureRowResults& out = a.results;
  if (out.segment == nullptr) return;
  out.segment[row] = out.runner_up[row] = -1;
  out.probability[row] = out.runner_up_probability[row] = out.distance2[row] = quiet_nan();
  if (out.probabilities == nullptr) return;
  for (int c = 0; c < a.density.k; ++c) out.probabilities[row * a.density.k + c] = static_cast<float>(quiet_nan());
}

/// From the squared distances of one row to everything that is wanted of it.
/// @param values  of the row
TESSERA_HOST_DEVICE inline void finish_row(const ExpectArguments& a, std::int64_t row, double* values) {
  const int k = a.density.k;
  const bool counts = row_counts(a, row);
  if (!counts) {
    reject_row(a, row);
    if (a.shares == nullptr) return;
    for (int c = 0; c < k; ++c) a.shares[c * a.room + row] = 0.0;
    for (int term = 0; term < kTerms; ++term) a.terms[term * a.room + row] = 0.0;
    return;
  }
  const double weight = static_cast<double>(row_weight(a.slab, row));
  const bool publishes = a.results.segment != nullptr;
  const double best = log_densities(a, row, values);
  double sum = 0.0;
  for (int c = 0; c < k; ++c) {
    const double relative = exact::exp_of(values[c * kExpectStride] - best);
    values[c * kExpectStride] = relative;
    sum += relative;
  }
  const double inverse = 1.0 / sum;
  exact::TwoMostProbable most;
  for (int c = 0; c < k; ++c) {
    const double probability = values[c * kExpectStride] * inverse;
    if (a.shares != nullptr) a.shares[c * a.room + row] = probability * weight;
    if (!publishes) continue;
    most.offer(c, probability);
    if (a.results.probabilities != nullptr) a.results.probabilities[row * k + c] = static_cast<float>(probability);
  }
  if (a.shares != nullptr) {
    a.terms[kTermLikelihood * a.room + row] = weight * (best + exact::log_of(sum));
    a.terms[kTermCompleted * a.room + row] = weight * best;
    a.terms[kTermWeight * a.room + row] = weight;
  }
  if (!publishes) return;
  a.results.segment[row] = most.first;
  a.results.runner_up[row] = most.second;
  a.results.probability[row] = most.first_probability;
  a.results.runner_up_probability[row] = most.second_probability > 0.0 ? most.second_probability : 0.0;
}

/// Squared distance of one row to one component: what the functions above found, and finish_row() wrote over.
/// @param z  of the row
TESSERA_HOST_DEVICE inline double distance2_of(const Density& density, const double* z, int c) {
  const double* panel = density.whitening + (density.shared ? 0 : c * density.panel_size);
  const double* const shift = density.shift + std::int64_t{c} * density.padded;
  double sum = 0.0;
  for (int i = 0; i < density.features; ++i) {
    double y = density.shared ? 0.0 : -shift[i];
    if (density.triangular) {
      const int at = i % kPanelRows;
      for (int j = 0; j <= i; ++j) y = fma(panel[j * kPanelRows + at], z[j * kExpectStride], y);
      if (density.shared) y -= shift[i];
      if (at == kPanelRows - 1) panel += columns_at(density, i - at) * kPanelRows;
    } else {
      y = fma(panel[i], z[i * kExpectStride], y);
    }
    sum = fma(y, y, sum);
  }
  return sum;
}

/// @param memory  [expect_doubles()] of the block's own
template <typename Team>
TESSERA_HOST_DEVICE inline void expect_rows(Team& team, const ExpectArguments& a, std::int64_t block, std::int64_t blocks,
                                            double* memory) {
  const ExpectTile tile{memory, memory + std::int64_t{a.density.features} * kExpectStride};
  for (std::int64_t first = block * kExpectRows; first < a.slab.n; first += blocks * kExpectRows) {
    team.each([&](int t, ExpectState&) { load_tile(a, first, t, tile); });
    team.each([&](int t, ExpectState&) {
      double* const values = tile.values + t;
      if (a.density.triangular && a.density.shared) {
        tied_distances(a.density, tile.z + t, values);
      } else if (a.density.triangular) {
        full_distances(a.density, tile.z + t, values);
      } else {
        diagonal_distances(a.density, tile.z + t, values);
      }
      for (int r = 0; r < kExpectPerThread; ++r) {
        const std::int64_t row = first + t + r * kExpectThreads;
        if (row >= a.slab.n) break;
        finish_row(a, row, values + r * kExpectThreads);
        if (a.results.segment == nullptr || a.results.segment[row] < 0) continue;
        a.results.distance2[row] = distance2_of(a.density, tile.z + t + r * kExpectThreads, a.results.segment[row]);
      }
    });
  }
}

inline constexpr int kTermThreads = 32;
inline constexpr int kTermRows = 256;  ///< in shared memory at a time

struct TermMemory {
  double terms[kTerms][kTermRows];
};

struct TermState {
  double sum = 0.0;
};

/// Adds up the terms of one leaf, row after row.
template <typename Team>
TESSERA_HOST_DEVICE inline void sum_terms(Team& team, const TermArguments& a, std::int64_t leaf, TermMemory& memory) {
  const std::int64_t begin = leaf * kLeafRows;
  const std::int64_t end = begin + kLeafRows < a.rows ? begin + kLeafRows : a.rows;
  for (std::int64_t first = begin; first < end; first += kTermRows) {
    const int count = end - first < kTermRows ? static_cast<int>(end - first) : kTermRows;
    team.each([&](int t, TermState&) {
      for (int term = 0; term < kTerms; ++term) {
        for (int i = t; i < count; i += kTermThreads) memory.terms[term][i] = a.terms[term * a.room + first + i];
      }
    });
    team.each([&](int t, TermState& state) {
      if (t >= kTerms) return;
      for (int i = 0; i < count; ++i) state.sum += memory.terms[t][i];
    });
  }
  team.alone([&](int t, TermState& state) {
    if (t < kTerms) a.sums[leaf * kTerms + t] = state.sum;
  });
}

}  // namespace tessera::kernels
