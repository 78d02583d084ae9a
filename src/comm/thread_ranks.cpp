// SPDX-License-Identifier: Apache-2.0
#include "comm/thread_ranks.hpp"

#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Unwinds a rank because another one failed; never leaves run_ranks.
struct AbandonedRank {};

/// The meeting point of the ranks. A collective call is: leave bytes in one's slot, meet, read every slot, meet.
class Meeting {
 public:
  explicit Meeting(int ranks) : slots_(static_cast<std::size_t>(ranks)) {}

  [[nodiscard]] int ranks() const { return static_cast<int>(slots_.size()); }

  [[nodiscard]] std::vector<std::vector<std::byte>> exchange(int rank, std::span<const std::byte> bytes) {
    slots_[static_cast<std::size_t>(rank)].assign(bytes.begin(), bytes.end());
    meet();
    std::vector<std::vector<std::byte>> all = slots_;
    meet();  // nobody refills a slot before everybody has read it
    return all;
  }

  /// A rank will make no more calls. @param failed whether it threw
  void leave(bool failed) {
    const std::lock_guard lock(mutex_);
    ++left_;
    abandoned_ = abandoned_ || failed;
    changed_.notify_all();
  }

 private:
  void meet() {
    std::unique_lock lock(mutex_);
    if (abandoned_) throw AbandonedRank{};
    const std::int64_t meeting = meetings_;
    if (++waiting_ == ranks()) {
      waiting_ = 0;
      ++meetings_;
      changed_.notify_all();
      return;
    }
    changed_.wait(lock, [&] { return meetings_ != meeting || abandoned_ || left_ > 0; });
    if (meetings_ != meeting) return;
    if (abandoned_) throw AbandonedRank{};
    throw Error(ErrorCode::internal, "a rank finished while another waits for it in a collective call");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<std::byte>> slots_;
  std::int64_t meetings_ = 0;
  int waiting_ = 0;
  int left_ = 0;
  bool abandoned_ = false;
};

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(Meeting& meeting, int rank) : meeting_(&meeting), rank_(rank) {}

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return meeting_->ranks(); }
  void sum(std::span<std::int64_t> values) override { sum_values(values); }
  void sum(std::span<Int128> values) override { sum_values(values); }
  [[nodiscard]] std::vector<std::vector<std::byte>> gather(std::span<const std::byte> bytes) override {
    return meeting_->exchange(rank_, bytes);
  }

 private:
  template <typename T>
  void sum_values(std::span<T> values) {
    const auto parts = gather(std::as_bytes(values));
    for (const auto& part : parts) {
      if (part.size() != values.size_bytes()) throw Error(ErrorCode::internal, "ranks sum different numbers of values");
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      T total = 0;
      for (const auto& part : parts) {
        T value;
        std::memcpy(&value, part.data() + i * sizeof(T), sizeof(T));
        total += value;
      }
      values[i] = total;
    }
  }

  Meeting* meeting_;
  int rank_;
};

}  // namespace

void run_ranks(int ranks, const std::function<void(Communicator&)>& rank_main) {
  Meeting meeting(ranks);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  threads.reserve(failures.size());
  const auto run = [&](int rank) {
    bool failed = true;
    try {
      ThreadCommunicator communicator(meeting, rank);
      rank_main(communicator);
      failed = false;
    } catch (const AbandonedRank&) {  // the rank that failed has the reason
    } catch (...) {
      failures[static_cast<std::size_t>(rank)] = std::current_exception();
    }
    meeting.leave(failed);
  };
  std::exception_ptr no_thread;
  try {
    for (int rank = 0; rank < ranks; ++rank) threads.emplace_back(run, rank);
  } catch (...) {
    no_thread = std::current_exception();
    meeting.leave(true);
  }
  for (std::thread& thread : threads) thread.join();
  if (no_thread) std::rethrow_exception(no_thread);
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace tessera
