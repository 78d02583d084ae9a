// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyse/analyse.hpp"
#include "app/engine.hpp"
#include "assign/row_sink.hpp"
#include "prepare/column_tally.hpp"
#include "tessera/analysis.hpp"
#include "tessera/prepare.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// The KPIs that were asked for, read with the names of a table's columns at hand.
struct KpiRequests {
  std::vector<KpiRequest> requests;
  /// The columns that they speak of, for their roles.
  [[nodiscard]] std::vector<std::string> columns() const;
};
[[nodiscard]] KpiRequests read_kpis(const std::vector<std::string>& texts, const TableInfo& info);

/// Looks for the columns that the options name, before any work is done. @throws ConfigError if one does not exist
void check_columns(const AnalysisOptions& options, const TableInfo& info);

/// The roles that follow from what is to be analysed: columns of KPIs are KPIs, personal ones are left out.
[[nodiscard]] PrepareOptions with_roles(PrepareOptions prepare, const KpiRequests& kpis, const AnalysisOptions& analysis);

/// What an analysis needs of the sweep that profiled the columns.
struct ProfiledColumns {
  std::vector<ColumnProfile> profiles;
  std::vector<ColumnLevels> levels;
  std::vector<std::optional<double>> medians;
};
[[nodiscard]] ProfiledColumns keep_for_analysis(const std::vector<ColumnProfile>& profiles,
                                                std::span<const ColumnTally> tallies);
/// One sweep of a table that is analysed by segments it has already.
[[nodiscard]] ProfiledColumns profile_for_analysis(Table& table, const PrepareOptions& prepare, Engine& engine);

/// Counts boundary rows by segment and runner-up on their way to another sink.
class BoundaryCounter final : public RowSink {
 public:
  BoundaryCounter(int segments, RowSink& next)
      : segments_(static_cast<std::size_t>(segments)), pairs_(segments_ * segments_), next_(next) {}
  void write(const AssignedRows& rows) override;
  [[nodiscard]] const std::vector<std::int64_t>& pairs() const { return pairs_; }

 private:
  std::size_t segments_;
  std::vector<std::int64_t> pairs_;
  RowSink& next_;
};

/// Reads the labels of a file of assignments.
class AssignedLabels {
 public:
  /// @throws FileError, DataError
  explicit AssignedLabels(const std::filesystem::path& assignments);
  void operator()(std::int64_t first_row, std::span<std::int32_t> labels);

 private:
  std::unique_ptr<Table> table_;
  int column_ = -1;
  RawChunk chunk_;
};

/// Everything that an analysis is made of.
struct AnalysisJob {
  const ProfiledColumns& columns;
  const KpiRequests& kpis;
  const AnalysisOptions& options;
  const PrepareOptions& prepare;
  std::uint64_t seed = 0;
  std::vector<std::string> used_in_fit = {};
  int segments = 0;
  std::vector<std::string> labels = {};  ///< of given segments
  std::vector<std::string> names = {};   ///< of found ones
  int by = -1;
  LabelReader read_labels = {};
  AssignmentCounts counts = {};
};

/// Plans the sweep, makes it, and answers. @throws ConfigError if a column that was asked for does not exist
[[nodiscard]] Analysis run_analysis(Table& table, const AnalysisJob& job, Engine& engine);

}  // namespace tessera
