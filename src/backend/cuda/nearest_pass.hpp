// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "backend/cuda/iterations_ahead.hpp"
#include "backend/cuda/series_rows.hpp"
#include "backend/cuda/workspace.hpp"
#include "backend/cuda/workspace_pool.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// What a series of nearest passes keeps on the device.
struct NearestSeriesState {
  NearestSeriesState(std::int64_t expected_rows, WorkspacePool<Workspace>& pool) : rows(true, expected_rows), workspace(pool) {}

  /// Waits for iterations ahead, and forgets them.
  void stop() {
    workspace.give_back();
    ahead.abandon();
  }

  SeriesRows rows;
  DeviceBuffer<Int128> totals;  ///< [total_cells] sums of the rows that are kept, as their labels say
  DeviceDrift drift;
  Frame frame;                ///< around the first centroids; those that follow don't go far
  std::int64_t k = 0, d = 0;  ///< 0: no pass yet
  IterationsAhead ahead;
  int misses = 0;              ///< how often iterations ahead were of other centroids than the next pass
  Lease<Workspace> workspace;  ///< kept from pass to pass while iterations are under way; the last member: it waits for them
};

/// The nearest pass on a device. Chunks are cut to slabs; rows come from the host through two slots, copies beside kernels, or
/// are on the device already because an earlier pass of the series left them there. Those wait until the end, when kernels can
/// take them all at once, unless the device has done the pass ahead.
class CudaNearestPass final : public NearestPass {
 public:
  /// @param series of this pass, or null  @param rows  on the device, those of the series if there is one, or null
  /// @throws ConfigError, Error as Backend::nearest
  CudaNearestPass(const NearestTask& task, const Device& device, WorkspacePool<Workspace>& pool, ThreadPool& threads,
                  NearestSeriesState* series, SeriesRows* rows);
  ~CudaNearestPass() override;
  CudaNearestPass(const CudaNearestPass&) = delete;
  CudaNearestPass& operator=(const CudaNearestPass&) = delete;

  [[nodiscard]] bool holds(std::int64_t first_row, std::int64_t rows) const override {
    return rows_ != nullptr && rows_->holds(first_row, rows);
  }
  void consume(const Chunk& chunk, const RowOutputs& outputs) override;
  [[nodiscard]] NearestStatistics finish() override;

 private:
  void begin(std::int64_t chunk_rows, const RowOutputs& outputs);
  [[nodiscard]] bool is_done_ahead() const;
  void prepare(std::int64_t chunk_rows);
  [[nodiscard]] kernels::Slab bring(const Chunk& rows, Slot& slot, const RowBuffers& to, std::int64_t at);
  void consume_slab(const Chunk& rows, const RowOutputs& outputs, Slot& slot, ResidentRows* resident, std::int64_t offset);
  static void fetch(Slot& slot, const RowOutputs& outputs);
  [[nodiscard]] KeptRows kept(Stretch& stretch, std::int64_t at, bool may_settle) const;
  [[nodiscard]] Int128* totals(bool resident) const;
  void work_on_resident_rows();
  void go_ahead(std::int64_t looked_at);
  [[nodiscard]] NearestStatistics empty_statistics() const;
  [[nodiscard]] NearestStatistics statistics() const;

  NearestTask task_;
  Device device_;
  ThreadPool& threads_;
  NearestSeriesState* series_;
  SeriesRows* rows_;
  Lease<Workspace> own_;         ///< without a series
  Lease<Workspace>& workspace_;  ///< empty until rows come
  Wanted wanted_;
  bool begun_ = false;
  bool done_ahead_ = false;  ///< the device has done this pass, unless rows come that it does not have
  bool all_resident_ = true;
  std::size_t next_slot_ = 0;
};

/// The passes of a fit on a device.
class CudaNearestSeries final : public NearestSeries {
 public:
  CudaNearestSeries(std::int64_t expected_rows, const Device& device, WorkspacePool<Workspace>& pool, ThreadPool& threads)
      : device_(used(device)), pool_(pool), threads_(threads), state_(expected_rows, pool) {}
  [[nodiscard]] int row_state_bytes() const override { return 0; }
  [[nodiscard]] std::unique_ptr<NearestPass> next(const NearestTask& task) override {
    return std::make_unique<CudaNearestPass>(task, device_, pool_, threads_, &state_, &state_.rows);
  }
  [[nodiscard]] std::unique_ptr<NearestPass> aside(const NearestTask& task) override {
    state_.stop();
    return std::make_unique<CudaNearestPass>(task, device_, pool_, threads_, nullptr, &state_.rows);
  }

 private:
  Device device_;
  WorkspacePool<Workspace>& pool_;
  ThreadPool& threads_;
  NearestSeriesState state_;
};

}  // namespace tessera::cuda
