// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "prepare/column_scan.hpp"
#include "prepare/infer.hpp"
#include "prepare/learn.hpp"
#include "prepare/raw_sweep.hpp"

namespace tessera {
namespace {

/// Columns scanned together; more than these at once would not fit the budget, so that a wide table takes several sweeps.
std::vector<int> next_group(const TableInfo& info, std::size_t first, std::int64_t budget_bytes) {
  std::vector<int> group;
  std::int64_t bytes = 0;
  for (std::size_t i = first; i < info.columns.size(); ++i) {
    bytes += ColumnScan::most_bytes(info.columns[i].type, info.rows);
    if (!group.empty() && bytes > budget_bytes) break;
    group.push_back(static_cast<int>(i));
  }
  return group;
}

class ProfileSweep {
 public:
  ProfileSweep(const TableInfo& info, std::span<const int> columns) {
    for (const int column : columns) scans_.emplace_back(info.columns[static_cast<std::size_t>(column)]);
  }

  void consume(const RawChunk& raw, ThreadPool& threads) {
    const auto columns = std::ssize(scans_);
    const std::int64_t blocks = (raw.rows + kReductionRows - 1) / kReductionRows;
    values_.resize(static_cast<std::size_t>(raw.rows * columns));
    found_.resize(static_cast<std::size_t>(blocks * columns));
    threads.run(columns, [&](int, std::int64_t j) { scan(j).begin(view(raw, j), raw.first_row, raw.rows); });
    threads.run(blocks, [&](int, std::int64_t b) {
      for (std::int64_t j = 0; j < columns; ++j) {
        const std::int64_t begin = b * kReductionRows;
        const std::int64_t count = std::min(kReductionRows, raw.rows - begin);
        const auto values = column_values(raw, j).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
        found_[static_cast<std::size_t>(b * columns + j)] = scan(j).scan(view(raw, j), raw.first_row, begin, values);
      }
    });
    threads.run(columns, [&](int, std::int64_t j) {
      for (std::int64_t b = 0; b < blocks; ++b) scan(j).add(found_[static_cast<std::size_t>(b * columns + j)]);
      scan(j).count_levels(view(raw, j), column_values(raw, j));
    });
  }

  void finish(std::int64_t rows, std::vector<ColumnFacts>& facts) {
    for (ColumnScan& column : scans_) facts.push_back(column.finish(rows));
  }

 private:
  [[nodiscard]] ColumnScan& scan(std::int64_t j) { return scans_[static_cast<std::size_t>(j)]; }
  [[nodiscard]] static const ColumnView& view(const RawChunk& raw, std::int64_t j) {
    return raw.columns[static_cast<std::size_t>(j)];
  }
  [[nodiscard]] std::span<double> column_values(const RawChunk& raw, std::int64_t j) {
    return std::span(values_).subspan(static_cast<std::size_t>(j * raw.rows), static_cast<std::size_t>(raw.rows));
  }

  std::vector<ColumnScan> scans_;
  std::vector<double> values_;            // [columns x rows of the chunk]
  std::vector<ColumnScan::Block> found_;  // [blocks x columns]
};

}  // namespace

std::vector<ColumnProfile> profile_columns(Table& table, const PrepareOptions& options, const JobContext& job,
                                           std::int64_t memory_bytes) {
  const TableInfo& info = table.info();
  std::vector<ColumnFacts> facts;
  while (facts.size() < info.columns.size()) {
    const std::vector<int> columns = next_group(info, facts.size(), memory_bytes / 2);
    const std::int64_t row_bytes = raw_row_bytes(info, columns) + 8 * std::ssize(columns);
    ProfileSweep sweep(info, columns);
    sweep_raw(table, columns, rows_per_read(table, row_bytes, memory_bytes / 4), job,
              [&](const RawChunk& raw) { sweep.consume(raw, job.threads); });
    sweep.finish(info.rows, facts);
  }
  assign_kinds_and_roles(facts, info.columns, options);
  std::vector<ColumnProfile> profiles;
  for (ColumnFacts& column : facts) profiles.push_back(std::move(column.profile));
  return profiles;
}

}  // namespace tessera
