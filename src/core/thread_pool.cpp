// SPDX-License-Identifier: Apache-2.0
#include "core/thread_pool.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tessera {
namespace {

/// The pool whose task this thread is running and its number there, so that a nested run() stays on its thread.
thread_local const void* running_in = nullptr;
thread_local int running_as = 0;

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable start;
  std::condition_variable done;
  const std::function<void(int, std::int64_t)>* task = nullptr;
  std::int64_t count = 0;
  std::int64_t generation = 0;
  int busy = 0;
  bool stopping = false;
  std::vector<std::exception_ptr> failures;

  [[nodiscard]] int threads() const { return static_cast<int>(workers.size()) + 1; }

  void work(int thread) {
    running_in = this;
    running_as = thread;
    const std::int64_t first = count * thread / threads();
    const std::int64_t last = count * (thread + 1) / threads();
    try {
      for (std::int64_t i = first; i < last; ++i) (*task)(thread, i);
    } catch (...) {
      failures[static_cast<std::size_t>(thread)] = std::current_exception();
    }
    running_in = nullptr;
  }

  void loop(int thread) {
    std::int64_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex);
        start.wait(lock, [&] { return stopping || generation != seen; });
        if (stopping) return;
        seen = generation;
      }
      work(thread);
      const std::lock_guard lock(mutex);
      if (--busy == 0) done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  const int helpers = threads > 1 ? threads - 1 : 0;
  state_->failures.resize(static_cast<std::size_t>(helpers) + 1);
  state_->workers.reserve(static_cast<std::size_t>(helpers));
  // The count of workers is read by the plan, so no task may start before all of them exist: run() is only called afterwards.
  for (int t = 1; t <= helpers; ++t) state_->workers.emplace_back([state = state_.get(), t] { state->loop(t); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->start.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int ThreadPool::size() const noexcept { return state_->threads(); }

void ThreadPool::run(std::int64_t count, const std::function<void(int, std::int64_t)>& task) {
  if (count <= 0) return;
  if (running_in == state_.get()) {
    for (std::int64_t i = 0; i < count; ++i) task(running_as, i);
    return;
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->task = &task;
    state_->count = count;
    state_->busy = static_cast<int>(state_->workers.size());
    ++state_->generation;
  }
  state_->start.notify_all();
  state_->work(0);
  std::unique_lock lock(state_->mutex);
  state_->done.wait(lock, [&] { return state_->busy == 0; });
  for (std::exception_ptr& failure : state_->failures) {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }
}

}  // namespace tessera
