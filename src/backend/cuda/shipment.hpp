// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "backend/cuda/cuda_memory.hpp"

namespace tessera::cuda {

/// What goes to the device together: pieces are laid side by side in pinned memory and copied at once, beside kernels that
/// work on another shipment.
class Shipment {
 public:
  /// Where a piece is filled, and where kernels will find it.
  template <typename T>
  struct Piece {
    T* host = nullptr;
    T* device = nullptr;
  };

  /// Room for loads of so many bytes.
  void reserve(std::int64_t bytes) {
    pinned_.reserve(bytes);
    device_.reserve(bytes);
  }
  /// Begins to load. Waits until the last load has left; the copy will wait for those who read it.
  /// @param bytes  of all pieces, as room_for() has them
  void begin(std::int64_t bytes) {
    uploaded_.wait();
    computed_.hold(stream_);
    reserve(bytes);
    loaded_ = 0;
  }
  /// Bytes that a piece takes up.
  template <typename T>
  [[nodiscard]] static std::int64_t room_for(std::int64_t count) {
    constexpr std::int64_t kAlignment = 256;
    return (count * static_cast<std::int64_t>(sizeof(T)) + kAlignment - 1) / kAlignment * kAlignment;
  }
  /// The next piece.
  template <typename T>
  [[nodiscard]] Piece<T> place(std::int64_t count) {
    const Piece<T> piece{reinterpret_cast<T*>(pinned_.data() + loaded_), reinterpret_cast<T*>(device_.data() + loaded_)};
    loaded_ += room_for<T>(count);
    return piece;
  }
  /// Sends all pieces; what `compute` is given from now on waits for them.
  void send(const Stream& compute) {
    check(cudaMemcpyAsync(device_.data(), pinned_.data(), static_cast<std::size_t>(loaded_), cudaMemcpyHostToDevice,
                          stream_.get()),
          "cudaMemcpyAsync", loaded_);
    uploaded_.record(stream_);
    uploaded_.hold(compute);
  }
  /// Kernels that read the shipment have been given to `compute`.
  void read_by(const Stream& compute) { computed_.record(compute); }
  void release() {
    pinned_.release();
    device_.release();
  }

 private:
  Stream stream_;
  Event uploaded_, computed_;
  PinnedBuffer<std::byte> pinned_;
  DeviceBuffer<std::byte> device_;
  std::int64_t loaded_ = 0;
};

/// What passes over raw rows have: a stream for kernels, and two shipments that take turns.
class Shipments {
 public:
  Shipments() = default;
  ~Shipments() { static_cast<void>(cudaStreamSynchronize(compute_.get())); }  // nothing may be freed below work under way
  Shipments(const Shipments&) = delete;
  Shipments& operator=(const Shipments&) = delete;

  /// Room for loads of so many bytes.
  void reserve(std::int64_t bytes) {
    for (Shipment& shipment : places_) shipment.reserve(bytes);
  }
  void release() {
    for (Shipment& shipment : places_) shipment.release();
  }
  [[nodiscard]] Shipment& next() { return places_[turn_++ % places_.size()]; }
  [[nodiscard]] const Stream& compute() const { return compute_; }

 private:
  Stream compute_;
  std::array<Shipment, 2> places_;
  std::size_t turn_ = 0;
};

}  // namespace tessera::cuda
