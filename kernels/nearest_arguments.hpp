// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "exact/certificate.hpp"
#include "exact/slack.hpp"
#include "kernels/slab.hpp"
#include "tessera/int128.hpp"

namespace tessera::kernels {

/// Zeros behind the offsets of a frame, so that kernels may read as many as their products have terms.
inline constexpr int kFrameSpare = 32;

/// Screens see rows and centroids in a frame that lies around the centroids, so that an offset of the data costs no digits.
/// Distances keep their order: y = x scale + offset, one rounding; the scale is a power of two.
struct ScreenFrame {
  const float* offset = nullptr;  ///< [d + kFrameSpare], 0 behind the last feature
  float scale = 1.0F;             ///< 2^-126 to 2^126

  [[nodiscard]] TESSERA_HOST_DEVICE float at(float x, int j) const { return fmaf(x, scale, offset[j]); }
  /// 1 / scale, which is a power of two, too: of its bits, only the exponent changes.
  [[nodiscard]] TESSERA_HOST_DEVICE float unit() const {
    return std::bit_cast<float>(0x7F000000U - std::bit_cast<std::uint32_t>(scale));
  }
};

/// Centroids in blocks of `tile` places that share a bound (see ScreenCentroids): place p of block b holds centroid
/// place_centroid[b * tile + p] (-1: none), its element j in the frame is packed[(b * d + j) * tile + p].
struct Centroids {
  ScreenFrame frame;
  const float* packed = nullptr;
  const float* start = nullptr;         ///< [blocks x tile] -||c||^2 / 2, -infinity where there is no centroid
  const float* block_norm = nullptr;    ///< [blocks] largest norm of a block's centroids
  const float* largest_norm = nullptr;  ///< [1]
  const std::int32_t* place_centroid = nullptr;
  const float* centroids = nullptr;  ///< [k x d], row by row, as they are
  std::int32_t k = 0;
  std::int32_t blocks = 0;
  std::int32_t tile = 0;
  exact::ScreenBound bound;
};

/// Columns of the sums beyond the features: weight units and rows.
inline constexpr int kExtraColumns = 2;

/// Some rows of a slab, whose numbers lie `stride` words apart.
struct ListedRows {
  const std::int32_t* rows = nullptr;  ///< null: all of the slab
  std::int32_t stride = 1;
  const std::int32_t* count = nullptr;  ///< of listed ones

  /// How many.
  [[nodiscard]] TESSERA_HOST_DEVICE std::int32_t size(const Slab& slab) const { return rows == nullptr ? slab.n : *count; }
  /// The slab's row that is number i of them.
  [[nodiscard]] TESSERA_HOST_DEVICE std::int32_t row(std::int32_t i) const { return rows == nullptr ? i : rows[i * stride]; }
};

/// A list that rows are appended to, in any order.
struct RowList {
  std::int32_t* entries = nullptr;  ///< [n] room for all rows
  std::int32_t* count = nullptr;

  [[nodiscard]] ListedRows listed() const { return {entries, 1, count}; }
};

/// A row whose label needs reference distances: centroids whose score plus bound is below the threshold are out for certain;
/// all are candidates where it is -infinity.
struct OpenRow {
  std::int32_t row;
  float threshold;
  float norm;  ///< upper bound of the row's norm
};

struct OpenRows {
  OpenRow* entries = nullptr;  ///< [n] room for all rows
  std::int32_t* count = nullptr;

  [[nodiscard]] TESSERA_HOST_DEVICE ListedRows listed() const {
    return {&entries->row, sizeof(OpenRow) / sizeof(std::int32_t), count};
  }
};

/// What a series keeps of rows that are labelled, so that later passes may leave them alone (exact/slack.hpp).
struct KeptSlack {
  float* slack = nullptr;        ///< [n] null: nothing is kept
  const float* drift = nullptr;  ///< [k] of the segments so far, rounded down

