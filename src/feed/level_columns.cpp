// SPDX-License-Identifier: Apache-2.0
#include "feed/level_columns.hpp"

#include <algorithm>

namespace tessera {
namespace {

double number_of(const ColumnLevels& levels, const std::string& label) {
  return levels.numbers[static_cast<std::size_t>(std::ranges::find(levels.labels, label) - levels.labels.begin())];
}

}  // namespace

CodeColumn codes_by_label(int column, DataType type, const ColumnLevels& levels, const std::vector<std::string>& labels) {
  CodeColumn code{.column = column, .size = static_cast<std::int32_t>(labels.size())};
  if (type == DataType::text) {
    code.levels = labels;
  } else {
    for (const std::string& label : labels) code.numbers.push_back(number_of(levels, label));
  }
  return code;
}

NumberColumn indicator_of(int column, DataType type, const ColumnLevels& levels, const std::string& label) {
  NumberColumn indicator{.column = column, .form = NumberColumn::Form::equals};
  if (type == DataType::text) {
    indicator.text = label;
  } else {
    indicator.number = number_of(levels, label);
  }
  return indicator;
}

}  // namespace tessera
