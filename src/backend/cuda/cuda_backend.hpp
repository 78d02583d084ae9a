// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "backend/cuda/nearest_pass.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// Nearest passes on one GPU; mixtures and passes over raw rows (moments, tally) on the host's backend.
class CudaBackend final : public Backend {
 public:
  /// @param threads copy rows to pinned memory; must outlive the backend
  CudaBackend(Device device, std::unique_ptr<Backend> host, ThreadPool& threads)
      : device_(std::move(device)), host_(std::move(host)), threads_(threads) {}

  [[nodiscard]] std::string description() const override;
  [[nodiscard]] std::unique_ptr<NearestPass> nearest(const NearestTask& task) override {
    return std::make_unique<CudaNearestPass>(task, device_, pool_, threads_, nullptr);
  }
  [[nodiscard]] std::unique_ptr<NearestSeries> nearest_series() override {
    return std::make_unique<CudaNearestSeries>(device_, pool_, threads_);
  }
  [[nodiscard]] std::unique_ptr<MixturePass> mixture(const MixtureTask& task) override { return host_->mixture(task); }
  [[nodiscard]] std::unique_ptr<MomentsPass> moments(const MomentsTask& task) override { return host_->moments(task); }
  [[nodiscard]] std::unique_ptr<TallyPass> tally(const TallyTask& task) override { return host_->tally(task); }

 private:
  Device device_;
  std::unique_ptr<Backend> host_;
  ThreadPool& threads_;
  WorkspacePool pool_;
};

}  // namespace tessera::cuda
