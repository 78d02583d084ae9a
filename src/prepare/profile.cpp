// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "prepare/column_scan.hpp"
#include "prepare/infer.hpp"
#include "prepare/learn.hpp"
#include "prepare/raw_sweep.hpp"

namespace tessera {
namespace {

/// Quantiles that a plan may want of every column.
std::vector<int> quarters_wanted(ScalePolicy scale) {
  if (scale == ScalePolicy::robust) return {1, 2, 3};
  return {2};
}

/// Columns scanned together; more than these at once would not fit the budget, so that a wide table takes several sweeps.
std::vector<int> next_group(const TableInfo& info, std::size_t first, std::span<const int> quarters,
                            std::int64_t budget_bytes) {
  std::vector<int> group;
  std::int64_t bytes = 0;
  for (std::size_t i = first; i < info.columns.size(); ++i) {
    bytes += ColumnScan::most_bytes(info.columns[i].type, info.rows, quarters);
    if (!group.empty() && bytes > budget_bytes) break;
    group.push_back(static_cast<int>(i));
  }
  return group;
}

/// Scans columns, each thread its share of them.
class ProfileSweep {
 public:
  ProfileSweep(const TableInfo& info, std::span<const int> columns, std::span<const int> quarters, ThreadPool& threads)
      : threads_(threads), blocks_(static_cast<std::size_t>(threads.size())) {
    // Text is an order of magnitude more work than a number.
    constexpr std::int64_t kTextCost = 10;
    std::vector<std::int64_t> cost_up_to = {0};
    for (const int column : columns) {
      const ColumnSchema& schema = info.columns[static_cast<std::size_t>(column)];
      scans_.emplace_back(schema, info.rows, quarters);
      cost_up_to.push_back(cost_up_to.back() + (schema.type == DataType::text ? kTextCost : 1));
    }
    for (int thread = 0; thread <= threads.size(); ++thread) {
      const std::int64_t share = cost_up_to.back() * thread / threads.size();
      share_of_thread_.push_back(std::lower_bound(cost_up_to.begin(), cost_up_to.end(), share) - cost_up_to.begin());
    }
  }

  void consume(const RawChunk& raw) {
    threads_.run(threads_.size(), [&](int, std::int64_t share) {
      const auto at = static_cast<std::size_t>(share);
      const std::int64_t end = share_of_thread_[at + 1];
      for (std::int64_t first = share_of_thread_[at]; first < end; first += ColumnBlocks::kColumnsAtOnce) {
        consume(raw, first, std::min(ColumnBlocks::kColumnsAtOnce, end - first), blocks_[at]);
      }
    });
  }

  /// Appends what the columns say.
  void finish(std::int64_t rows, std::vector<ColumnFacts>& facts) {
    const std::size_t before = facts.size();
    facts.resize(before + scans_.size());
    threads_.run(std::ssize(scans_), [&](int, std::int64_t j) {
      const auto at = static_cast<std::size_t>(j);
      facts[before + at] = scans_[at].finish(rows);
    });
  }

 private:
  void consume(const RawChunk& raw, std::int64_t first, std::int64_t count, ColumnBlocks& blocks) {
    const auto views = std::span(raw.columns).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    for (std::int64_t begin = 0; begin < raw.rows; begin += kReductionRows) {
      const std::int64_t rows = std::min(kReductionRows, raw.rows - begin);
      blocks.load(views, begin, rows);
      for (std::int64_t j = 0; j < count; ++j) {
        ColumnScan& scan = scans_[static_cast<std::size_t>(first + j)];
        const ColumnView& view = views[static_cast<std::size_t>(j)];
        if (view.type == DataType::text) {
          scan.add(*view.text, begin, rows);
        } else {
          scan.add(blocks[j], raw.first_row + begin);
        }
      }
    }
  }

  ThreadPool& threads_;
  std::vector<ColumnScan> scans_;
  std::vector<std::int64_t> share_of_thread_;  // thread t scans columns [t, t + 1) of these
  std::vector<ColumnBlocks> blocks_;           // by thread
};

/// Levels are kept of the columns that will be read as levels, and only where all columns fit the budget at once.
void keep_tallies(std::vector<ColumnFacts>& facts, bool with_levels, std::vector<ColumnTally>& tallies) {
  for (ColumnFacts& column : facts) {
    if (!with_levels || !read_as_levels(column.profile)) column.tally.levels.reset();
    tallies.push_back(std::move(column.tally));
  }
}

}  // namespace

bool read_as_levels(const ColumnProfile& profile) {
  return profile.kind != Kind::date && (profile.type == DataType::text || profile.kind == Kind::nominal);
}

std::vector<ColumnProfile> profile_columns(Table& table, const PrepareOptions& options, const JobContext& job,
                                           std::int64_t memory_bytes, std::vector<ColumnTally>* tallies) {
  const TableInfo& info = table.info();
  const std::vector<int> quarters = tallies == nullptr ? std::vector<int>{} : quarters_wanted(options.scale);
  std::vector<ColumnFacts> facts;
  bool at_once = true;
  while (facts.size() < info.columns.size()) {
    const std::vector<int> columns = next_group(info, facts.size(), quarters, memory_bytes / 2);
    at_once = columns.size() == info.columns.size();
    ProfileSweep sweep(info, columns, quarters, job.threads);
    sweep_raw(table, columns, rows_per_read(table, raw_row_bytes(info, columns), memory_bytes / 4), job,
              [&](const RawChunk& raw) { sweep.consume(raw); });
    sweep.finish(info.rows, facts);
    if (at_once) continue;
    for (ColumnFacts& column : facts) column.tally.levels.reset();
  }
  assign_kinds_and_roles(facts, info.columns, options);
  if (tallies != nullptr) keep_tallies(facts, at_once, *tallies);
  std::vector<ColumnProfile> profiles;
  for (ColumnFacts& column : facts) profiles.push_back(std::move(column.profile));
  return profiles;
}

}  // namespace tessera
