// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "tessera/analysis_passes.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// A column of numbers for analysis, made from one of the table.
struct NumberColumn {
  enum class Form : std::uint8_t {
    value,     ///< the cell; dates: days since 1970-01-01
    at_least,  ///< 1 if the cell is at least `number`, else 0
    equals,    ///< 1 if the cell is `number` (numbers) or `text` (text), else 0
    promoter,  ///< 100, 0 or -100 for answers of 9 and 10, 7 and 8, 0 to 6; others count as missing
  };
  int column = -1;  ///< index into TableInfo::columns
  Form form = Form::value;
  double number = 0.0;
  std::string text = {};
};

/// A column of codes for analysis.
struct CodeColumn {
  enum class Source : std::uint8_t {
    levels,  ///< the cell's place in `levels` (text) or `numbers`; if not found `other`
    edges,   ///< how many of `edges` (ascending) the number reaches, less one; -1 below the first
    labels,  ///< read from elsewhere
    groups,  ///< one of `size` groups at random, by row number
  };
  Source source = Source::levels;
  int column = -1;
  std::vector<std::string> levels = {};  ///< of a text column
  std::vector<double> numbers = {};      ///< of a column of numbers
  std::int32_t other = -1;               ///< code of a cell with a value that is not listed
  std::vector<double> edges = {};
  std::int32_t size = 0;
};

/// Labels of rows [first_row, first_row + labels.size()): -1 for none.
using LabelReader = std::function<void(std::int64_t first_row, std::span<std::int32_t> labels)>;

struct AnalysisColumns {
  std::vector<NumberColumn> numbers;
  std::vector<CodeColumn> codes;
  int weight = -1;  ///< column of weights; -1: every row counts once
  int weight_exponent = 0;
  LabelReader labels;       ///< for Source::labels
  std::uint64_t seed = 0;   ///< of Source::groups and of sample keys
  bool allow_rows = false;  ///< blocks may have number_rows in place of numbers
};

/// What decides whether a row belongs to a sample, the smallest keys first, and to which random group.
struct RowDraw {
  std::uint64_t key = 0;
  std::uint32_t group = 0;
};
[[nodiscard]] RowDraw draw_row(std::uint64_t seed, std::int64_t row);

/// Reads the table once and hands it on in blocks of kAnalysisBlockRows, a few at a time, in order.
/// @param budget_bytes  for the chunk being read and the blocks
/// @throws DataError for a weight that is missing, infinite or negative
void sweep_for_analysis(Table& table, const AnalysisColumns& columns, const JobContext& job, std::int64_t budget_bytes,
                        const std::function<void(std::span<const AnalysisBlock>)>& visit);

}  // namespace tessera
