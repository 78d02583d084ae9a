// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "tessera/table.hpp"

namespace tessera {

/// A table that several threads may read: the feeder reads ahead while ids are being written.
class LockedTable final : public Table {
 public:
  explicit LockedTable(std::unique_ptr<Table> table) : table_(std::move(table)) {}

  [[nodiscard]] const TableInfo& info() const override { return table_->info(); }
  [[nodiscard]] std::int64_t preferred_rows() const override { return table_->preferred_rows(); }
  [[nodiscard]] std::int64_t working_bytes() const override { return table_->working_bytes(); }
  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override {
    const std::lock_guard lock(mutex_);
    table_->read(first_row, rows, columns, out);
  }

 private:
  std::unique_ptr<Table> table_;
  std::mutex mutex_;
};

}  // namespace tessera