  [[nodiscard]] TESSERA_HOST_DEVICE bool wanted() const { return slack != nullptr; }
  /// @param found  slack of the row in the present pass; if it is wanted
  TESSERA_HOST_DEVICE void keep(std::int64_t row, std::int32_t label, float found) const {
    slack[row] = exact::kept_slack(found, drift[label]);
  }
  /// The row is to be looked at in every pass.
  TESSERA_HOST_DEVICE void keep_nothing(std::int64_t row) const {
    if (wanted()) slack[row] = 0.0F;
  }
};

/// What is found of each row, [n] each; null: not wanted. Rejected rows get -1 and NaN.
struct RowResults {
  std::int32_t* label = nullptr;  ///< always wanted
  double* distance2 = nullptr;
  std::int32_t* second = nullptr;
  double* second_distance2 = nullptr;
  KeptSlack kept = {};
};

struct ScreenArguments {
  Slab slab;
  Centroids centroids;
  ListedRows list;  ///< the rows to screen
  OpenRows open;    ///< those that are not certified
  RowList gaps;     ///< those with gaps, which screens leave alone; entries null: there are none
  RowResults results;
};

/// How the screen on matrix units takes its rows.
struct TensorShape {
  std::int32_t steps = 0;  ///< of 16 features each; 0: matrix units don't screen
  std::int32_t rows = 0;   ///< of a block that keeps them in shared memory; 0: registers do

