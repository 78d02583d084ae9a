// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/row_slot.hpp"

#include <cstring>

namespace tessera::cuda {
namespace {

template <typename T>
void send(ThreadPool& threads, std::span<const T> from, const PinnedBuffer<T>& pinned, T* to, cudaStream_t stream) {
  send_bytes(threads, std::as_bytes(from), reinterpret_cast<std::byte*>(pinned.data()), to, stream);
}

}  // namespace

Chunk part(const Chunk& chunk, std::int64_t first, std::int64_t count) {
  return {.first_row = chunk.first_row + first,
          .rows = chunk.rows.data == nullptr ? MatrixView<const float>{nullptr, count, chunk.rows.columns}
                                             : chunk.rows.slice(first, count),
          .weights = part(chunk.weights, first, count),
          .flags = part(chunk.flags, first, count)};
}

void send_bytes(ThreadPool& threads, std::span<const std::byte> from, std::byte* pinned, void* to, cudaStream_t stream) {
  constexpr std::size_t kShare = std::size_t{1} << 20;
  const std::size_t bytes = from.size();
  threads.run(static_cast<std::int64_t>((bytes + kShare - 1) / kShare), [&](int, std::int64_t index) {
    const std::size_t first = static_cast<std::size_t>(index) * kShare;
    std::memcpy(pinned + first, from.data() + first, std::min(kShare, bytes - first));
  });
  check(cudaMemcpyAsync(to, pinned, bytes, cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync",
        static_cast<std::int64_t>(bytes));
}

void RowBuffers::reserve(const Chunk& chunk, std::int64_t room) {
  rows.reserve(room * chunk.rows.columns + kernels::kSpareFeatures);
  if (!chunk.weights.empty()) weights.reserve(room);
  if (!chunk.flags.empty()) flags.reserve(room);
}

void RowBuffers::release() {
  rows.release();
  weights.release();
  flags.release();
}

kernels::Slab RowBuffers::slab(std::int64_t first_row, std::int64_t d, std::int64_t first, std::int64_t count) const {
  return {.rows = rows.data() + first * d,
          .weights = weights.data() != nullptr ? weights.data() + first : nullptr,
          .flags = flags.data() != nullptr ? flags.data() + first : nullptr,
          .first_row = first_row + first,
          .n = static_cast<std::int32_t>(count),
          .d = static_cast<std::int32_t>(d)};
}

void RowSlot::reserve(std::int64_t rows, std::int64_t d) {
  own.rows.reserve(rows * d + kernels::kSpareFeatures);
  pinned_rows.reserve(rows * d);
}

void RowSlot::release() {
  own.release();
  pinned_rows.release();
  pinned_weights.release();
  pinned_flags.release();
}

kernels::Slab RowSlot::upload(const Chunk& rows, const RowBuffers& to, std::int64_t offset, std::int64_t room,
                              const Stream& compute, ThreadPool& threads) {
  const std::int64_t n = rows.rows.rows;
  const std::int64_t d = rows.rows.columns;
  uploaded.wait();        // pinned memory is free again
  computed.hold(stream);  // and so are the slot's rows
  kernels::Slab slab = to.slab(rows.first_row - offset, d, offset, n);
  send<float>(threads, {rows.rows.data, static_cast<std::size_t>(n * d)}, pinned_rows, to.rows.data() + offset * d,
              stream.get());
  if (rows.weights.empty()) {
    slab.weights = nullptr;
  } else {
    pinned_weights.reserve(room);
    send(threads, rows.weights, pinned_weights, to.weights.data() + offset, stream.get());
  }
  if (rows.flags.empty()) {
    slab.flags = nullptr;
  } else {
    pinned_flags.reserve(room);
    send(threads, rows.flags, pinned_flags, to.flags.data() + offset, stream.get());
  }
  uploaded.record(stream);
  uploaded.hold(compute);
  return slab;
}

}  // namespace tessera::cuda
