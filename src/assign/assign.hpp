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

/// What the last sweep counts on its way.
struct AssignSummary {
  std::int64_t rows = 0, rejected = 0, imputed = 0, boundary = 0, outliers = 0;
  std::vector<std::int64_t> segment_rows;      ///< [k] rows assigned (weight 0 included)
  std::vector<std::int64_t> segment_boundary;  ///< [k]
  double simplified_silhouette = 0.0;          ///< mean of 1 - d1/d2 over assigned rows; NaN at k = 1
};

/// The least distance within which the share `quantile` of the fitted rows lies, rounded up by at most one part in 4,096: one
/// sweep counts the leading bits of the float32 distances, so the order of the rows does not matter. Infinite for quantile
/// >= 1.
[[nodiscard]] float outlier_distance(Feeder& feeder, Backend& backend, Communicator& comm, const Matrix<float>& centroids,
                                     double quantile);

/// The last sweep: every row gets segment, runner-up, distance, margin and flags; handed to `sink` in input order.
AssignSummary assign(Feeder& feeder, Backend& backend, Communicator& comm, const Model& model, RowSink& sink);

}  // namespace tessera
