// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tessera {

/// The levels of a column that was counted: labels, most frequent first.
struct ColumnLevels {
  std::vector<std::string> labels;
  std::vector<double> numbers;  ///< of a column of numbers; as long as labels
  std::vector<std::int64_t> rows;
  bool complete = false;  ///< there are no others
};

}  // namespace tessera
