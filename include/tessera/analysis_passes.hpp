// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tessera/int128.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Rows of a block of raw rows: what sums are taken over before they are added up in a fixed order.
inline constexpr std::int64_t kAnalysisBlockRows = 4096;

/// Consecutive rows in original units, column by column; at most kAnalysisBlockRows. The first row of all but the last block of
/// a table is a multiple of that. Views are valid while the block is being consumed.
struct AnalysisBlock {
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
  std::vector<const double*> numbers;      ///< [columns][rows] finite, or NaN where missing; empty if there are number_rows
  std::vector<const std::int32_t*> codes;  ///< [code columns][rows] >= 0, or -1: none. Segments and categories alike
  const double* weights = nullptr;         ///< [rows] >= 0; null: every row counts once
  const std::int64_t* units = nullptr;     ///< [rows] weights as whole numbers of a unit; null: one each
  /// The numbers as a table of rows stores them, for those who ask for it: number j of row i is number_rows[i * number_stride +
  /// j], infinite or NaN where missing.
  const float* number_rows = nullptr;
  std::int64_t number_stride = 0;
};

/// Groups of rows: every combination of the codes of some code columns. A row that lacks one of the codes, or has no weight, is
/// in no group. The group's number counts through the last column fastest.
struct Crossing {
  std::vector<int> codes;           ///< indices into AnalysisBlock::codes; empty: all rows are group 0
  std::vector<std::int32_t> sizes;  ///< codes are in [0, size)
  [[nodiscard]] std::int64_t groups() const {
    std::int64_t product = 1;
    for (const std::int32_t size : sizes) product *= size;
    return product;
  }
};

/// Sums of one group. A cell x counts as d = x - pivot of its column; a missing one counts for nothing.
struct MomentsTask {
  Crossing groups;
  std::vector<int> columns;                 ///< indices into AnalysisBlock::numbers
  std::vector<double> pivots;               ///< [columns] finite; near the column's middle
  bool pairs = false;                       ///< co-moments of every two columns, over the rows that have both
  std::vector<std::uint8_t> may_miss = {};  ///< [columns] pairs only: 0 promises that no cell is missing; empty: all may
};

/// What the columns of a group sum to.
struct GroupMoments {
  std::int64_t groups = 0, columns = 0;
  std::vector<std::int64_t> n;                        ///< [groups x columns] rows with a value
  std::vector<double> weight;                         ///< [groups x columns] sum of w over them
  std::vector<double> weight_squares, first, second;  ///< w^2, w d, w d^2

  // Of the rows that have both columns i and j; only if pairs were asked for.
  std::vector<double> pair_rows, pair_weight, pair_weight_squares;  ///< [groups x columns x columns] symmetric
  std::vector<double> pair_first, pair_second;  ///< of column i: w d_i, w d_i^2 where j is present too; not symmetric
  std::vector<double> pair_product;             ///< w d_i d_j, symmetric

  [[nodiscard]] std::size_t at(std::int64_t group, std::int64_t column) const {
    return static_cast<std::size_t>(group * columns + column);
  }
  [[nodiscard]] std::size_t at(std::int64_t group, std::int64_t i, std::int64_t j) const {
    return static_cast<std::size_t>((group * columns + i) * columns + j);
  }
  bool operator==(const GroupMoments&) const = default;
};

/// Adds up moments in float64: a block's rows in an order that the block decides, blocks in a fixed order. The result has the
/// same bits for any number of threads, any split into chunks and every instruction set.
class MomentsPass {
 public:
  virtual ~MomentsPass() = default;
  /// The next blocks of the table, in order.
  virtual void consume(std::span<const AnalysisBlock> blocks) = 0;
  /// Call once.
  [[nodiscard]] virtual GroupMoments finish() = 0;
};

/// Bins for the distribution of a column: 128 to every doubling of the distance from `center`, on both sides of it, so that the
/// place of a value is known to within 1/128 of its distance from the centre; 20 doublings up to `reach`, and one bin for what
/// is nearer than that. Whole numbers up to 256 away have a bin of their own.
struct BinScale {
  double center = 0.0;
  int top_exponent = 0;  ///< distances are below 2^top_exponent; farther ones go into the last bin

  static constexpr int kBinsPerDoubling = 128;
  static constexpr int kDoublings = 20;
  static constexpr int kSide = kBinsPerDoubling * kDoublings;  ///< bins on one side
  static constexpr int kBins = 2 * kSide + 1;

  /// @param reach  largest |x - center|
  [[nodiscard]] static BinScale around(double center, double reach) {
    int exponent = 0;
    if (reach > 0.0) static_cast<void>(std::frexp(reach, &exponent));
    return {center, std::max(exponent, kLeastTop)};
  }
  /// Of a finite value (others: anything), in [0, kBins); rises with x.
  [[nodiscard]] constexpr int bin_of(double x) const {
    const double d = x - center;
    const auto bits = std::bit_cast<std::int64_t>(d);
    const std::int64_t size = bits & std::numeric_limits<std::int64_t>::max();
    const std::int64_t steps = std::clamp<std::int64_t>((size >> kShift) - base() + 1, 0, kSide);
    const std::int64_t sign = bits >> 63;  // -1 below the centre
    return static_cast<int>(kSide + ((steps ^ sign) - sign));
  }
  static constexpr int kShift = 52 - 7;  ///< of the bits of a float64: exponent and log2(kBinsPerDoubling) bits are left
  /// The first bin beside the centre's, as bits shifted by kShift.
  [[nodiscard]] constexpr std::int64_t base() const {
    return (std::int64_t{top_exponent} - kDoublings + 1023) << (52 - kShift);
  }
  /// Bin i holds edge(i) <= x < edge(i + 1) above the centre, and the mirror of that below it; i up to kBins.
  [[nodiscard]] double edge(int bin) const {
    const bool above = bin > kSide;
    const int steps = above ? bin - kSide - 1 : kSide - bin;
    const double fraction = 1.0 + static_cast<double>(steps % kBinsPerDoubling) / kBinsPerDoubling;
    const double distance = std::ldexp(fraction, top_exponent - kDoublings + steps / kBinsPerDoubling);
    return above ? center + distance : center - distance;
  }

 private:
  static constexpr int kLeastTop = -1000 + kDoublings;
};

/// What to count.
struct TallyTask {
  std::vector<Crossing> counts;  ///< rows of every group
  struct Histogram {
    Crossing groups;
    int column = 0;  ///< index into AnalysisBlock::numbers
    BinScale scale;
  };
  std::vector<Histogram> histograms;  ///< cells of every group in every bin
};

/// Whole numbers, the same however rows come.
struct Tally {
  std::vector<std::vector<std::int64_t>> rows;  ///< [counts][groups] rows
  std::vector<std::vector<Int128>> units;       ///< [counts][groups] weights in their unit; empty without weights
  std::vector<std::vector<std::int64_t>> bins;  ///< [histograms][groups x kBins] rows
  std::vector<std::vector<Int128>> bin_units;   ///< the same, of weights; empty without weights
  bool operator==(const Tally&) const = default;
};

class TallyPass {
 public:
  virtual ~TallyPass() = default;
  /// Any blocks of the table, each once.
  virtual void consume(std::span<const AnalysisBlock> blocks) = 0;
  /// Call once.
  [[nodiscard]] virtual Tally finish() = 0;
};

}  // namespace tessera
