// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "tessera/analysis_passes.hpp"
#include "tessera/matrix.hpp"
#include "tessera/mixture_pass.hpp"
#include "tessera/statistics.hpp"

namespace tessera {

/// Bits of the per-row flags; their names are attributes of the dataset `flags`.
enum RowFlag : std::uint8_t {
  kFlagBoundary = 1,    ///< margin < 0.1
  kFlagOutlier = 2,     ///< distance beyond the quantile stored in the model
  kFlagIncomplete = 4,  ///< at least one feature was missing: filled, or left out of the distances as MissingPolicy says
  kFlagRejected = 8,    ///< the row was not used: segment -1, distances NaN
};

/// Prepared rows. Views point into memory that the feeder owns; they are valid while the chunk is being consumed. Rows that a
/// pass holds already may come without data, weights and flags: only their number is told.
struct Chunk {
  std::int64_t first_row = 0;      ///< id of row 0 in the whole table
  MatrixView<const float> rows;    ///< [n x d] on the grid; NaN: missing, only in rows with kFlagIncomplete if there are flags
  std::span<const float> weights;  ///< [n], >= 0; empty: every row counts once. Weight 0: assigned, not fitted
  std::span<const std::uint8_t> flags;  ///< [n] RowFlag bits known so far (incomplete, rejected); empty: none
  std::span<std::byte> state = {};      ///< [n x bytes] what a series of passes knows of each row; empty: nothing is kept
};

[[nodiscard]] inline bool is_rejected(const Chunk& chunk, std::int64_t i) {
  return !chunk.flags.empty() && (chunk.flags[static_cast<std::size_t>(i)] & kFlagRejected) != 0;
}

/// Weight of row i of a chunk in a fit: 0 if it is rejected.
[[nodiscard]] inline float fit_weight(const Chunk& chunk, std::int64_t i) {
  if (is_rejected(chunk, i)) return 0.0F;
  return chunk.weights.empty() ? 1.0F : chunk.weights[static_cast<std::size_t>(i)];
}

/// Per-row results of a nearest pass; every span is empty (not wanted) or as long as the chunk has rows.
/// Squared distances are reference distances; of rows with gaps, where a task knows them, exact::partial_distance2.
struct RowOutputs {
  std::span<std::int32_t> segment;
  std::span<double> distance2;            ///< to the segment
  std::span<std::int32_t> runner_up;      ///< second nearest by reference distance, -1 if k = 1
  std::span<double> runner_up_distance2;  ///< infinity if k = 1
};

/// What a nearest pass is to do. Views must outlive the pass.
struct NearestTask {
  MatrixView<const float> centroids;  ///< [k x d], finite
  const GridUnits* units = nullptr;   ///< needed if statistics or objective are wanted
  bool statistics = true;             ///< sums, weights, rows
  bool objective = false;             ///< exact 128-bit sum of w * d^2
  /// [d] 1 where the features of a column begin, which a row has or lacks together; empty: rows have no gaps. Else rows with
  /// kFlagIncomplete may have some, and their distances are the partial ones.
  std::span<const std::uint8_t> columns = {};
  [[nodiscard]] bool gaps() const { return !columns.empty(); }
};

/// Labels every row with its nearest centroid by the reference distance, ties to the lowest index, and adds up statistics.
/// All row outputs wanted in one pass must be wanted for every chunk.
class NearestPass {
 public:
  virtual ~NearestPass() = default;
  /// Whether it holds these rows, from an earlier pass of a series: asked before the first chunk comes, of chunks to come.
  [[nodiscard]] virtual bool holds(std::int64_t first_row, std::int64_t rows) const {
    static_cast<void>(first_row);
    static_cast<void>(rows);
    return false;
  }
  /// Rejected rows get segment -1, distances NaN and no part in the statistics.
  virtual void consume(const Chunk& chunk, const RowOutputs& outputs) = 0;
  /// The statistics of every chunk consumed; call once.
  [[nodiscard]] virtual NearestStatistics finish() = 0;
};

/// Nearest passes over the same rows, whose values may not change, with centroids that move from one pass to the next, as in
/// Lloyd's iteration. What a pass learned of a row is kept in Chunk::state, or where the pass runs, and spares work in the
/// next. Results are those of passes on their own.
class NearestSeries {
 public:
  virtual ~NearestSeries() = default;
  /// Bytes that the series wants of Chunk::state for every row, all zero before its first pass. 0: none.
  [[nodiscard]] virtual int row_state_bytes() const = 0;
  /// The next pass, with as many centroids as the first, the same units, and statistics. It must see every row once, with its
  /// state, or without any (then it works, and learns, like a pass on its own). At most one pass is alive at a time, and it
  /// must be finished before the next; the series must outlive it.
  /// @throws as Backend::nearest; Error if the number of centroids or features is another. The pass throws Error if rows come
  /// without the state that they had before.
  [[nodiscard]] virtual std::unique_ptr<NearestPass> next(const NearestTask& task) = 0;
  /// A pass of its own over the same rows, with any centroids and any task: seeding, closing. What the series holds of the rows
  /// may spare it the way to them. No other pass is alive at that time; the series must outlive it. @throws as Backend::nearest
  [[nodiscard]] virtual std::unique_ptr<NearestPass> aside(const NearestTask& task) = 0;
};

/// Where passes run. Every backend returns the same bits.
class Backend {
 public:
  virtual ~Backend() = default;
  /// For people and summary.json: "cpu (AVX-512, 2 threads)".
  [[nodiscard]] virtual std::string description() const = 0;
  /// The backend for samples: they are too small to be worth a device's while, and several threads may have passes over theirs
  /// at the same time. Passes of any other backend are for one thread at a time.
  [[nodiscard]] virtual Backend& host() { return *this; }
  /// A pass on its own. @throws ConfigError if k is not in 1..65,535 or d not in 1..8,192; Error if units are missing
  [[nodiscard]] virtual std::unique_ptr<NearestPass> nearest(const NearestTask& task) = 0;
  /// The passes of one fit. @param expected_rows  that every pass will see, so that there is room for them in one piece; 0:
  /// unknown
  [[nodiscard]] virtual std::unique_ptr<NearestSeries> nearest_series(std::int64_t expected_rows) = 0;
  /// The expectation step of a Gaussian mixture. @throws NumericalError if a covariance is not positive definite
  [[nodiscard]] virtual std::unique_ptr<MixturePass> mixture(const MixtureTask& task) = 0;
  /// The passes of one run of EM. @param expected_rows  as of nearest_series
  [[nodiscard]] virtual std::unique_ptr<MixtureSeries> mixture_series(std::int64_t expected_rows) = 0;
  /// Moments of groups of raw rows. @throws Error if the task contradicts itself
  [[nodiscard]] virtual std::unique_ptr<MomentsPass> moments(const MomentsTask& task) = 0;
  /// Counts of groups of raw rows.
  [[nodiscard]] virtual std::unique_ptr<TallyPass> tally(const TallyTask& task) = 0;
};

}  // namespace tessera
