// SPDX-License-Identifier: Apache-2.0
#include "app/rfm_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "core/dates.hpp"
#include "prepare/cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr double kFirstDay = -719528.0;  // 0000-01-01
constexpr double kLastDay = 2932897.0;   // 10000-01-01

int pick_time(ColumnPicks& picks, const RfmOptions& options) {
  const std::string& name = options.time;
  const int position = picks.pick(name, "--time");
  const ColumnSchema& schema = picks.schema(position);
  if (schema.type != DataType::text && !options.date_format.empty()) {
    throw ConfigError(fmt::format("--date-format is for text, and column '{}' holds {}", name,
                                  schema.declared_kind == Kind::date ? "dates already" : "numbers"),
                      "leave it out");
  }
  if (schema.type != DataType::text && schema.declared_kind != Kind::date) {
    throw ConfigError(fmt::format("--time: column '{}' holds numbers that are not declared as dates", name),
                      "give dates as text such as 2026-03-31 10:20, or days since 1970-01-01 in a dataset with the attribute "
                      "kind = date");
  }
  return position;
}

/// A whole number and where it came from: never equal to the hash of a text in practice.
enum Tag : std::uint64_t { kInteger = 0, kReal = 1, kTime = 2 };

/// The bits of a numeric cell as a key; false if it is missing.
bool number_key(const ColumnView& view, std::int64_t row, WideHash& key) {
  bool present = true;
  visit_type(view.type, [&](auto zero) {
    using T = decltype(zero);
    const T value = load_cell<T>(view.data + row * view.stride_bytes);
    if constexpr (std::is_floating_point_v<T>) {
      present = !std::isnan(value);
      key = {kReal, std::bit_cast<std::uint64_t>(static_cast<double>(value) + 0.0)};  // -0 is 0
    } else {
      key = {kInteger, static_cast<std::uint64_t>(value)};
    }
  });
  return present;
}

}  // namespace

RfmRows::RfmRows(const RfmOptions& options, const TableInfo& info, std::filesystem::path scratch)
    : picks_(info),
      filter_(options.where, "--where", picks_),
      amount_(options.amount, "--amount", picks_),
      customer_(picks_.pick(options.customer, "--customer")),
      time_(pick_time(picks_, options)),
      date_format_(options.date_format.empty() ? std::nullopt : std::optional<DateFormat>(options.date_format)),
      invoice_(options.invoice.empty() ? -1 : picks_.pick(options.invoice, "--invoice")),
      end_days_(options.as_of_days ? std::floor(*options.as_of_days) + 1.0 : kLastDay),
      index_(picks_.schema(customer_).type == DataType::text),
      orders_(std::move(scratch)) {}

std::int64_t RfmRows::customer_of(const ColumnView& view, std::int64_t row, std::int64_t table_row) {
  if (view.text != nullptr) {
    const std::string_view id = (*view.text)[row];
    return id.empty() ? -1 : index_.find_or_add(id);
  }
  std::int64_t id = 0;
  bool missing = false, whole = true;
  visit_type(view.type, [&](auto zero) {
    using T = decltype(zero);
    const T value = load_cell<T>(view.data + row * view.stride_bytes);
    if constexpr (std::is_floating_point_v<T>) {
      constexpr double kExact = 9007199254740992.0;  // from 2^53 on neighbours fall together
      missing = std::isnan(value);
      whole = missing || (std::abs(static_cast<double>(value)) < kExact && std::rint(value) == value);
    } else if constexpr (std::is_same_v<T, std::uint64_t>) {
      whole = value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    }
    if (whole && !missing) id = static_cast<std::int64_t>(value);
  });
  if (!whole) {
    const TableInfo& info = picks_.info();
    throw DataError("an id of a customer is a number that is not whole, or too large to be exact",
                    {info.path.string(), info.dataset, table_row, picks_.schema(customer_).name},
                    "name the column of ids with --customer, or store them as text");
  }
  return missing ? -1 : index_.find_or_add(id);
}

double RfmRows::time_of(const ColumnView& view, std::int64_t row, RfmReport& report) const {
  double days = std::numeric_limits<double>::quiet_NaN();
  if (view.text != nullptr) {
    const std::string_view cell = (*view.text)[row];
    const auto parsed = date_format_ ? date_format_->read(cell) : parse_iso_date(cell);
    if (!parsed && !cell.empty()) {
      ++report.unreadable_times;
      if (report.first_unreadable_time.empty()) report.first_unreadable_time = cell;
    }
    if (parsed) days = *parsed;
  } else {
    read_cells(view, row, 1, &days);
  }
  return days >= kFirstDay && days < kLastDay ? days : std::numeric_limits<double>::quiet_NaN();
}

/// A row without an invoice's number belongs to the order of its time.
WideHash RfmRows::order_of(const RawChunk& chunk, std::int64_t row, double time) const {
  if (invoice_ >= 0) {
    const ColumnView& view = chunk.columns[static_cast<std::size_t>(invoice_)];
    if (view.text != nullptr) {
      if (const std::string_view cell = (*view.text)[row]; !cell.empty()) return wide_hash(cell);
    } else if (WideHash key; number_key(view, row, key)) {
      return key;
    }
  }
  return {kTime, std::bit_cast<std::uint64_t>(time + 0.0)};
}

void RfmRows::consume(const RawChunk& chunk, RfmReport& report) {
  filter_.apply(chunk, keep_);
  amount_.apply(chunk, amounts_);
  report.rows += chunk.rows;
  for (std::int64_t row = 0; row < chunk.rows; ++row) {
    if (keep_[static_cast<std::size_t>(row)] == 0) {
      ++report.filtered;
      continue;
    }
    const double time = time_of(chunk.columns[static_cast<std::size_t>(time_)], row, report);
    const double amount = amounts_[static_cast<std::size_t>(row)];
    // The customer comes last: an id counts as one only with a row that is used.
    if (std::isnan(time)) {
      ++report.without_time;
    } else if (time >= end_days_) {
      ++report.after_as_of;
    } else if (!(std::abs(amount) <= kMostMoney)) {
      ++report.without_amount;
    } else if (const std::int64_t customer =
                   customer_of(chunk.columns[static_cast<std::size_t>(customer_)], row, chunk.first_row + row);
               customer < 0) {
      ++report.without_customer;
    } else {
      use(chunk, row, customer, time, amount, report);
    }
  }
}

void RfmRows::use(const RawChunk& chunk, std::int64_t row, std::int64_t customer, double time, double amount,
                  RfmReport& report) {
  if (customer == std::ssize(totals_)) totals_.emplace_back();
  RfmTotals& totals = totals_[static_cast<std::size_t>(customer)];
  if (amount >= 0.0) {
    const WideHash order = order_of(chunk, row, time);
    if (totals.purchase_rows == 0 || order != totals.last_order) orders_.add(customer, order);
    totals.last_order = order;
  }
  totals.add(time, amount);
  report.first_time_days = report.used == 0 ? time : std::min(report.first_time_days, time);
  report.last_time_days = report.used == 0 ? time : std::max(report.last_time_days, time);
  ++report.used;
  report.return_rows += amount < 0.0 ? 1 : 0;
  report.zero_rows += amount == 0.0 ? 1 : 0;
}

std::int64_t RfmRows::held_bytes() const {
  return index_.held_bytes() + orders_.held_bytes() + std::ssize(totals_) * static_cast<std::int64_t>(sizeof(RfmTotals));
}

}  // namespace tessera
