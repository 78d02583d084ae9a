// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace tessera {

/// A fixed set of threads that work through numbered tasks by a static plan: thread t of T runs tasks [t*n/T, (t+1)*n/T).
/// Nothing nests: run() from within a task runs its tasks on the calling thread.
class ThreadPool {
 public:
  /// @param threads at least 1; the calling thread is one of them
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const noexcept;
  /// Runs task(thread, index) for index in [0, count) and waits for all. The first exception (lowest thread) is rethrown here.
  void run(std::int64_t count, const std::function<void(int thread, std::int64_t index)>& task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera
