// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/iterations_ahead.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tessera::cuda {

int IterationsAhead::wanted(std::int64_t rows, std::int64_t d, std::int64_t k) {
  constexpr double kLongProducts = 1e10;  // some tenths of a millisecond, which is what the host takes between passes
  const double products = static_cast<double>(rows) * static_cast<double>(d) * static_cast<double>(k);
  return static_cast<int>(std::clamp(kLongProducts / std::max(products, 1.0), 1.0, static_cast<double>(kMost)));
}

void IterationsAhead::fill(int wanted, Workspace& workspace, SeriesRows& rows, DeviceDrift& drift, Int128* totals) {
  while (waiting_ < std::min(wanted, kMost)) add(workspace, rows, drift, totals);
}

void IterationsAhead::add(Workspace& workspace, SeriesRows& rows, DeviceDrift& drift, Int128* totals) {
  const auto next = (first_ + static_cast<std::size_t>(waiting_)) % iterations_.size();
  Iteration& iteration = iterations_[next];
  const auto work = [&] {
    workspace.begin_iteration(totals, drift, iteration.centroids.data());
    const auto all = [](const ResidentRows&) { return true; };
    rows.each_run(workspace.plan().slab_rows, all, [&](Stretch& stretch, std::int64_t at, std::int64_t count) {
      workspace.run(stretch.slab(at, count), workspace.slots().front(), stretch.kept(at, drift, true), totals,
                    {iteration.totals.data(), iteration.counters.data()});
    });
  };
  iteration.centroids.reserve(workspace.centroid_cells());
  iteration.totals.reserve(workspace.plan().cells);
  iteration.counters.reserve(1);
  if (!std::exchange(begun_, true)) {
    work();  // the driver loads kernels when they are launched first, which it may not do while work is recorded
  } else {
    if (!iteration.work) iteration.work.record(workspace.compute(), work);
    iteration.work.launch(workspace.compute());
  }
  iteration.done.record(workspace.compute());
  ++waiting_;
}

bool IterationsAhead::next_is_of(MatrixView<const float> centroids) const {
  oldest().done.wait();
  const auto bytes = static_cast<std::size_t>(centroids.rows * centroids.columns) * sizeof(float);
  return std::memcmp(oldest().centroids.data(), centroids.data, bytes) == 0;
}

void IterationsAhead::abandon() {
  waiting_ = 0;
  for (Iteration& iteration : iterations_) iteration.work.reset();
}

RowCounts IterationsAhead::take(NearestStatistics& found) {
  add_totals(oldest().totals.data(), found);
  const RowCounts rows = oldest().counters.data()->rows;
  found.reference_rows = rows.reference;
  first_ = (first_ + 1) % iterations_.size();
  --waiting_;
  return rows;
}

void add_totals(const Int128* totals, NearestStatistics& found) {
  const std::int64_t d = found.sums.columns();
  for (std::int64_t c = 0; c < found.sums.rows(); ++c) {
    const Int128* segment = totals + c * (d + kernels::kExtraColumns);
    for (std::int64_t j = 0; j < d; ++j) found.sums(c, j) += segment[j];
    found.weights[static_cast<std::size_t>(c)] += segment[d];
    found.rows[static_cast<std::size_t>(c)] += static_cast<std::int64_t>(segment[d + 1]);
  }
  const Int128* gaps = totals + found.sums.rows() * (d + kernels::kExtraColumns);
  for (Matrix<Int128>* part : {&found.gap_sums, &found.gap_weights}) {
    const std::int64_t cells = part->rows() * part->columns();
    for (std::int64_t i = 0; i < cells; ++i) part->data()[i] += *gaps++;
  }
}

}  // namespace tessera::cuda
