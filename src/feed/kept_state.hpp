// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

namespace tessera {

/// Bytes that passes keep per row. Zeroed by the system as they are first touched, so by the thread that works on the row.
class KeptState {
 public:
  KeptState() = default;
  /// Empty if the system has not so much: passes work without.
  KeptState(std::int64_t rows, int bytes_per_row)
      : bytes_per_row_(bytes_per_row),
        bytes_(static_cast<std::byte*>(std::calloc(static_cast<std::size_t>(rows), static_cast<std::size_t>(bytes_per_row)))) {}

  /// State of rows [first, first + count).
  [[nodiscard]] std::span<std::byte> of(std::int64_t first, std::int64_t count) const {
    if (!bytes_) return {};
    return {bytes_.get() + first * bytes_per_row_, static_cast<std::size_t>(count * bytes_per_row_)};
  }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::int64_t bytes_per_row_ = 0;
  std::unique_ptr<std::byte[], Free> bytes_;
};

}  // namespace tessera
