// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "backend/cuda/mixture_workspace.hpp"
#include "backend/cuda/series_rows.hpp"
#include "backend/cuda/workspace_pool.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// The expectation step on a device, with the bits of the CPU's. Rows must have all their numbers. Rows that are on the device
/// already, and of which nothing is wanted, wait for those that follow them, so that kernels can take a whole slab at once.
class CudaMixturePass final : public MixturePass {
 public:
  /// @param series of this pass, or null. @throws NumericalError as Backend::mixture
  CudaMixturePass(const MixtureTask& task, const Device& device, WorkspacePool<MixtureWorkspace>& pool, ThreadPool& threads,
                  SeriesRows* series)
      : model_(task), device_(device), threads_(threads), series_(series), workspace_(pool) {}

  [[nodiscard]] bool holds(std::int64_t first_row, std::int64_t rows) const override {
    return series_ != nullptr && series_->holds(first_row, rows);
  }
  /// @throws Error once a row has turned out to lack a number
  void consume(const Chunk& chunk, const MixtureOutputs& outputs) override;
  [[nodiscard]] MixtureStatistics finish() override;

 private:
  void make_ready(std::int64_t chunk_rows, const MixtureOutputs& outputs);
  void defer(const ResidentRows& rows);
  void work_on_waiting_rows(std::int64_t least);
  void consume_slab(const Chunk& rows, const MixtureOutputs& outputs, MixtureSlot& slot, ResidentRows* resident,
                    std::int64_t offset);

  MixtureModel model_;
  Device device_;
  ThreadPool& threads_;
  SeriesRows* series_;
  Lease<MixtureWorkspace> workspace_;  ///< null until rows come
  bool results_ = false;               ///< wanted of every row
  std::size_t next_slot_ = 0;
  /// Rows [at, at + count) of a stretch, whole leaves up to the last one. None: nothing waits.
  struct {
    const Stretch* stretch = nullptr;
    std::int64_t at = 0, count = 0;
  } waiting_;
};

/// The passes of EM on a device.
class CudaMixtureSeries final : public MixtureSeries {
 public:
  /// @param host  takes passes over rows with gaps
  CudaMixtureSeries(std::int64_t expected_rows, Device device, WorkspacePool<MixtureWorkspace>& pool, ThreadPool& threads,
                    Backend& host)
      : device_(std::move(device)), pool_(pool), threads_(threads), host_(host), rows_(false, expected_rows) {}
  [[nodiscard]] std::unique_ptr<MixturePass> next(const MixtureTask& task) override {
    if (task.gaps) {
      if (!on_host_) on_host_ = host_.mixture_series(rows_.expected());
      return on_host_->next(task);
    }
    return std::make_unique<CudaMixturePass>(task, device_, pool_, threads_, &rows_);
  }

 private:
  Device device_;
  WorkspacePool<MixtureWorkspace>& pool_;
  ThreadPool& threads_;
  Backend& host_;
  std::unique_ptr<MixtureSeries> on_host_;
  SeriesRows rows_;
};

}  // namespace tessera::cuda
