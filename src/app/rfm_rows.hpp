// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "analyse/rfm_index.hpp"
#include "analyse/rfm_orders.hpp"
#include "analyse/rfm_totals.hpp"
#include "app/rfm.hpp"
#include "core/date_format.hpp"
#include "prepare/row_filter.hpp"

namespace tessera {

/// Takes the transactions of chunk after chunk to their customers.
class RfmRows {
 public:
  /// @throws ConfigError for columns that are not there or cannot be what they are named for
  RfmRows(const RfmOptions& options, const TableInfo& info, std::filesystem::path scratch);

  [[nodiscard]] std::span<const int> columns() const { return picks_.columns(); }
  /// @throws DataError for an id that is neither a whole number nor text
  void consume(const RawChunk& chunk, RfmReport& report);
  [[nodiscard]] std::int64_t held_bytes() const;

  [[nodiscard]] const RfmIndex& index() const { return index_; }
  [[nodiscard]] const std::deque<RfmTotals>& totals() const { return totals_; }
  [[nodiscard]] RfmOrders& orders() { return orders_; }

 private:
  /// -1: there is no id.
  [[nodiscard]] std::int64_t customer_of(const ColumnView& view, std::int64_t row, std::int64_t table_row);
  void use(const RawChunk& chunk, std::int64_t row, std::int64_t customer, double time, double amount, RfmReport& report);
  [[nodiscard]] double time_of(const ColumnView& view, std::int64_t row, RfmReport& report) const;
  [[nodiscard]] WideHash order_of(const RawChunk& chunk, std::int64_t row, double time) const;

  ColumnPicks picks_;
  RowFilter filter_;
  RowProduct amount_;
  int customer_;
  int time_;
  std::optional<DateFormat> date_format_;  ///< none: ISO 8601
  int invoice_;                            ///< -1: none
  double end_days_;                        ///< rows from here on are later than as-of
  RfmIndex index_;
  RfmOrders orders_;
  std::deque<RfmTotals> totals_;  ///< [customers]; a deque grows without a second copy
  std::vector<std::int8_t> keep_;
  std::vector<double> amounts_;
};

}  // namespace tessera
