// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace tessera::fuzz {

/// Takes values from the front of a fuzzer's input; zeros when it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool empty() const { return size_ == 0; }
  template <typename T>
  T take() {
    T value{};
    const std::size_t count = std::min(sizeof value, size_);
    std::memcpy(&value, data_, count);
    data_ += count;
    size_ -= count;
    return value;
  }
  /// One of a list, chosen by a byte.
  template <typename List>
  const auto& choose(const List& list) {
    return *(std::begin(list) + take<std::uint8_t>() % std::size(list));
  }
  /// A number that checks tend to forget, or any other.
  double take_number() {
    constexpr std::array<double, 10> kOdd = {0.0,
                                             -0.0,
                                             -1.0,
                                             1.0,
                                             std::numeric_limits<double>::quiet_NaN(),
                                             std::numeric_limits<double>::infinity(),
                                             -std::numeric_limits<double>::infinity(),
                                             std::numeric_limits<double>::max(),
                                             std::numeric_limits<double>::denorm_min(),
                                             2147483647.0};
    const auto choice = take<std::uint8_t>();
    return choice < kOdd.size() ? kOdd[choice] : choice < 128 ? static_cast<double>(choice) - 64.0 : take<double>();
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace tessera::fuzz
