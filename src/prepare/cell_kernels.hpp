// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "prepare/block_moments.hpp"

namespace tessera {

/// Loops over the cells of a column that go as fast as the processor's vectors: the same bits at every instruction set. A cell
/// is present if it is finite; NaN and infinite cells are missing. All take float32 or float64.

/// What a run of cells holds. The extremes are those of the cells present, and never -0; +-infinity if there is none.
struct CellCounts {
  std::int64_t missing = 0, infinite = 0, zeros = 0, negatives = 0;
  double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();
};
[[nodiscard]] CellCounts count_cells(std::span<const float> values);
[[nodiscard]] CellCounts count_cells(std::span<const double> values);

/// The sums of one block (see sum_block) with every row counting once.
/// @param complete no cell is missing, which saves looking
[[nodiscard]] Moments sum_cells(std::span<const float> values, MomentFrame frame, bool complete);
[[nodiscard]] Moments sum_cells(std::span<const double> values, MomentFrame frame, bool complete);

/// The sums of one block with weights. @param weights as long as `values`
[[nodiscard]] Moments sum_weighted_cells(std::span<const double> values, std::span<const double> weights, MomentFrame frame);

/// True if every cell present is a whole number of a magnitude below `limit` (at most 2^24, 2^53).
[[nodiscard]] bool are_whole(std::span<const float> values, double limit);
[[nodiscard]] bool are_whole(std::span<const double> values, double limit);

/// The mix_bits() of the float64 patterns of the cells present (-0 as +0) that lie below `threshold`, in row order.
/// @param out room for as many as there are values
/// @return how many were written
std::size_t level_hashes(std::span<const float> values, std::uint64_t threshold, std::uint64_t* out);
std::size_t level_hashes(std::span<const double> values, std::uint64_t threshold, std::uint64_t* out);

/// How cells lie to a bracket; NaN lies nowhere.
struct BracketCounts {
  std::int64_t below = 0, at_low = 0, between = 0, at_high = 0;
};
/// Counts cells below `low`, equal to it and equal to `high`; writes those strictly between, in row order.
/// @param between_out room for as many as there are values
[[nodiscard]] BracketCounts split_cells(std::span<const float> values, float low, float high, float* between_out);
[[nodiscard]] BracketCounts split_cells(std::span<const double> values, double low, double high, double* between_out);

/// Turns `rows` rows of `columns` neighbouring float32 cells, `stride_bytes` apart and of any alignment, into columns.
/// @param out column j begins at out + j * out_stride
void transpose_cells(const std::byte* data, std::ptrdiff_t stride_bytes, std::int64_t rows, std::int64_t columns, float* out,
                     std::int64_t out_stride);

}  // namespace tessera
