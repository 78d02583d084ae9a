// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "prepare/value_stream.hpp"

namespace tessera {

/// Looks for numeric columns that say the same thing twice: copies, and pairs that move together (|r| > 0.98). Works on a
/// bounded number of rows from blocks spread evenly over the table, so it is advice, not a statistic.
class CollinearityCheck {
 public:
  CollinearityCheck(std::int64_t columns, std::int64_t rows);
  void consume(const ValueChunk& chunk);
  /// One sentence per pair, at most five, then a count. @param names [columns] of the numeric columns
  [[nodiscard]] std::vector<std::string> findings(std::span<const std::string> names) const;

 private:
  std::int64_t columns_;
  std::int64_t block_step_;                  // every how many-th block is looked at
  std::int64_t row_step_;                    // and which rows of it
  std::vector<std::vector<double>> sample_;  // [columns][rows]
};

}  // namespace tessera
