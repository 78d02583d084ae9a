// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/thread_pool.hpp"

struct libdeflate_decompressor;

namespace tessera::hdf5 {

/// What one thread needs to unpack chunks; grows to the largest, and is used again.
struct UnpackBuffers {
  struct Free {
    void operator()(libdeflate_decompressor* memory) const noexcept;
  };
  std::vector<std::byte> stored;                   ///< a chunk as it is in the file
  std::array<std::vector<std::byte>, 2> filtered;  ///< with some of its filters undone
  std::vector<std::byte> rows;                     ///< a few rows of it, no longer shuffled
  std::unique_ptr<libdeflate_decompressor, Free> decompressor;

  /// The beginning of `buffer`, which has at least `bytes` bytes then.
  [[nodiscard]] static std::byte* room(std::vector<std::byte>& buffer, std::size_t bytes) {
    if (buffer.size() < bytes) buffer.resize(bytes);
    return buffer.data();
  }
};

/// The work of one read, cut into tasks that may run on any threads in any order.
struct ReadTasks {
  using Task = std::function<void(UnpackBuffers&)>;
  std::vector<Task> fetch;    ///< brings stored values to their place
  std::vector<Task> decode;   ///< turns them into what is seen; starts when all of `fetch` is done
  std::vector<Task> combine;  ///< puts several columns together; starts when all of `decode` is done
};

/// Threads that run the tasks of reads, and their buffers. They are started by the first read that has work for several, so
/// that a forked child, which has none of them, may read with one.
class ReadThreads {
 public:
  explicit ReadThreads(int threads) : threads_(threads) {}
  [[nodiscard]] int size() const { return threads_; }
  /// Runs the tasks, each on the next free thread, and waits for them. An exception of one of them is thrown here, and tasks
  /// that have not begun are left out.
  void run(const ReadTasks& tasks);

 private:
  void run(const std::vector<ReadTasks::Task>& tasks);

  int threads_;
  std::optional<ThreadPool> pool_;
  std::vector<UnpackBuffers> buffers_;
};

}  // namespace tessera::hdf5
