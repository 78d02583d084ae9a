// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "backend/cuda/cuda_check.hpp"

namespace tessera::cuda {

/// Elements in device memory. Contents are lost when it grows.
template <typename T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::int64_t size) { reserve(size); }

  /// Room for at least `size` elements.
  void reserve(std::int64_t size) {
    if (size <= size_) return;
    release();
    void* memory = nullptr;
    const std::int64_t bytes = bytes_of(size);
    check(cudaMalloc(&memory, static_cast<std::size_t>(bytes)), "cudaMalloc", bytes);
    data_.reset(static_cast<T*>(memory));
    size_ = size;
  }
  void release() {
    data_.reset();
    size_ = 0;
  }
  /// Copies to the start of the buffer, growing it if need be. `values` must stay until the stream has come so far: drivers
  /// that take pageable memory at once don't promise to.
  void upload(std::span<const T> values, cudaStream_t stream) {
    reserve(std::ssize(values));
    if (values.empty()) return;
    check(cudaMemcpyAsync(data(), values.data(), values.size_bytes(), cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync",
          static_cast<std::int64_t>(values.size_bytes()));
  }
  /// The first `size` elements, once the stream has come so far.
  [[nodiscard]] std::vector<T> download(std::int64_t size, cudaStream_t stream) const {
    std::vector<T> values(static_cast<std::size_t>(size));
    if (size == 0) return values;
    const std::int64_t bytes = bytes_of(size);
    check(cudaMemcpyAsync(values.data(), data(), static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost, stream),
          "cudaMemcpyAsync", bytes);
    check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    return values;
  }
  /// Sets every byte of the first `size` elements.
  void fill_bytes(int byte, std::int64_t size, cudaStream_t stream) {
    if (size == 0) return;
    check(cudaMemsetAsync(data(), byte, static_cast<std::size_t>(bytes_of(size)), stream), "cudaMemsetAsync", bytes_of(size));
  }

  [[nodiscard]] T* data() const { return data_.get(); }
  [[nodiscard]] std::int64_t size() const { return size_; }

 private:
  struct Free {
    void operator()(T* memory) const { static_cast<void>(cudaFree(memory)); }
  };
  static std::int64_t bytes_of(std::int64_t size) { return size * static_cast<std::int64_t>(sizeof(T)); }

  std::unique_ptr<T, Free> data_;
  std::int64_t size_ = 0;
};

/// Elements in page-locked host memory: copies to and from it run beside kernels.
template <typename T>
class PinnedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  void reserve(std::int64_t size) {
    if (size <= size_) return;
    release();
    void* memory = nullptr;
    const auto bytes = static_cast<std::size_t>(size) * sizeof(T);
    check(cudaHostAlloc(&memory, bytes, cudaHostAllocDefault), "cudaHostAlloc", static_cast<std::int64_t>(bytes));
    data_.reset(static_cast<T*>(memory));
    size_ = size;
  }
  void release() {
    data_.reset();
    size_ = 0;
  }
  /// Begins to copy `size` elements of device memory here, growing the buffer if need be.
  void fetch(const T* from, std::int64_t size, cudaStream_t stream) {
    reserve(size);
    const std::int64_t bytes = size * static_cast<std::int64_t>(sizeof(T));
    check(cudaMemcpyAsync(data(), from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync",
          bytes);
  }

  [[nodiscard]] T* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* memory) const { static_cast<void>(cudaFreeHost(memory)); }
  };
  std::unique_ptr<T, Free> data_;
  std::int64_t size_ = 0;
};

/// A stream that does not wait for the default stream.
class Stream {
 public:
  Stream() {
    cudaStream_t made = nullptr;
    check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    stream_.reset(made);
  }
  [[nodiscard]] cudaStream_t get() const { return stream_.get(); }
  void wait() const { check(cudaStreamSynchronize(get()), "cudaStreamSynchronize"); }

 private:
  struct Free {
    void operator()(cudaStream_t stream) const { static_cast<void>(cudaStreamDestroy(stream)); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaStream_t>, Free> stream_;
};

/// Waits for a stream at the end of a scope, an exception's too: memory of the scope that was being sent must not go before.
class SendingScope {
 public:
  /// To be declared after what is sent.
  explicit SendingScope(const Stream& stream) : stream_(stream.get()) {}
  ~SendingScope() { static_cast<void>(cudaStreamSynchronize(stream_)); }  // errors show when somebody waits who can tell
  SendingScope(const SendingScope&) = delete;
  SendingScope& operator=(const SendingScope&) = delete;

 private:
  cudaStream_t stream_;
};

/// Work that was recorded once and is given to a stream in one piece: next to no time between its kernels.
class Graph {
 public:
  /// Records what work() gives to `stream`, which is not done now. It may not ask for memory.
  template <typename Work>
  void record(const Stream& stream, const Work& work) {
    check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
    cudaGraph_t made = nullptr;
    try {
      work();
    } catch (...) {
      static_cast<void>(cudaStreamEndCapture(stream.get(), &made));
      static_cast<void>(cudaGetLastError());  // what went wrong is being thrown
      if (made != nullptr) static_cast<void>(cudaGraphDestroy(made));
      throw;
    }
    check(cudaStreamEndCapture(stream.get(), &made), "cudaStreamEndCapture");
    cudaGraphExec_t ready = nullptr;
    const cudaError_t error = cudaGraphInstantiateWithFlags(&ready, made, 0);
    static_cast<void>(cudaGraphDestroy(made));
    check(error, "cudaGraphInstantiateWithFlags");
    graph_.reset(ready);
  }
  void launch(const Stream& stream) const { check(cudaGraphLaunch(graph_.get(), stream.get()), "cudaGraphLaunch"); }
  [[nodiscard]] explicit operator bool() const { return graph_ != nullptr; }
  /// Once nothing of it is under way any more.
  void reset() { graph_.reset(); }

 private:
  struct Free {
    void operator()(cudaGraphExec_t graph) const { static_cast<void>(cudaGraphExecDestroy(graph)); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, Free> graph_;
};

/// A point in a stream's work.
class Event {
 public:
  Event() {
    cudaEvent_t made = nullptr;
    check(cudaEventCreateWithFlags(&made, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    event_.reset(made);
  }
  void record(const Stream& stream) const { check(cudaEventRecord(event_.get(), stream.get()), "cudaEventRecord"); }
  /// The host waits; at once if nothing was recorded.
  void wait() const { check(cudaEventSynchronize(event_.get()), "cudaEventSynchronize"); }
  /// What `stream` is given from now on waits.
  void hold(const Stream& stream) const { check(cudaStreamWaitEvent(stream.get(), event_.get(), 0), "cudaStreamWaitEvent"); }

 private:
  struct Free {
    void operator()(cudaEvent_t event) const { static_cast<void>(cudaEventDestroy(event)); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, Free> event_;
};

}  // namespace tessera::cuda
