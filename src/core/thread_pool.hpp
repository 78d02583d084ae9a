// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace tessera {

/// A fixed set of threads that work through numbered tasks by a static plan: thread t of T runs tasks [t*n/T, (t+1)*n/T) in
/// ascending order. Callers on different threads take turns. Nothing nests: run() from within a task of the same pool runs its
/// tasks one after the other on the calling thread.
class ThreadPool {
 public:
  /// @param threads at least 1; the calling thread is one of them
  /// @throws Error (resource) if the system refuses that many threads
  explicit ThreadPool(int threads);
  /// No run() may be under way.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const noexcept;
  /// Runs task(thread, index) for index in [0, count), thread in [0, size()), and waits for all. A thread whose task throws
  /// leaves its remaining tasks undone, the others finish theirs; the exception of the lowest thread is then rethrown here.
  void run(std::int64_t count, const std::function<void(int thread, std::int64_t index)>& task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera
