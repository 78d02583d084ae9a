// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/matrix.hpp"

namespace tessera {

enum class CorrelationMethod : std::uint8_t {
  pearson,
  spearman,  ///< Pearson's correlation of mid-ranks
  kendall,   ///< tau-b; of a sample of a large table
  mixed,     ///< numbers: Pearson; a number and a category: correlation ratio; categories: Cramer's V
};
[[nodiscard]] std::string_view to_string(CorrelationMethod method);

enum class RankPolicy : std::uint8_t {
  automatic,  ///< exact up to kExactRankCells cells of the table, sketch beyond
  exact,      ///< every column is sorted: memory grows with the table
  sketch,     ///< ranks of bins of values: bounded memory, and an error that is bounded and reported
};
[[nodiscard]] std::string_view to_string(RankPolicy policy);

/// Rows x columns up to which ranks are exact unless asked for: 2 GiB of float64. It does not depend on the machine, so that
/// results do not either.
inline constexpr std::int64_t kExactRankCells = std::int64_t{1} << 28;

/// A column of correlations.
struct CorrelationVariable {
  std::string name;  ///< "age"; "city=Paris" for one of two levels
  bool nominal = false;
  bool used_in_fit = false;  ///< the segments were made from it
  std::int64_t missing = 0;  ///< cells
};

/// Correlations of a group of customers, [m x m]; NaN where undefined. Matrices that were not asked for are empty.
struct CorrelationGroup {
  int segment = -1;       ///< -1: all customers
  std::string name;       ///< of the segment; empty: none
  std::int64_t rows = 0;  ///< with weight
  double weight = 0.0;
  Matrix<double> r;
  Matrix<double> n;            ///< rows with both values
  Matrix<double> effective_n;  ///< Kish's; if rows have weights
  Matrix<double> low, high;    ///< 95 % interval
  Matrix<double> p;            ///< two-sided; NaN between columns that the segments were made from, within a segment
  Matrix<double> p_adjusted;   ///< Benjamini-Hochberg over the pairs of the group
  Matrix<double> partial;      ///< all other columns held constant; from `repaired` if there is one
  Matrix<double> partial_p;    ///< with the least n of any pair
  Matrix<double> repaired;     ///< nearest positive semidefinite matrix; empty: r is one
  double repair_largest = 0.0, repair_distance = 0.0;  ///< largest change of an element; root of the sum of squares
};

/// All that `correlate` finds.
struct CorrelationTable {
  CorrelationMethod method = CorrelationMethod::pearson;
  bool listwise = false;
  bool weighted = false;
  std::string by;                ///< column of the segments; empty: found ones, or none
  std::int64_t rows = 0;         ///< of the table
  std::int64_t rows_used = 0;    ///< in a segment, with weight, and complete if listwise
  bool exact_ranks = true;       ///< spearman
  double rank_error = 0.0;       ///< no r is farther from that of exact ranks than this, if nothing is missing
  std::int64_t sample_rows = 0;  ///< kendall: most rows of a group that were looked at; 0: all of them
  std::vector<CorrelationVariable> variables;
  std::vector<CorrelationGroup> groups;                       ///< all customers, then each segment
  std::vector<std::pair<std::string, std::string>> left_out;  ///< columns that could have been, and why they are not
  std::vector<std::string> notes;
};

/// Two columns of a group.
struct CorrelationPair {
  std::size_t group = 0;      ///< into CorrelationTable::groups
  std::int64_t x = 0, y = 0;  ///< x < y
};
/// Pairs by the size of r, the strongest first (ties in their order), at most `most` of every group.
[[nodiscard]] std::vector<CorrelationPair> strongest_pairs(const CorrelationTable& table, std::size_t most);

}  // namespace tessera
