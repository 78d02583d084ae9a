// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>

#include "hwy/aligned_allocator.h"

namespace tessera {

/// Float64 numbers that begin with a cache line, so that no vector of a row of whole vectors lies across two.
class AlignedNumbers {
 public:
  AlignedNumbers() = default;
  /// All zero.
  explicit AlignedNumbers(std::size_t size) : size_(size) {
    if (size == 0) return;
    numbers_ = hwy::AllocateAligned<double>(size);
    if (!numbers_) throw std::bad_alloc();
    std::fill(begin(), end(), 0.0);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] double* data() { return numbers_.get(); }
  [[nodiscard]] const double* data() const { return numbers_.get(); }
  [[nodiscard]] double* begin() { return data(); }
  [[nodiscard]] double* end() { return data() + size_; }
  [[nodiscard]] double operator[](std::size_t i) const { return numbers_[i]; }

 private:
  std::size_t size_ = 0;
  hwy::AlignedFreeUniquePtr<double[]> numbers_;
};

}  // namespace tessera
