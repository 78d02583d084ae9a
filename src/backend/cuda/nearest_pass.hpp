// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/cuda/series_rows.hpp"
#include "backend/cuda/workspace.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// Workspaces that no pass has at present.
class WorkspacePool {
 public:
  [[nodiscard]] std::unique_ptr<Workspace> take(const Device& device);
  void give_back(std::unique_ptr<Workspace> workspace) { free_.push_back(std::move(workspace)); }

 private:
  std::vector<std::unique_ptr<Workspace>> free_;
};

/// The nearest pass on a device. Chunks are cut to slabs; rows come from the host through two slots, copies beside kernels, or
/// are on the device already because an earlier pass of the series left them there.
class CudaNearestPass final : public NearestPass {
 public:
  /// @param series of this pass, or null. @throws ConfigError, Error as Backend::nearest
  CudaNearestPass(const NearestTask& task, const Device& device, WorkspacePool& pool, ThreadPool& threads, SeriesRows* series);
  ~CudaNearestPass() override;
  CudaNearestPass(const CudaNearestPass&) = delete;
  CudaNearestPass& operator=(const CudaNearestPass&) = delete;

  void consume(const Chunk& chunk, const RowOutputs& outputs) override;
  [[nodiscard]] NearestStatistics finish() override;

 private:
  void make_ready(std::int64_t chunk_rows, const RowOutputs& outputs);
  /// Where rows go: a slot's buffers, or those of rows that stay.
  struct RowBuffers {
    DeviceBuffer<float>& rows;
    DeviceBuffer<float>& weights;
    DeviceBuffer<std::uint8_t>& flags;
  };

  void consume_slab(const Chunk& rows, const RowOutputs& outputs, Slot& slot, ResidentRows* resident, std::int64_t offset);
  [[nodiscard]] kernels::Slab upload(const Chunk& rows, Slot& slot, const RowBuffers& to, std::int64_t offset);
  void fetch(Slot& slot, const RowOutputs& outputs);
  static void deliver(Slot& slot);
  void add_totals(const DeviceBuffer<Int128>& totals, NearestStatistics& found) const;

  NearestTask task_;
  Device device_;
  WorkspacePool& pool_;
  ThreadPool& threads_;
  SeriesRows* series_;
  std::unique_ptr<Workspace> workspace_;  ///< null until rows come
  Wanted wanted_;
  std::size_t next_slot_ = 0;
};

/// The passes of a fit on a device.
class CudaNearestSeries final : public NearestSeries {
 public:
  CudaNearestSeries(Device device, WorkspacePool& pool, ThreadPool& threads)
      : device_(std::move(device)), pool_(pool), threads_(threads) {}
  [[nodiscard]] int row_state_bytes() const override { return 0; }
  [[nodiscard]] std::unique_ptr<NearestPass> next(const NearestTask& task) override {
    return std::make_unique<CudaNearestPass>(task, device_, pool_, threads_, &rows_);
  }

 private:
  Device device_;
  WorkspacePool& pool_;
  ThreadPool& threads_;
  SeriesRows rows_;
};

}  // namespace tessera::cuda
