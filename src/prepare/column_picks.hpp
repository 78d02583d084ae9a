// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tessera/table.hpp"

namespace tessera {

/// The columns that a sweep over raw chunks reads, gathered by name while its parts are set up.
class ColumnPicks {
 public:
  explicit ColumnPicks(const TableInfo& info) : info_(&info) {}

  /// Where in RawChunk::columns the column of exactly this name will be; a column is read once however often it is picked.
  /// @param option for the message: "--customer"
  /// @throws ConfigError with the nearest name if there is none
  int pick(std::string_view name, std::string_view option);

  [[nodiscard]] const ColumnSchema& schema(int position) const {
    return info_->columns[static_cast<std::size_t>(columns_[static_cast<std::size_t>(position)])];
  }
  [[nodiscard]] const TableInfo& info() const { return *info_; }
  /// For Table::read().
  [[nodiscard]] std::span<const int> columns() const { return columns_; }

 private:
  const TableInfo* info_;
  std::vector<int> columns_;
};

}  // namespace tessera
