// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "exact/host_device.hpp"

// Pragmas cannot be functions.
#if defined(__CUDA_ARCH__)
#define TESSERA_UNROLL _Pragma("unroll")
#define TESSERA_UNROLL_BY(count) TESSERA_PRAGMA(unroll count)
#define TESSERA_PRAGMA(text) _Pragma(#text)
#define TESSERA_NO_UNROLL _Pragma("unroll 1")
#else
#define TESSERA_UNROLL
#define TESSERA_UNROLL_BY(count)
#define TESSERA_NO_UNROLL
#endif

namespace tessera::kernels {

/// Loads and stores stay on their side of it in compiled code: what is loaded ahead of its use takes registers.
TESSERA_HOST_DEVICE inline void keep_order() {
#if defined(__CUDA_ARCH__)
  __syncwarp();
#endif
}

/// The threads of one block on a device. Kernels are written as phases: `each` calls phase(thread, state) on every thread of
/// the block, and every thread has finished a phase, and sees what it wrote to shared memory, before any begins the next.
/// `State` is what a thread keeps from phase to phase, in registers. Phases must be entered by all threads or by none.
/// A kernel that loops makes a team in every turn: what is computed of the thread's number is then computed anew, and takes no
/// registers in between.
template <typename State>
class DeviceTeam {
 public:
  TESSERA_HOST_DEVICE DeviceTeam() {
#if defined(__CUDA_ARCH__)
    asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread_));
    __builtin_assume(thread_ >= 0 && thread_ < 1024);
#endif
  }
  template <typename Phase>
  TESSERA_HOST_DEVICE void each(Phase phase) {
    alone(phase);
#if defined(__CUDA_ARCH__)
    __syncthreads();
#endif
  }
  /// A phase that writes nothing that threads of other warps read before the next `each`: those of a warp wait for each other.
  template <typename Phase>
  TESSERA_HOST_DEVICE void each_warp(Phase phase) {
    alone(phase);
#if defined(__CUDA_ARCH__)
    __syncwarp();
#endif
  }
  /// A phase that writes nothing that other threads read before the next `each`: nobody waits.
  template <typename Phase>
  TESSERA_HOST_DEVICE void alone(Phase phase) {
#if defined(__CUDA_ARCH__)
    phase(thread_, state_);
#else
    static_cast<void>(phase);  // only ever called on a device
#endif
  }
  TESSERA_HOST_DEVICE State& own() { return state_; }

 private:
  int thread_ = 0;
  State state_;
};

/// The same block on the host, one thread after the other: what tests run the kernels' code with. Shared memory that a phase
/// reads while another thread of the same phase writes it shows as a difference between the two orders.
template <typename State>
class HostTeam {
 public:
  HostTeam(int threads, bool backwards) : states_(static_cast<std::size_t>(threads)), backwards_(backwards) {}

  template <typename Phase>
  void each(Phase phase) {
    const int threads = static_cast<int>(states_.size());
    for (int i = 0; i < threads; ++i) {
      const int thread = backwards_ ? threads - 1 - i : i;
      phase(thread, states_[static_cast<std::size_t>(thread)]);
    }
  }
  template <typename Phase>
  void each_warp(Phase phase) {
    each(phase);
  }
  template <typename Phase>
  void alone(Phase phase) {
    each(phase);
  }
  [[nodiscard]] std::vector<State>& states() { return states_; }
  [[nodiscard]] bool backwards() const { return backwards_; }

 private:
  std::vector<State> states_;
  bool backwards_;
};

/// Adds an integer where other threads add too. Integer addition is associative: no order can be told from the sum.
TESSERA_HOST_DEVICE inline void add_shared_total(std::int64_t* total, std::int64_t value) {
#if defined(__CUDA_ARCH__)
  atomicAdd(reinterpret_cast<unsigned long long*>(total), static_cast<unsigned long long>(value));
#else
  *total += value;
#endif
}

/// A number of 64 bits in shared memory, in words: the hardware adds to a word there at once, to 64 bits by trying again until
/// nobody came between.
struct TwoWords {
  std::uint32_t low;
  std::uint32_t high;
};

/// Adds one where other threads of the block add too.
TESSERA_HOST_DEVICE inline void count_shared(std::uint32_t* count) {
#if defined(__CUDA_ARCH__)
  atomicAdd(count, 1U);
#else
  ++*count;
#endif
}

/// Adds an integer that is not negative where other threads of the block add too.
TESSERA_HOST_DEVICE inline void add_words(TwoWords* total, std::int64_t value) {
  const auto low = static_cast<std::uint32_t>(value);
#if defined(__CUDA_ARCH__)
  const std::uint32_t before = atomicAdd(&total->low, low);
#else
  const std::uint32_t before = total->low;
  total->low += low;
#endif
  const std::uint32_t carry = before + low < low ? 1 : 0;
  const std::uint32_t high = static_cast<std::uint32_t>(value >> 32) + carry;
  if (high == 0) return;
#if defined(__CUDA_ARCH__)
  atomicAdd(&total->high, high);
#else
  total->high += high;
#endif
}

TESSERA_HOST_DEVICE inline std::int64_t whole(const TwoWords& words) {
  return static_cast<std::int64_t>(std::uint64_t{words.high} << 32 | words.low);
}

/// Takes the next free places of a list that other threads append to; returns the first.
TESSERA_HOST_DEVICE inline std::int32_t take_places(std::int32_t* count, std::int32_t places) {
#if defined(__CUDA_ARCH__)
  return atomicAdd(count, places);
#else
  const std::int32_t first = *count;
  *count += places;
  return first;
#endif
}
TESSERA_HOST_DEVICE inline std::int32_t take_place(std::int32_t* count) { return take_places(count, 1); }

/// Raises `most` to `value` if that is more; neither is negative.
TESSERA_HOST_DEVICE inline void raise_to(float* most, float value) {
#if defined(__CUDA_ARCH__)
  atomicMax(reinterpret_cast<int*>(most), __float_as_int(value));  // bits of such numbers are in their order
#else
  if (value > *most) *most = value;
#endif
}

/// Lowers `least` to `value` if that is less.
TESSERA_HOST_DEVICE inline void lower_to(std::int64_t* least, std::int64_t value) {
#if defined(__CUDA_ARCH__)
  atomicMin(reinterpret_cast<long long*>(least), static_cast<long long>(value));
#else
  if (value < *least) *least = value;
#endif
}

}  // namespace tessera::kernels
