// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tessera/table.hpp"

namespace tessera {

/// Numbers the customers of a stream 0, 1, 2, ... in order of arrival. Ids are all integers or all text.
class RfmIndex {
 public:
  explicit RfmIndex(bool text) : is_text_(text) {}

  /// The customer's number; a new one if the id has not come before.
  std::int64_t find_or_add(std::int64_t id);
  std::int64_t find_or_add(std::string_view id);

  [[nodiscard]] bool is_text() const { return is_text_; }
  [[nodiscard]] std::int64_t size() const { return is_text_ ? std::ssize(texts_.offsets) - 1 : std::ssize(numbers_); }
  [[nodiscard]] std::int64_t number_id(std::int64_t customer) const { return numbers_[static_cast<std::size_t>(customer)]; }
  [[nodiscard]] std::string_view text_id(std::int64_t customer) const { return texts_[customer]; }
  /// Customers by id ascending: numbers by value, text by bytes.
  [[nodiscard]] std::vector<std::int64_t> in_order() const;
  [[nodiscard]] std::int64_t held_bytes() const;

 private:
  template <typename Id>
  std::int64_t find_or_add_id(Id id);
  void grow();

  bool is_text_;
  std::vector<std::int64_t> numbers_;
  TextCells texts_;
  std::vector<std::int64_t> slots_;  ///< open addressing, a power of two of them, at most half full; -1: free
};

/// A hash whose 128 bits tell texts apart in practice: with 10^10 different ones, two share it with a chance below 10^-18.
struct WideHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const WideHash&, const WideHash&) = default;
  friend auto operator<=>(const WideHash&, const WideHash&) = default;
};
[[nodiscard]] WideHash wide_hash(std::string_view text);

}  // namespace tessera
