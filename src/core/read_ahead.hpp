// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace tessera {

/// Produces numbered items on a thread of its own, one ahead of the consumer, in two slots.
class ReadAhead {
 public:
  static constexpr int kSlots = 2;

  /// @param produce fills `slot` with item `index`; called for 0, 1, ... count - 1 in order, never while the consumer has
  /// `slot`
  ReadAhead(std::int64_t count, std::function<void(std::int64_t index, int slot)> produce);
  /// Waits for the item that is being produced; produces no more.
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Gives the slot of the item before back, and waits for the next item: its slot. Call at most `count` times.
  /// An exception of the producer is rethrown here in place of the item it was producing.
  [[nodiscard]] int next();

 private:
  void run();

  const std::int64_t count_;
  const std::function<void(std::int64_t, int)> produce_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t produced_ = 0;
  std::int64_t requested_ = 0;  ///< items asked for by next(); the slots of all but the last are free again
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace tessera
