// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "backend/cuda/cuda_memory.hpp"
#include "core/thread_pool.hpp"
#include "kernels/slab.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// The part of `values` that belongs to rows [first, first + count), `width` values each; empty stays empty.
template <typename T>
[[nodiscard]] std::span<T> part(std::span<T> values, std::int64_t first, std::int64_t count, std::int64_t width = 1) {
  if (values.empty()) return {};
  return values.subspan(static_cast<std::size_t>(first * width), static_cast<std::size_t>(count * width));
}

/// Rows [first, first + count) of a chunk, which may have come without data.
[[nodiscard]] Chunk part(const Chunk& chunk, std::int64_t first, std::int64_t count);

/// From memory of the host to a device, by way of pinned memory: one core is slower than the bus.
void send_bytes(ThreadPool& threads, std::span<const std::byte> from, std::byte* pinned, void* to, cudaStream_t stream);

/// Rows in device memory.
struct RowBuffers {
  DeviceBuffer<float> rows, weights;
  DeviceBuffer<std::uint8_t> flags;

  void reserve(const Chunk& chunk, std::int64_t room);
  void release();
  /// Rows [first, first + count) as kernels see them. @param first_row  id of row 0 of the buffers
  [[nodiscard]] kernels::Slab slab(std::int64_t first_row, std::int64_t d, std::int64_t first, std::int64_t count) const;
};

/// Results of one kind on their way from the device to the host.
template <typename T>
class ResultBuffer {
 public:
  void reserve(std::int64_t room) { device_.reserve(room); }
  void release() {
    device_.release();
    pinned_.release();
  }
  [[nodiscard]] T* data() const { return device_.data(); }
  /// Begins to copy results to pinned memory, if they are wanted.
  void fetch(std::span<T> to, cudaStream_t stream) {
    waiting_ = to;
    if (to.empty()) return;
    pinned_.reserve(std::ssize(to));
    check(cudaMemcpyAsync(pinned_.data(), device_.data(), to.size_bytes(), cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync",
          static_cast<std::int64_t>(to.size_bytes()));
  }
  /// Hands over what has arrived.
  void deliver() {
    std::copy_n(pinned_.data(), waiting_.size(), waiting_.begin());
    waiting_ = {};
  }
  void forget() { waiting_ = {}; }
  [[nodiscard]] bool waits() const { return !waiting_.empty(); }

 private:
  DeviceBuffer<T> device_;
  PinnedBuffer<T> pinned_;
  std::span<T> waiting_;
};

/// One of two places that slabs take in turn: while kernels work on one, the other's rows are copied in and its results out.
struct RowSlot {
  Stream stream;   ///< of the copies
  Event uploaded;  ///< rows are in device memory: pinned memory may be written again
  Event computed;  ///< kernels are done with rows and results
  PinnedBuffer<float> pinned_rows, pinned_weights;
  PinnedBuffer<std::uint8_t> pinned_flags;
  RowBuffers own;

  /// Room for slabs of `rows`.
  void reserve(std::int64_t rows, std::int64_t d);
  void release();
  /// Brings rows to `to`, behind the first `offset` rows there; what `compute` is given from now on waits for them.
  /// @param room  most rows that are brought at a time
  [[nodiscard]] kernels::Slab upload(const Chunk& rows, const RowBuffers& to, std::int64_t offset, std::int64_t room,
                                     const Stream& compute, ThreadPool& threads);
};

}  // namespace tessera::cuda
