// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "backend/cuda/mixture_pass.hpp"
#include "backend/cuda/moments_pass.hpp"
#include "backend/cuda/nearest_pass.hpp"
#include "backend/cuda/tally_pass.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// Passes on one GPU; on the host's backend mixtures of rows with gaps, and what is made of float64 if the GPU is slow at it.
class CudaBackend final : public Backend {
 public:
  /// @param threads copy rows to pinned memory; must outlive the backend
  CudaBackend(Device device, std::unique_ptr<Backend> host, ThreadPool& threads)
      : device_(std::move(device)), host_(std::move(host)), threads_(threads) {}

  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Backend& host() override { return *host_; }
  [[nodiscard]] std::unique_ptr<NearestPass> nearest(const NearestTask& task) override {
    return std::make_unique<CudaNearestPass>(task, device_, pool_, threads_, nullptr, nullptr);
  }
  [[nodiscard]] std::unique_ptr<NearestSeries> nearest_series(std::int64_t expected_rows) override {
    return std::make_unique<CudaNearestSeries>(expected_rows, device_, pool_, threads_);
  }
  [[nodiscard]] std::unique_ptr<MixturePass> mixture(const MixtureTask& task) override {
    if (!device_.fast_double || task.gaps) return host_->mixture(task);
    return std::make_unique<CudaMixturePass>(task, device_, mixture_pool_, threads_, nullptr);
  }
  [[nodiscard]] std::unique_ptr<MixtureSeries> mixture_series(std::int64_t expected_rows) override {
    if (!device_.fast_double) return host_->mixture_series(expected_rows);
    return std::make_unique<CudaMixtureSeries>(expected_rows, device_, mixture_pool_, threads_, *host_);
  }
  [[nodiscard]] std::unique_ptr<MomentsPass> moments(const MomentsTask& task) override {
    if (!device_.fast_double) return host_->moments(task);
    return std::make_unique<CudaMomentsPass>(task, device_, threads_);
  }
  [[nodiscard]] std::unique_ptr<TallyPass> tally(const TallyTask& task) override {
    return std::make_unique<CudaTallyPass>(task, device_, threads_);
  }

 private:
  Device device_;
  std::unique_ptr<Backend> host_;
  ThreadPool& threads_;
  WorkspacePool<Workspace> pool_;
  WorkspacePool<MixtureWorkspace> mixture_pool_;
};

}  // namespace tessera::cuda
