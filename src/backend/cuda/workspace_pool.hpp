// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "backend/cuda/cuda_devices.hpp"

namespace tessera::cuda {

/// Workspaces that no pass has at present.
template <typename Workspace>
class WorkspacePool {
 public:
  [[nodiscard]] std::unique_ptr<Workspace> take(const Device& device) {
    if (free_.empty()) return std::make_unique<Workspace>(device);
    std::unique_ptr<Workspace> workspace = std::move(free_.back());
    free_.pop_back();
    return workspace;
  }
  void give_back(std::unique_ptr<Workspace> workspace) { free_.push_back(std::move(workspace)); }

 private:
  std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace tessera::cuda
