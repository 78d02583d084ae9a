// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "stats/contingency.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// Where the counts of a table, or of one of its periods, lie.
struct TableCounts {
  std::int64_t rows = 0, columns = 0;
  const std::int64_t* n = nullptr;          ///< [rows x columns]
  const double* weight = nullptr;           ///< [rows x columns]
  const SeriesMoments* moments = nullptr;   ///< series of KPIs
  std::int64_t first_group = 0, parts = 1;  ///< cell c: groups first_group + c * parts ...
};

/// Counts, shares, residuals and KPIs of every cell and of the margins.
class TableCells {
 public:
  TableCells(const AnalysisPlan& plan, const AnalysisStatistics& statistics, const TableCounts& table);
  [[nodiscard]] CrosstabCells fill() const;
  /// Effective counts, as tests take them.
  [[nodiscard]] MatrixView<const double> counts() const { return counts_.view(); }

 private:
  /// A range of rows and columns.
  struct Range {
    std::int64_t first_row, last_row, first_column, last_column;
  };
  [[nodiscard]] CrosstabCell sum_of(const Range& range) const;
  [[nodiscard]] std::vector<double> kpis_of(const Range& range) const;

  const AnalysisPlan& plan_;
  const TableCounts& table_;
  MatrixView<const double> weights_;
  stats::Margins margins_;
  Matrix<double> counts_;
};

/// Hides the cells that hidden_cells() names, and the shares that a hidden margin could be worked out from.
/// @param hidden  by row and column, the last place of each for the totals
void hide_cells(CrosstabCells& table, const std::vector<bool>& hidden);

}  // namespace tessera
