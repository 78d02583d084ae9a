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

/// The expectation step on a device, with the bits of the CPU's. Rows must have all their numbers.
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
  void consume_slab(const Chunk& rows, const MixtureOutputs& outputs, MixtureSlot& slot, ResidentRows* resident,
                    std::int64_t offset);

  MixtureModel model_;
  Device device_;
  ThreadPool& threads_;
  SeriesRows* series_;
  Lease<MixtureWorkspace> workspace_;  ///< null until rows come
  std::size_t next_slot_ = 0;
};

/// The passes of EM on a device.
class CudaMixtureSeries final : public MixtureSeries {
 public:
  /// @param host  takes passes over rows with gaps
  CudaMixtureSeries(Device device, WorkspacePool<MixtureWorkspace>& pool, ThreadPool& threads, Backend& host)
      : device_(std::move(device)), pool_(pool), threads_(threads), host_(host) {}
  [[nodiscard]] std::unique_ptr<MixturePass> next(const MixtureTask& task) override {
    if (task.gaps) {
      if (!on_host_) on_host_ = host_.mixture_series();
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
  SeriesRows rows_{false, 0};
};

}  // namespace tessera::cuda
