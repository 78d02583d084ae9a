// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "backend/cuda/series_rows.hpp"
#include "backend/cuda/workspace.hpp"
#include "backend/cuda/workspace_pool.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// What a series of nearest passes keeps on the device.
struct NearestSeriesRows {
  SeriesRows rows{true};
  DeviceBuffer<Int128> totals;  ///< [cells] sums of the rows that are kept, as their labels say
  Frame frame;                  ///< around the first centroids; those that follow don't go far
  std::int64_t k = 0, d = 0;    ///< 0: no pass yet
};

/// The nearest pass on a device. Chunks are cut to slabs; rows come from the host through two slots, copies beside kernels, or
/// are on the device already because an earlier pass of the series left them there.
class CudaNearestPass final : public NearestPass {
 public:
  /// @param series of this pass, or null. @throws ConfigError, Error as Backend::nearest
  CudaNearestPass(const NearestTask& task, const Device& device, WorkspacePool<Workspace>& pool, ThreadPool& threads,
                  NearestSeriesRows* series);

  void consume(const Chunk& chunk, const RowOutputs& outputs) override;
  [[nodiscard]] NearestStatistics finish() override;

 private:
  void make_ready(std::int64_t chunk_rows, const RowOutputs& outputs);
  void consume_slab(const Chunk& rows, const RowOutputs& outputs, Slot& slot, ResidentRows* resident, std::int64_t offset);
  static void fetch(Slot& slot, const RowOutputs& outputs);
  void add_totals(const DeviceBuffer<Int128>& totals, NearestStatistics& found) const;

  NearestTask task_;
  Device device_;
  ThreadPool& threads_;
  NearestSeriesRows* series_;
  Lease<Workspace> workspace_;  ///< null until rows come
  Wanted wanted_;
  std::size_t next_slot_ = 0;
};

/// The passes of a fit on a device.
class CudaNearestSeries final : public NearestSeries {
 public:
  CudaNearestSeries(Device device, WorkspacePool<Workspace>& pool, ThreadPool& threads)
      : device_(std::move(device)), pool_(pool), threads_(threads) {}
  [[nodiscard]] int row_state_bytes() const override { return 0; }
  [[nodiscard]] std::unique_ptr<NearestPass> next(const NearestTask& task) override {
    return std::make_unique<CudaNearestPass>(task, device_, pool_, threads_, &rows_);
  }

 private:
  Device device_;
  WorkspacePool<Workspace>& pool_;
  ThreadPool& threads_;
  NearestSeriesRows rows_;
};

}  // namespace tessera::cuda
