// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda/cuda_memory.hpp"
#include "backend/cuda/device_centroids.hpp"
#include "backend/cuda/launch_plan.hpp"
#include "backend/cuda/row_slot.hpp"
#include "backend/cuda/series_rows.hpp"
#include "kernels/launch.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// What a pass writes per row.
struct Wanted {
  bool distance = false;
  bool second = false;  ///< the runner-up too
  [[nodiscard]] static Wanted of(const NearestTask& task, const RowOutputs& outputs) {
    const bool second = !outputs.runner_up.empty() || !outputs.runner_up_distance2.empty();
    return {second || task.objective || !outputs.distance2.empty(), second};
  }
};

using kernels::Counters;
using kernels::RowCounts;

/// Lists of rows that a pass makes, by their place in Counters: doubtful rows are left open by the screen on matrix units, and
/// crowded ones by the second look there; the float32 screen leaves open what reference distances then decide.
enum class Listed { unsettled, doubtful, crowded, open, gaps };

/// A place for a slab: its rows and what is found of them.
struct Slot {
  RowSlot rows;
  ResultBuffer<std::int32_t> label, second;
  ResultBuffer<double> distance2, second_distance2;

  /// Hands over results that are under way.
  void deliver() {
    if (!label.waits() && !second.waits() && !distance2.waits() && !second_distance2.waits()) return;
    rows.stream.wait();
    label.deliver();
    second.deliver();
    distance2.deliver();
    second_distance2.deliver();
  }
  void forget() {
    label.forget();
    second.forget();
    distance2.forget();
    second_distance2.forget();
  }
};

/// Streams and memory of one nearest pass. Kernels run in the order of one stream, so that slabs take turns with everything
/// that is there once. Kept by the backend from pass to pass; buffers only grow.
class Workspace {
 public:
  /// @throws DeviceError, AllocationError
  explicit Workspace(const Device& device) : device_(device) {}
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  /// Makes room for a pass, in slabs that are halved until they fit, and brings its centroids to the device.
  /// @param frame around the centroids  @param chunk_rows of the first chunk; longer ones are cut
  /// @param series slabs of rows that stay on the device may be longer than those that are copied
  void prepare(const NearestTask& task, const Frame& frame, Wanted wanted, std::int64_t chunk_rows, bool series);

  /// Marks rows with gaps that have just come to the device. @param flags  those of the slab
  void mark_gaps(const kernels::Slab& slab, std::uint8_t* flags);
  /// Labels the rows of a slab into slot.label and what else is wanted, and adds them to `totals` [plan().total_cells()].
  /// @param host  gets what was found until then
  void run(const kernels::Slab& slab, const Slot& slot, const KeptRows& kept, Int128* totals,
           const kernels::HostResults& host = {});
  /// Takes rows off `totals` again.
  void retire(const kernels::Slab& slab, const KeptRows& kept, Int128* totals);
  /// Takes note of how far the centroids of the pass are from those of the one before.
  void advance(DeviceDrift& drift) const;
  /// From now on, the pass is an iteration of a fit: sums, nothing else.
  void become_iteration();
  /// Numbers of the centroids.
  [[nodiscard]] std::int64_t centroid_cells() const { return task_.centroids.rows * task_.centroids.columns; }
  /// Moves the centroids to the means of `totals`, and takes note of how far. @param host_centroids  gets them, too: pinned
  /// memory
  void begin_iteration(const Int128* totals, DeviceDrift& drift, float* host_centroids);
  /// Waits for everything. @throws DeviceError if anything went wrong on the device
  void wait() const;
  [[nodiscard]] Counters counters() const;

  [[nodiscard]] const Device& device() const { return device_; }
  [[nodiscard]] const NearestPlan& plan() const { return plan_; }
  [[nodiscard]] std::array<Slot, 2>& slots() { return slots_; }
  [[nodiscard]] const Stream& compute() const { return compute_; }
  /// [total_cells] sums of the present pass.
  [[nodiscard]] const DeviceBuffer<Int128>& totals() const { return totals_; }

 private:
  void reserve(bool series);
  void release();
  void upload_task(const Frame& frame);
  [[nodiscard]] std::int32_t* count(Listed list) const;
  [[nodiscard]] kernels::ListedRows list_rows(const kernels::Slab& slab, const KeptRows& kept) const;
  void accumulate(const kernels::Slab& slab, const kernels::ListedRows& list, const std::int32_t* label, std::int32_t* previous,
                  Int128* totals, const kernels::HostResults& host);
  void screen(kernels::ScreenArguments screen) const;
  [[nodiscard]] kernels::OpenRows open_rows(Listed list, std::size_t stages) const;
  [[nodiscard]] kernels::DecideArguments decision(const kernels::ScreenArguments& screened) const;

  Device device_;
  Stream compute_;
  std::array<Slot, 2> slots_;
  NearestPlan plan_;
  NearestTask task_;
  Wanted wanted_;
  DeviceCentroids centroids_;
  double weight_inverse_ = 1.0;
  double objective_inverse_ = 1.0;
  DeviceBuffer<double> inverse_;
  DeviceBuffer<int> feature_exponent_;
  int weight_exponent_ = 0;
  DeviceBuffer<std::int32_t> unsettled_;                ///< rows that a pass of a series has to look at
  std::array<DeviceBuffer<kernels::OpenRow>, 2> open_;  ///< rows that a stage leaves to the next one, in turn
  DeviceBuffer<std::int32_t> gaps_;                     ///< rows with gaps
  DeviceBuffer<std::uint8_t> columns_;                  ///< of the task, if rows may have gaps
  std::int32_t column_count_ = 0;
  DeviceBuffer<std::int64_t> sums_;
  DeviceBuffer<std::int64_t> gap_halves_;
  DeviceBuffer<Int128> totals_;
  DeviceBuffer<Counters> counters_;
};

}  // namespace tessera::cuda
