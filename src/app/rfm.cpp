// SPDX-License-Identifier: Apache-2.0
#include "app/rfm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/output_check.hpp"
#include "app/rfm_files.hpp"
#include "app/rfm_rows.hpp"
#include "app/rfm_table.hpp"
#include "core/bytes.hpp"
#include "core/date_format.hpp"
#include "core/memory_budget.hpp"
#include "core/thread_count.hpp"

namespace tessera {
namespace {

void check_options(const RfmOptions& options) {
  if (options.gap_days && !(*options.gap_days >= 1.0)) {
    throw ConfigError("--gap must be at least one day", "30 says that a customer is expected once a month", ErrorCode::usage);
  }
  check_input(options.input);
  std::vector<std::filesystem::path> outputs{options.output};
  if (options.csv) outputs.push_back(rfm_csv_path(options.output));
  if (options.csv && outputs[0] == outputs[1]) {
    throw ConfigError("the HDF5 file and the CSV beside it would have the same name", "end the name behind -o with .h5",
                      ErrorCode::usage);
  }
  for (const std::filesystem::path& output : outputs) {
    check_not_overwritten(options.input, output);
    check_output_file(output, options.overwrite);
  }
}

void check_memory(std::int64_t held_bytes, std::int64_t budget_bytes, std::int64_t customers) {
  if (held_bytes <= budget_bytes) return;
  throw MemoryError(
      fmt::format("{} customers need {} and the budget is {}", customers, format_bytes(held_bytes), format_bytes(budget_bytes)),
      "give more with --memory; memory grows with the customers, not with the transactions");
}

/// Sweeps the table once.
void consume_all(Table& table, RfmRows& rows, std::int64_t budget_bytes, Observer& observer, const CancelToken& cancel,
                 RfmReport& report) {
  constexpr std::int64_t kMostRows = std::int64_t{1} << 17;
  const std::int64_t step = std::clamp<std::int64_t>(table.preferred_rows(), 1, kMostRows);
  const std::int64_t total = table.info().rows;
  RawChunk chunk;
  observer.stage("aggregate", total);
  for (std::int64_t first = 0; first < total; first += step) {
    cancel.check();
    table.read(first, std::min(step, total - first), rows.columns(), chunk);
    rows.consume(chunk, report);
    const std::int64_t customers = rows.index().size();
    check_memory(rows.held_bytes() + customers * RfmTable::kCustomerBytes + table.working_bytes(), budget_bytes, customers);
    observer.progress(std::min(first + step, total));
  }
}

/// What to do about times that cannot be read.
std::string advice_on_times(const std::string& cell) {
  const DateGuess guess = guess_date_format(cell);
  if (guess.format.empty())
    return "write dates as 2026-03-31 or 2026-03-31 10:20:30 (ISO 8601), or say how they are written with --date-format";
  if (guess.other.empty()) return fmt::format("say how they are written: --date-format '{}'", guess.format);
  return fmt::format("day and month could be either: --date-format '{}' or '{}'", guess.format, guess.other);
}

/// Times that were meant to be read and could not be: nothing is left, or the format is another one. A few are only counted.
void check_times(const RfmReport& report, const RfmOptions& options, const TableInfo& info) {
  const std::int64_t there = report.rows - report.filtered - report.without_time + report.unreadable_times;
  const bool none = report.unreadable_times > 0 && report.unreadable_times == there;
  const bool other_format = !options.date_format.empty() && 10 * report.unreadable_times > there;
  if (!none && !other_format) return;
  const std::string& cell = report.first_unreadable_time;
  throw DataError(none ? fmt::format("no time can be read; the first is '{}'", cell)
                       : fmt::format("{} of {} times are not written as --date-format says; the first is '{}'",
                                     report.unreadable_times, there, cell),
                  {info.path.string(), info.dataset, -1, options.time}, advice_on_times(cell));
}

/// Why nothing is left, as the most frequent reason has it.
void check_used(const RfmReport& report, const RfmOptions& options, const TableInfo& info) {
  if (report.used > 0) return;
  const auto refuse = [&](const std::string& message, const std::string& column, const std::string& advice) {
    throw DataError(message, {info.path.string(), info.dataset, -1, column}, advice);
  };
  if (report.rows == 0) refuse("the table has no rows", {}, "give at least one transaction");
  const std::int64_t most =
      std::max({report.filtered, report.without_time, report.after_as_of, report.without_amount, report.without_customer});
  if (most == report.filtered) refuse("no row meets the condition of --where", {}, "loosen the condition");
  if (most == report.without_time) refuse("no row has a time", options.time, "name the column of times with --time");
  if (most == report.after_as_of) refuse("every row is later than --as-of", options.time, "choose a later day");
  if (most == report.without_amount) refuse("no row has an amount", {}, "look at the columns of --amount");
  refuse("no row has a customer", options.customer, "name the column of ids with --customer");
}

void add_sums(const RfmRows& rows, RfmReport& report) {
  Int128 bought = 0, returned = 0;
  for (const RfmTotals& totals : rows.totals()) {
    bought += totals.bought_units;
    returned += totals.returned_units;
  }
  report.bought = money_from_units(bought);
  report.returned = money_from_units(-returned);
  report.revenue = money_from_units(bought + returned);
  report.customers = rows.index().size();
}

}  // namespace

RfmReport run_rfm(const RfmOptions& options, Observer& observer, const CancelToken& cancel) {
  check_options(options);
  const ThreadLimit limit =
      least_limit(thread_limits(options.threads > 0 ? std::optional<int>(options.threads) : std::nullopt));
  const MemoryBudget budget =
      memory_budget(options.memory_bytes > 0 ? std::optional<std::int64_t>(options.memory_bytes) : std::nullopt);
  const std::filesystem::path scratch = scratch_folder(options.scratch);

  observer.stage("read", 0);
  const std::unique_ptr<Table> table =
      open_table(options.input, {options.dataset, options.scratch, &observer, &cancel, limit.threads});
  RfmReport report;
  report.notes = table->info().notes;
  RfmRows rows(options, table->info(), scratch);
  consume_all(*table, rows, budget.bytes, observer, cancel, report);
  check_times(report, options, table->info());
  check_used(report, options, table->info());

  add_sums(rows, report);
  const double last_day = std::floor(report.last_time_days);
  report.as_of_day = static_cast<std::int64_t>(options.as_of_days ? std::floor(*options.as_of_days) : last_day + 1.0);
  const auto covered_days = static_cast<std::int64_t>(last_day - std::floor(report.first_time_days));
  const RfmTable customers(rows, report.as_of_day, options.gap_days, covered_days);
  report.typical_gap_days = customers.typical_gap();
  report.orders = customers.orders();
  write_rfm_files(customers, options, observer, cancel, report);
  return report;
}

}  // namespace tessera
