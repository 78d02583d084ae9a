// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "tessera/matrix.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Applies a plan to raw chunks of one table. Immutable after construction; apply() may run on several threads.
class Preparer {
 public:
  /// Matches the plan's columns by name. @throws DataError naming every column that is missing or of the wrong type
  Preparer(const FeaturePlan& plan, const TableInfo& table);

  /// Indices into TableInfo::columns to be read, in the order apply() expects them.
  [[nodiscard]] std::span<const int> columns() const { return columns_; }
  /// True if rows carry weights that are not all one, or may be rejected: then `weights` is filled.
  [[nodiscard]] bool weighted() const { return weighted_; }

  /// Prepares all rows of `raw` (threads inside).
  /// @param rows     [n x d] written
  /// @param weights  [n] written if weighted(), else ignored; 0 for rejected rows
  /// @param flags    [n] written: imputed, rejected
  /// @throws DataError with row and column: missing cell under MissingPolicy::error, negative or missing weight
  void apply(const RawChunk& raw, MatrixView<float> rows, std::span<float> weights, std::span<std::uint8_t> flags,
             ThreadPool& threads) const;

 private:
  const FeaturePlan* plan_;
  std::vector<int> columns_;
  bool weighted_ = false;
};

/// Centroids [k x d] in prepared units as values people know: per source the mean in original units (numeric) or the share of
/// each level (nominal).
struct OriginalCentroid {
  std::vector<double> values;                ///< [sources] numeric: original units; nominal: index of the largest share
  std::vector<std::vector<double>> shares;   ///< [sources][levels (+ other)] nominal only
};
[[nodiscard]] std::vector<OriginalCentroid> to_original_units(const FeaturePlan& plan, MatrixView<const float> centroids);

/// Centroids given in original units (columns in the order of plan.sources; nominal: level codes) into prepared units.
[[nodiscard]] Matrix<float> from_original_units(const FeaturePlan& plan, MatrixView<const double> centroids);

}  // namespace tessera
