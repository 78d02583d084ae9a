// SPDX-License-Identifier: Apache-2.0
#include "analyse/rfm_totals.hpp"

#include <algorithm>
#include <cmath>

namespace tessera {

Int128 money_units(double amount) { return static_cast<Int128>(std::rint(amount * static_cast<double>(kMoneyUnits))); }

// Below 2^53 units, which is nine billions, the quotient is the float64 nearest to the decimal.
double money_from_units(Int128 units) {
  constexpr Int128 kExact = Int128{1} << 53;
  if (units <= kExact && units >= -kExact) return static_cast<double>(units) / static_cast<double>(kMoneyUnits);
  return static_cast<double>(units / kMoneyUnits) + static_cast<double>(units % kMoneyUnits) / static_cast<double>(kMoneyUnits);
}

void RfmTotals::add(double time_days, double amount) {
  if (amount < 0.0) {
    ++return_rows;
    returned_units += money_units(amount);
    first_return = std::min(first_return, time_days);
    last_return = std::max(last_return, time_days);
    return;
  }
  ++purchase_rows;
  bought_units += money_units(amount);
  first_purchase = std::min(first_purchase, time_days);
  last_purchase = std::max(last_purchase, time_days);
}

RfmValues rfm_values(const RfmTotals& totals, std::int64_t orders, std::int64_t as_of_day) {
  const bool bought = totals.purchase_rows > 0;
  const double bought_amount = money_from_units(totals.bought_units);
  constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
  RfmValues values;
  values.first_day = static_cast<std::int64_t>(std::floor(bought ? totals.first_purchase : totals.first_return));
  values.last_day = static_cast<std::int64_t>(std::floor(bought ? totals.last_purchase : totals.last_return));
  values.recency_days = as_of_day - values.last_day;
  values.tenure_days = as_of_day - values.first_day;
  values.frequency = orders;
  values.monetary = money_from_units(totals.bought_units + totals.returned_units);
  values.average_order_value = orders > 0 ? bought_amount / static_cast<double>(orders) : kUndefined;
  values.mean_gap_days =
      orders > 1 ? static_cast<double>(values.last_day - values.first_day) / static_cast<double>(orders - 1) : kUndefined;
  values.returned = money_from_units(-totals.returned_units);
  values.return_rows = totals.return_rows;
  return values;
}

}  // namespace tessera
