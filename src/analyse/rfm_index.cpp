// SPDX-License-Identifier: Apache-2.0
#include "analyse/rfm_index.hpp"

#include <algorithm>
#include <numeric>

#include "core/mix_bits.hpp"

namespace tessera {
namespace {

std::uint64_t hash_of(std::int64_t id) { return mix_bits(static_cast<std::uint64_t>(id)); }
std::uint64_t hash_of(std::string_view id) { return wide_hash(id).low; }

}  // namespace

// Two chains that are fed the same bytes and mixed differently after each.
WideHash wide_hash(std::string_view text) {
  WideHash hash{0x9E3779B97F4A7C15ULL ^ text.size(), 0xCBF29CE484222325ULL};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    hash.low = (hash.low ^ byte) * 0x100000001B3ULL;  // FNV-1a
    hash.high = mix_bits(hash.high + byte + 1);
  }
  hash.low = mix_bits(hash.low);
  return hash;
}

template <typename Id>
std::int64_t RfmIndex::find_or_add_id(Id id) {
  if (2 * size() >= std::ssize(slots_)) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash_of(id)) & mask;
  for (; slots_[slot] >= 0; slot = (slot + 1) & mask) {
    if constexpr (std::is_same_v<Id, std::int64_t>) {
      if (number_id(slots_[slot]) == id) return slots_[slot];
    } else {
      if (text_id(slots_[slot]) == id) return slots_[slot];
    }
  }
  slots_[slot] = size();
  if constexpr (std::is_same_v<Id, std::int64_t>)
    numbers_.push_back(id);
  else
    texts_.push_back(id);
  return slots_[slot];
}

std::int64_t RfmIndex::find_or_add(std::int64_t id) { return find_or_add_id(id); }
std::int64_t RfmIndex::find_or_add(std::string_view id) { return find_or_add_id(id); }

void RfmIndex::grow() {
  constexpr std::size_t kFirstSlots = 1024;
  slots_.assign(std::max(kFirstSlots, 2 * slots_.size()), -1);
  const std::size_t mask = slots_.size() - 1;
  for (std::int64_t i = 0; i < size(); ++i) {
    std::size_t slot = static_cast<std::size_t>(is_text_ ? hash_of(text_id(i)) : hash_of(number_id(i))) & mask;
    while (slots_[slot] >= 0) slot = (slot + 1) & mask;
    slots_[slot] = i;
  }
}

std::vector<std::int64_t> RfmIndex::in_order() const {
  std::vector<std::int64_t> order(static_cast<std::size_t>(size()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::int64_t a, std::int64_t b) { return is_text_ ? text_id(a) < text_id(b) : number_id(a) < number_id(b); });
  return order;
}

std::int64_t RfmIndex::held_bytes() const {
  return static_cast<std::int64_t>(8 * (numbers_.capacity() + slots_.capacity() + texts_.offsets.capacity()) +
                                   texts_.bytes.capacity());
}

}  // namespace tessera
