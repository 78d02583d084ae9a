// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "backend/cuda/cuda_memory.hpp"
#include "backend/cuda/series_rows.hpp"
#include "backend/cuda/workspace.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// Iterations of Lloyd that the device has been given before anybody asks for them: each moves the centroids to the means of
/// the sums before and labels all rows again, so that the device never waits for the host. Whoever runs the fit finds its next
/// pass done if that has the centroids that were expected, bit for bit; else what was done ahead is of no use, and does no
/// harm: the labels and sums on the device are those of some centroids, from which any pass can go on.
class IterationsAhead {
 public:
  static constexpr int kMost = 4;

  /// How many to have under way: the device is to have work while the host looks at what it found. Long iterations need one; at
  /// the end of a fit, those under way are in vain. @param rows  that an iteration looks at
  [[nodiscard]] static int wanted(std::int64_t rows, std::int64_t d, std::int64_t k);

  [[nodiscard]] bool active() const { return waiting_ > 0; }
  /// Gives the device iterations until `wanted` are under way. `rows`, `drift` and `totals` [plan().cells] are of a series all
  /// of whose rows are on the device, and must stay as long as any is.
  void fill(int wanted, Workspace& workspace, SeriesRows& rows, DeviceDrift& drift, Int128* totals);
  /// Whether the next one is of these centroids; waits until the device has done it.
  [[nodiscard]] bool next_is_of(MatrixView<const float> centroids) const;
  /// What the next one found, and what it took. `found` has room for sums [k x d].
  RowCounts take(NearestStatistics& found);
  /// Forgets them. None may be under way: whoever calls this has waited for the workspace.
  void abandon();

 private:
  /// What one iteration leaves for the host.
  struct Iteration {
    PinnedBuffer<float> centroids;  ///< [k x d]
    PinnedBuffer<Int128> totals;    ///< [cells]
    PinnedBuffer<Counters> counters;
    Graph work;
    Event done;
  };
  [[nodiscard]] const Iteration& oldest() const { return iterations_[first_]; }
  void add(Workspace& workspace, SeriesRows& rows, DeviceDrift& drift, Int128* totals);

  std::array<Iteration, kMost> iterations_;
  std::size_t first_ = 0;  ///< the oldest one that waits
  int waiting_ = 0;
  bool begun_ = false;  ///< there was one
};

/// Adds totals [k x (d + kExtraColumns)] to statistics, and those behind them, 2 x [k x d], of rows with gaps, if it has any.
void add_totals(const Int128* totals, NearestStatistics& found);

}  // namespace tessera::cuda