  bool operator==(const TensorShape&) const = default;
};

/// The screen on matrix units.
struct TensorScreenArguments {
  ScreenArguments screen;
  const std::uint32_t* tiles = nullptr;  ///< the centroids, packed as TensorTile<shape.steps, centroids.tile>
  TensorShape shape;
};

/// Rows of a pass that took work.
struct RowCounts {
  std::int64_t reference = 0;
  std::int64_t unsettled = 0;  ///< of slabs whose settled rows were left alone
};

/// Numbers that the kernels of a pass count up.
struct Counters {
  Int128 objective = 0;
  std::int64_t halves[2] = {0, 0};  ///< of what a slab adds to the objective
  RowCounts rows;
  std::int64_t bad_row = std::numeric_limits<std::int64_t>::max();  ///< least row beyond the objective's range
  std::int32_t listed_rows[5] = {0, 0, 0, 0, 0};                    ///< of a slab, by list
};

/// What an iteration starts from.
struct IterationStart {
  const Int128* totals = nullptr;         ///< [k x (d + kExtraColumns)]
  const int* feature_exponent = nullptr;  ///< [d] of the units that the sums are in
  int weight_exponent = 0;
  float* host_centroids = nullptr;  ///< [k x d] pinned memory that gets them, too; null: nobody asks
  RowCounts* rows = nullptr;        ///< which begin anew
};

/// The centroids of a pass, made those of the next one: the means of its segments, in the places and the frame that they have.
struct NextCentroidsArguments {
  IterationStart from;
  ScreenFrame frame;
  const std::int32_t* place_centroid = nullptr;
  float* centroids = nullptr;
  float* packed = nullptr;
  float* start = nullptr;
  float* block_norm = nullptr;
  float* largest_norm = nullptr;
  std::uint32_t* tiles = nullptr;  ///< if matrix units screen
  exact::TensorBound tensor_bound;
  std::int32_t tensor_steps = 0;
  std::int32_t k = 0;
  std::int32_t d = 0;
  std::int32_t blocks = 0;
  std::int32_t tile = 0;
};

/// How far the centroids of a series moved: that of a pass after the other.
struct DriftArguments {
  const float* centroids = nullptr;  ///< [k x d] of the present pass
  float* before = nullptr;           ///< [k x d] of the pass before, then those of the present one
  double* moved = nullptr;           ///< [k] scratch
  double* drift = nullptr;           ///< [k] of each segment, added to
  float* lower = nullptr;            ///< [k] the same rounded down
  float* upper = nullptr;            ///< [k] and up
  std::int32_t k = 0;
  std::int32_t d = 0;
};

/// Rows whose labels have to be found anew, of those that a series has labelled before.
struct UnsettledArguments {
  Slab slab;
  const std::int32_t* label = nullptr;  ///< [n] of the pass before, -1: not seen yet
  const float* slack = nullptr;         ///< [n]
  const float* drift = nullptr;         ///< [k] rounded up
  RowList unsettled;
  std::int64_t* unsettled_rows = nullptr;  ///< added into: how many
};

/// Labelled rows whose squared distances are wanted.
struct MeasureArguments {
  Slab slab;
  const float* centroids = nullptr;  ///< [k x d]
  RowResults results;                ///< label -1: none
};

struct DecideArguments {
  Slab slab;
  Centroids centroids;
  OpenRows open;
  RowResults results;
  std::int32_t wanted = 1;                 ///< 2 if the thresholds are those of the runner-up
  std::int64_t* reference_rows = nullptr;  ///< added into: rows with more candidates than wanted
};

/// The second look on matrix units, at rows that the screen there leaves open: candidates, and what reference distances say of
/// them.
struct TensorDecideArguments {
  TensorScreenArguments screened;  ///< the pass that `decide.open` is of
  DecideArguments decide;
  OpenRows crowded;  ///< gets the rows that have more candidates than a block has room for
};

/// Rows to look through for gaps, which their flags are to tell.
struct MarkGapsArguments {
  const float* rows = nullptr;    ///< [n x d]
  std::uint8_t* flags = nullptr;  ///< [n] kGapRow is set or taken away
  std::int32_t n = 0;
  std::int32_t d = 0;
};

struct GapsArguments {
  Slab slab;
  const float* centroids = nullptr;       ///< [k x d]
  const std::uint8_t* columns = nullptr;  ///< [d] 1 where the features of a column begin
  std::int32_t k = 0;
  std::int32_t column_count = 0;
  RowList gaps;
  RowResults results;
};

struct AccumulateArguments {
  Slab slab;
  ListedRows list;                      ///< the rows that may have moved
  const std::int32_t* label = nullptr;  ///< [n] what rows join; null: they only leave
  std::int32_t* previous = nullptr;     ///< [n] what they leave, then the same as label; null: nothing
  const double* inverse = nullptr;      ///< [d] 1 / unit of each feature
  double weight_inverse = 1.0;
  std::int32_t k = 0;
  std::int32_t groups = 1;                ///< copies of the sums in shared memory; on chip only
  std::int64_t* sums = nullptr;           ///< [k x (d + kExtraColumns)] added into
  const std::uint8_t* columns = nullptr;  ///< as in GapsArguments; null: rows have no gaps
  std::int64_t* gap_halves = nullptr;     ///< [2 x 2 k d] added into: low 32 bits and the rest, of gap_sums and gap_weights
};

/// Bits of an objective's term that the lower one of its halves has.
inline constexpr int kObjectiveLowBits = 40;

struct ObjectiveArguments {
  Slab slab;
  const std::int32_t* label = nullptr;
  const double* distance2 = nullptr;
  double inverse = 1.0;
  std::int64_t* halves = nullptr;   ///< [2] added into: sums of the terms' low kObjectiveLowBits bits and of the rest
  std::int64_t* bad_row = nullptr;  ///< least id of a row that does not fit, or as it was
};

/// Pinned memory that kernels write what they found to, instead of a copy that the next kernel would wait for; null: nobody
/// asks.
struct HostResults {
  Int128* totals = nullptr;  ///< [cells] of FoldArguments
  Counters* counters = nullptr;
};

/// The sums of one slab, and the totals that they are added to before they are set to zero.
struct FoldArguments {
  std::int64_t* sums = nullptr;        ///< [cells]
  std::int64_t cells = 0;              ///< 0: no sums
  std::int64_t* gap_halves = nullptr;  ///< [2 x gap_cells] of AccumulateArguments
  std::int64_t gap_cells = 0;          ///< 0: rows have no gaps
  Int128* totals = nullptr;            ///< [cells + gap_cells]
  bool objective = false;              ///< is counted
  Counters* counters = nullptr;        ///< whose lists begin anew; null: none
  HostResults host;
};

}  // namespace tessera::kernels
