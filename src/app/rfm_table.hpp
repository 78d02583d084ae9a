// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "analyse/rfm_index.hpp"
#include "analyse/rfm_stage.hpp"
#include "app/rfm_rows.hpp"

namespace tessera {

/// A customer's row of the result.
struct RfmCustomer {
  RfmValues values;
  int recency_score = 0, frequency_score = 0, monetary_score = 0;
  RfmStage stage = RfmStage::active;
};

/// Customers by id ascending, with their scores and stages.
class RfmTable {
 public:
  /// @param rows all consumed; it must outlive the table. @param gap_days nullopt: learned
  RfmTable(RfmRows& rows, std::int64_t as_of_day, std::optional<double> gap_days, std::int64_t covered_days);

  /// Bytes per customer that making the table takes at most, beside the rows.
  static constexpr std::int64_t kCustomerBytes = 48;

  [[nodiscard]] std::int64_t size() const { return std::ssize(order_); }
  [[nodiscard]] const RfmIndex& index() const { return rows_.index(); }
  /// The customer's number in the index.
  [[nodiscard]] std::int64_t number(std::int64_t row) const { return order_[static_cast<std::size_t>(row)]; }
  [[nodiscard]] RfmCustomer customer(std::int64_t row) const;
  [[nodiscard]] double typical_gap() const { return typical_gap_; }
  /// Orders of all customers.
  [[nodiscard]] std::int64_t orders() const;

 private:
  [[nodiscard]] RfmValues values(std::int64_t number) const;
  /// Scores of all customers, by their number in the index.
  template <typename Value>
  [[nodiscard]] std::vector<std::int8_t> scores(Value value, bool more_is_better) const;

  const RfmRows& rows_;
  std::int64_t as_of_day_;
  std::vector<std::int64_t> orders_;  ///< [customers] of each, by number
  std::vector<std::int64_t> order_;
  double typical_gap_ = 1.0;
  std::vector<std::int8_t> recency_scores_, frequency_scores_, monetary_scores_;
};

}  // namespace tessera
