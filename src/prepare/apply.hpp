// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
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
  /// Matches the plan's columns by name; `plan` must outlive the preparer. A table without the plan's weight column is taken as
  /// unweighted: new customers to be scored rarely have one.
  /// @throws DataError naming every column that is missing or of the wrong type
  Preparer(const FeaturePlan& plan, const TableInfo& table);
  ~Preparer();
  Preparer(Preparer&&) noexcept;
  Preparer& operator=(Preparer&&) noexcept;

  /// Indices into TableInfo::columns to be read, in the order apply() expects them.
  [[nodiscard]] std::span<const int> columns() const { return columns_; }
  /// True if rows carry weights that are not all one, or may be rejected: then `weights` is filled.
  [[nodiscard]] bool weighted() const { return weighted_; }

  /// Prepares all rows of `raw` (threads inside).
  /// @param rows     [n x d] written; NaN where a feature is missing and keeps_gaps(plan.missing)
  /// @param weights  [n] written if weighted(), else ignored; 0 for rejected rows
  /// @param flags    [n] written: incomplete, rejected. Where gaps are kept, a row without a single feature is rejected
  /// @throws DataError with row and column: missing cell under MissingPolicy::error, negative or missing weight
  void apply(const RawChunk& raw, MatrixView<float> rows, std::span<float> weights, std::span<std::uint8_t> flags,
             ThreadPool& threads) const;

 private:
  struct Columns;
  std::unique_ptr<const Columns> prepared_;
  std::vector<int> columns_;
  bool weighted_ = false;
};

/// Centroids [k x d] in prepared units as values people know.
struct OriginalCentroid {
  /// [sources] numeric: the mean in original units, dates as days since 1970-01-01; under log1p the back-transformed mean of
  /// the logarithms, expm1(mean(log1p(x))), which lies near the median. Nominal: index of the level with the largest share.
  std::vector<double> values;
  /// [sources][levels (+ other)] nominal only: shares in [0, 1] that add up to 1.
  std::vector<std::vector<double>> shares;
};
[[nodiscard]] std::vector<OriginalCentroid> to_original_units(const FeaturePlan& plan, MatrixView<const float> centroids);

/// Centroids given in original units (columns in the order of plan.sources; dates: days since 1970-01-01; nominal: index of the
/// level, levels.size() for other) into prepared units.
/// @throws DataError with row and column for a value that is not finite, or a level that does not exist
[[nodiscard]] Matrix<float> from_original_units(const FeaturePlan& plan, MatrixView<const double> centroids);

}  // namespace tessera
