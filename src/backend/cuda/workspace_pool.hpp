// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "backend/cuda/cuda_check.hpp"
#include "backend/cuda/cuda_devices.hpp"

namespace tessera::cuda {

/// Makes room in slabs that are halved until they fit: calls reserve(halvings) with 0, 1, ... as long as it runs out of memory,
/// and release() in between. @throws AllocationError if there is no room and can_halve() says no
template <typename Reserve, typename CanHalve, typename Release>
void reserve_in_slabs(const Reserve& reserve, const CanHalve& can_halve, const Release& release) {
  for (int halvings = 0;; ++halvings) {
    try {
      return reserve(halvings);
    } catch (const AllocationError&) {
      if (!can_halve()) throw;
      release();
    }
  }
}

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

/// The workspace of a pass, which goes back to the pool after it.
template <typename Workspace>
class Lease {
 public:
  explicit Lease(WorkspacePool<Workspace>& pool) : pool_(pool) {}
  ~Lease() { give_back(); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  void take(const Device& device) {
    if (!workspace_) workspace_ = pool_.take(device);
  }
  /// Waits for what is under way.
  void give_back() {
    if (!workspace_) return;
    try {
      workspace_->device().use();
      workspace_->wait();
      for (auto& slot : workspace_->slots()) slot.forget();
      pool_.give_back(std::move(workspace_));
    } catch (...) {
      // The pass ended early and its error is on its way already: the workspace goes too.
      workspace_.reset();
    }
  }
  explicit operator bool() const { return workspace_ != nullptr; }
  Workspace* operator->() const { return workspace_.get(); }
  Workspace& operator*() const { return *workspace_; }

 private:
  WorkspacePool<Workspace>& pool_;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace tessera::cuda
