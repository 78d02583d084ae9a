// SPDX-License-Identifier: Apache-2.0
#include "core/thread_pool.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tessera/error.hpp"

namespace tessera {
namespace {

/// A pool is run again within microseconds, most of the time, and to fall asleep and be woken takes longer than a small task:
/// who waits looks on for so long before it sleeps.
constexpr std::chrono::microseconds kPatience{30};

/// Tells the processor that this thread does nothing, so that the other one of its core gets on.
void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

struct ThreadPool::State {
  explicit State(int threads_wanted) : threads(threads_wanted), failures(static_cast<std::size_t>(threads_wanted)) {}

  const int threads;
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  std::mutex turn;                           ///< held by the caller whose tasks are running
  std::atomic<std::thread::id> caller = {};  ///< who holds it
  std::mutex mutex;
  std::condition_variable start;
  std::condition_variable done;
  const std::function<void(int, std::int64_t)>* task = nullptr;
  std::int64_t count = 0;
  // Changed with `mutex` held, after what they announce.
  std::atomic<std::int64_t> generation = 0;
  std::atomic<int> busy = 0;  ///< workers that are starting or in the middle of a task
  std::atomic<bool> stopping = false;
  std::vector<std::exception_ptr> failures;  ///< [threads] each written by its own thread only
  std::vector<std::thread> workers;

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    start.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  /// The thread of the pool that is asking, which is in the middle of a task then; -1 if it is none. Kept here and not with
  /// the thread, because a module that is loaded at run time has thread-local variables of its own.
  [[nodiscard]] int own_thread() const {
    const std::thread::id self = std::this_thread::get_id();
    if (caller == self) return 0;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (workers[i].get_id() == self) return static_cast<int>(i) + 1;
    }
    return -1;
  }

  void work(int thread) {
    const std::int64_t first = count * thread / threads;
    const std::int64_t last = count * (thread + 1) / threads;
    try {
      for (std::int64_t i = first; i < last; ++i) (*task)(thread, i);
    } catch (...) {
      failures[static_cast<std::size_t>(thread)] = std::current_exception();
    }
  }

  template <typename Ready>
  void wait(std::condition_variable& event, Ready ready) {
    // Where threads share processors, the one that is waited for needs this one.
    if (threads <= processors) {
      const auto end = std::chrono::steady_clock::now() + kPatience;
      do {
        if (ready()) return;
        relax();
      } while (std::chrono::steady_clock::now() < end);
    }
    std::unique_lock lock(mutex);
    event.wait(lock, ready);
  }

  void rest() {
    const std::lock_guard lock(mutex);
    if (--busy == 0) done.notify_one();
  }

  void wait_for_rest() {
    wait(done, [&] { return busy == 0; });
  }

  void loop(int thread) {
    rest();
    std::int64_t seen = 0;
    for (;;) {
      wait(start, [&] { return stopping || generation != seen; });
      if (stopping) return;
      ++seen;
      work(thread);
      rest();
    }
  }

  /// The failure of the lowest thread; forgets all of them, so that none shows up in a later run.
  std::exception_ptr take_failure() {
    std::exception_ptr first;
    for (std::exception_ptr& failure : failures) {
      std::exception_ptr taken = std::exchange(failure, nullptr);
      if (!first) first = std::move(taken);
    }
    return first;
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>(threads > 1 ? threads : 1)) {
  try {
    for (int t = 1; t < state_->threads; ++t) {
      {
        const std::lock_guard lock(state_->mutex);
        ++state_->busy;
      }
      state_->workers.emplace_back([state = state_.get(), t] { state->loop(t); });
    }
    // Threads on their way up hold locks of the C library and of sanitizers; a process forked in that moment would wait
    // forever.
    state_->wait_for_rest();
  } catch (const std::system_error&) {
    throw Error(ErrorCode::resource, fmt::format("the system does not allow {} threads", threads),
                "ask for fewer with --threads");
  }
}

ThreadPool::~ThreadPool() = default;

int ThreadPool::size() const noexcept { return state_->threads; }

void ThreadPool::run(std::int64_t count, const std::function<void(int, std::int64_t)>& task) {
  if (count <= 0) return;
  if (const int thread = state_->own_thread(); thread >= 0) {
    for (std::int64_t i = 0; i < count; ++i) task(thread, i);
    return;
  }
  const std::lock_guard turn(state_->turn);
  state_->caller = std::this_thread::get_id();
  {
    const std::lock_guard lock(state_->mutex);
    state_->task = &task;
    state_->count = count;
    state_->busy = state_->threads - 1;
    ++state_->generation;
  }
  state_->start.notify_all();
  state_->work(0);
  state_->wait_for_rest();
  state_->caller = std::thread::id();
  if (const std::exception_ptr failure = state_->take_failure()) std::rethrow_exception(failure);
}

}  // namespace tessera
