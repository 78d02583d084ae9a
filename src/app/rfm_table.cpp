// SPDX-License-Identifier: Apache-2.0
#include "app/rfm_table.hpp"

#include <numeric>
#include <utility>

#include "analyse/rfm_scores.hpp"

namespace tessera {

RfmTable::RfmTable(RfmRows& rows, std::int64_t as_of_day, std::optional<double> gap_days, std::int64_t covered_days)
    : rows_(rows), as_of_day_(as_of_day), orders_(rows.orders().count(rows.index().size())), order_(rows.index().in_order()) {
  if (gap_days) {
    typical_gap_ = *gap_days;
  } else {
    std::vector<double> gaps;
    for (std::int64_t i = 0; i < size(); ++i) {
      if (const double gap = values(i).mean_gap_days; gap > 0.0) gaps.push_back(gap);
    }
    typical_gap_ = typical_gap_days(std::move(gaps), covered_days);
  }
  recency_scores_ = scores([](const RfmValues& v) { return static_cast<double>(v.recency_days); }, false);
  frequency_scores_ = scores([](const RfmValues& v) { return static_cast<double>(v.frequency); }, true);
  monetary_scores_ = scores([](const RfmValues& v) { return v.monetary; }, true);
}

template <typename Value>
std::vector<std::int8_t> RfmTable::scores(Value value, bool more_is_better) const {
  std::vector<double> all;
  all.reserve(static_cast<std::size_t>(size()));
  for (std::int64_t i = 0; i < size(); ++i) all.push_back(value(values(i)));
  return rfm_scores(all, more_is_better);
}

std::int64_t RfmTable::orders() const { return std::accumulate(orders_.begin(), orders_.end(), std::int64_t{0}); }

RfmValues RfmTable::values(std::int64_t number) const {
  const auto i = static_cast<std::size_t>(number);
  return rfm_values(rows_.totals()[i], orders_[i], as_of_day_);
}

RfmCustomer RfmTable::customer(std::int64_t row) const {
  const auto i = static_cast<std::size_t>(number(row));
  RfmCustomer customer;
  customer.values = values(number(row));
  customer.recency_score = recency_scores_[i];
  customer.frequency_score = frequency_scores_[i];
  customer.monetary_score = monetary_scores_[i];
  customer.stage = rfm_stage(customer.values, customer.frequency_score, typical_gap_);
  return customer;
}

}  // namespace tessera
