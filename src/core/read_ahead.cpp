// SPDX-License-Identifier: Apache-2.0
#include "core/read_ahead.hpp"

#include <utility>

namespace tessera {

ReadAhead::ReadAhead(std::int64_t count, std::function<void(std::int64_t, int)> produce)
    : count_(count), produce_(std::move(produce)), thread_([this] { run(); }) {}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

int ReadAhead::next() {
  std::unique_lock lock(mutex_);
  const std::int64_t index = requested_++;
  changed_.notify_all();
  changed_.wait(lock, [&] { return produced_ > index || failure_; });
  if (produced_ <= index) std::rethrow_exception(failure_);
  return static_cast<int>(index % kSlots);
}

void ReadAhead::run() {
  for (std::int64_t index = 0; index < count_; ++index) {
    {
      // The slot was that of item index - kSlots, which the consumer gives back when it asks for the next one.
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || index < kSlots || requested_ >= index - kSlots + 2; });
      if (stopping_) return;
    }
    std::exception_ptr failure;
    try {
      produce_(index, static_cast<int>(index % kSlots));
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    if (failure) {
      failure_ = failure;
    } else {
      produced_ = index + 1;
    }
    changed_.notify_all();
    if (failure) return;
  }
}

}  // namespace tessera
