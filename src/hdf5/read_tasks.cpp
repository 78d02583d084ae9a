// SPDX-License-Identifier: Apache-2.0
#include "hdf5/read_tasks.hpp"

#include <libdeflate.h>

#include <atomic>

namespace tessera::hdf5 {

void UnpackBuffers::Free::operator()(libdeflate_decompressor* memory) const noexcept { libdeflate_free_decompressor(memory); }

void ReadThreads::run(const ReadTasks& tasks) {
  run(tasks.fetch);
  run(tasks.decode);
  run(tasks.combine);
}

void ReadThreads::run(const std::vector<ReadTasks::Task>& tasks) {
  if (buffers_.empty()) buffers_.resize(static_cast<std::size_t>(threads_));
  if (threads_ == 1 || tasks.size() < 2) {
    for (const ReadTasks::Task& task : tasks) task(buffers_.front());
    return;
  }
  if (!pool_) pool_.emplace(threads_);
  std::atomic<std::size_t> next = 0;
  // Tasks differ in size, so threads take one after the other instead of an equal share.
  pool_->run(threads_, [&](int thread, std::int64_t) {
    try {
      for (std::size_t i = next++; i < tasks.size(); i = next++) tasks[i](buffers_[static_cast<std::size_t>(thread)]);
    } catch (...) {
      next = tasks.size();
      throw;
    }
  });
}

}  // namespace tessera::hdf5
