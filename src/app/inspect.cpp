// SPDX-License-Identifier: Apache-2.0
#include "app/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "app/duplicate_ids.hpp"
#include "app/engine.hpp"
#include "app/output_check.hpp"
#include "app/recorder.hpp"
#include "core/memory_budget.hpp"
#include "prepare/learn.hpp"

namespace tessera {
namespace {

/// Passes over the id column that a look at a table may take.
constexpr std::int64_t kMostIdPasses = 16;

/// The column whose role is id, or -1.
int find_id_column(const std::vector<ColumnProfile>& profiles) {
  const auto found = std::find_if(profiles.begin(), profiles.end(), [](const ColumnProfile& p) { return p.role == Role::id; });
  return found == profiles.end() ? -1 : static_cast<int>(found - profiles.begin());
}

void count_ids(Table& table, const Engine& engine, InspectReport& report) {
  const int column = find_id_column(report.profiles);
  if (column < 0) return;
  if (report.profiles[static_cast<std::size_t>(column)].counts_rows) {
    report.duplicate_ids = 0;
    report.duplicate_ids_note = "the column counts the rows";
    return;
  }
  const std::int64_t memory_bytes = engine.memory_bytes() / 2;
  if (duplicate_id_passes(table.info().rows, memory_bytes) > kMostIdPasses) {
    report.duplicate_ids_note = "not counted: it would take too many passes with this --memory";
    return;
  }
  report.duplicate_ids = count_duplicate_ids(table, column, memory_bytes, engine.job());
  const bool text = table.info().columns[static_cast<std::size_t>(column)].type == DataType::text;
  report.duplicate_ids_note = text ? "by 64-bit hashes" : "";
}

void learn(Table& table, const InspectOptions& options, const Engine& engine, std::span<const ColumnTally> tallies,
           InspectReport& report) {
  try {
    report.plan = learn_plan(table, report.profiles, options.prepare, engine.job(), engine.learning_bytes(table), tallies);
  } catch (const DataError& error) {
    report.plan_problem = fmt::format("{}{}{}", error.what(), error.advice().empty() ? "" : "; ", error.advice());
  }
}

}  // namespace

InspectReport run_inspect(const InspectOptions& options, Observer& observer, const CancelToken& cancel) {
  check_input(options.input);
  Recorder recorder(observer);
  const Engine engine(options.engine, recorder, cancel);
  InspectReport report;
  recorder.stage("read", 0);
  const auto table =
      open_table(options.input, {options.dataset, options.engine.scratch, &recorder, &cancel, engine.threads().threads});
  report.table = table->info();
  std::error_code error;
  report.file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(options.input, error));
  recorder.stage("inspect", report.table.rows);
  std::vector<ColumnTally> tallies;
  report.profiles = profile_columns(*table, options.prepare, engine.job(), engine.learning_bytes(*table), &tallies);
  count_ids(*table, engine, report);
  learn(*table, options, engine, tallies, report);
  if (report.plan) {
    const std::int64_t held_bytes = resident_bytes();  // the budget counts what the process holds already
    const FeedNeeds needs = table_feeder_needs(*table, *report.plan);
    report.least_bytes = needs.least_bytes + held_bytes;
    report.resident_bytes = needs.resident_bytes + held_bytes;
  }
  report.budget_bytes = engine.memory_bytes();
  report.remarks = recorder.remarks();
  return report;
}

}  // namespace tessera
