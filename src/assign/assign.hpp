// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "assign/row_sink.hpp"
#include "core/job.hpp"
#include "feed/feeder.hpp"
#include "tessera/backend.hpp"
#include "tessera/communicator.hpp"
#include "tessera/model.hpp"

namespace tessera {

/// Below this margin, (d2 - d1) / (d2 + d1) or p1 - p2, a customer could go either way: the boundary flag.
inline constexpr double kBoundaryMargin = 0.1;

/// What the last sweep counts on its way.
struct AssignSummary {
  std::int64_t rows = 0, rejected = 0, incomplete = 0, boundary = 0, outliers = 0;
  std::vector<std::int64_t> segment_rows;      ///< [k] rows assigned (weight 0 included)
  std::vector<std::int64_t> segment_boundary;  ///< [k]
  double simplified_silhouette = 0.0;          ///< mean of 1 - d1/d2 over assigned rows; NaN at k = 1 and of mixtures
  double mean_probability = 0.0;               ///< of the segment over assigned rows; NaN unless of a mixture
};

/// Counts the distances of fitted rows by the leading bits of their float32 value, so that the order of the rows does not
/// matter.
class DistanceQuantile {
 public:
  /// Counts the rows of a chunk; outputs.distance2 is needed.
  void operator()(const Chunk& chunk, const RowOutputs& outputs);
  /// The least distance within which the share `share` of the rows of all ranks lies, rounded up by at most one part in 4,096;
  /// infinite for shares of 1 and more. Call once.
  [[nodiscard]] float quantile(double share, Communicator& comm);

 private:
  std::vector<std::int64_t> counts_;  ///< from the first chunk on
};

/// The last sweep: every row gets segment, runner-up, distance, margin and flags; handed to `sink` in input order. With a
/// mixture also the probability of its segment and, if `probabilities`, of every segment.
AssignSummary assign(Feeder& feeder, Backend& backend, Communicator& comm, const Model& model, RowSink& sink,
                     bool probabilities = false);

}  // namespace tessera
