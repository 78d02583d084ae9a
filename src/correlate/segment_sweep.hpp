// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/job.hpp"
#include "correlate/complete_rows.hpp"
#include "correlate/plan.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// How many rows were looked at, by what they are good for.
struct CorrelatedRows {
  std::int64_t in_segments = 0;        ///< of positive weight or not
  std::int64_t weighted = 0;           ///< of those, of positive weight
  std::vector<std::int64_t> rows;      ///< [segments] used: of those, complete if only complete rows count
  std::vector<double> weight;          ///< [segments] exact
  std::vector<double> weight_squares;  ///< [segments]
  [[nodiscard]] std::int64_t used() const;
};

/// Sweeps over the columns of a plan, one after the other, each over the same rows.
class SegmentSweep {
 public:
  using Visit = std::function<void(std::span<const AnalysisBlock>)>;

  /// @param listwise  rows that lack a cell are in no segment
  SegmentSweep(Table& table, const CorrelationPlan& plan, bool listwise, const JobContext& job, std::int64_t budget_bytes)
      : table_(table), plan_(plan), listwise_(listwise), job_(job), budget_bytes_(budget_bytes) {}

  /// Blocks in order; the first column of codes is the segment, -1: not to be used.
  /// @param allow_rows  blocks may have number_rows in place of numbers
  void run(const Visit& visit, bool allow_rows = false);
  /// Of the first sweep.
  [[nodiscard]] const CorrelatedRows& rows() const { return rows_; }
  [[nodiscard]] bool listwise() const { return listwise_; }
  [[nodiscard]] const JobContext& job() const { return job_; }
  [[nodiscard]] std::int64_t budget_bytes() const { return budget_bytes_; }
  [[nodiscard]] std::int64_t table_rows() const { return table_.info().rows; }

 private:
  void count(const AnalysisBlock& all, const AnalysisBlock& used, std::vector<Int128>& units);

  Table& table_;
  const CorrelationPlan& plan_;
  bool listwise_;
  const JobContext& job_;
  std::int64_t budget_bytes_;
  bool counted_ = false;
  CorrelatedRows rows_;
};

}  // namespace tessera
