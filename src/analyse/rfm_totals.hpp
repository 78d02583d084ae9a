// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "analyse/rfm_index.hpp"
#include "tessera/int128.hpp"

namespace tessera {

/// Money is summed in whole millionths, so that a sum is exact for amounts of up to six decimals and has the same bits in any
/// order of the rows: 6 x 2.55 is 15.3 here, whatever the float64 beside it is.
inline constexpr std::int64_t kMoneyUnits = 1'000'000;
/// Larger amounts than this could overflow a sum; they count as missing.
inline constexpr double kMostMoney = 1e20;

/// The nearest whole millionth. @param amount finite, at most kMostMoney in magnitude
[[nodiscard]] Int128 money_units(double amount);
[[nodiscard]] double money_from_units(Int128 units);

/// What is kept of a customer while transactions stream by. Nothing depends on their order but `last_order`, which only spares
/// work.
struct RfmTotals {
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  Int128 bought_units = 0;
  Int128 returned_units = 0;                                ///< negative or 0
  double first_purchase = kNever, last_purchase = -kNever;  ///< days since 1970-01-01
  double first_return = kNever, last_return = -kNever;
  std::int64_t purchase_rows = 0;
  std::int64_t return_rows = 0;
  WideHash last_order;

  /// A row with a negative amount is a return; one of zero is a purchase.
  void add(double time_days, double amount);
};

/// One customer's row of the result.
struct RfmValues {
  std::int64_t recency_days = 0;     ///< calendar days from the last purchase to as-of
  std::int64_t frequency = 0;        ///< orders
  double monetary = 0.0;             ///< bought less returned
  std::int64_t tenure_days = 0;      ///< calendar days from the first purchase to as-of
  double average_order_value = 0.0;  ///< bought / frequency; NaN without a purchase
  double mean_gap_days = 0.0;        ///< (last - first day) / (frequency - 1); NaN below two orders
  std::int64_t first_day = 0;        ///< days since 1970-01-01
  std::int64_t last_day = 0;
  double returned = 0.0;  ///< amount given back, positive or 0
  std::int64_t return_rows = 0;
};

/// @param orders different orders of the customer. Dates are those of purchases; of a customer who has only returned something,
/// those of the returns.
[[nodiscard]] RfmValues rfm_values(const RfmTotals& totals, std::int64_t orders, std::int64_t as_of_day);

}  // namespace tessera
