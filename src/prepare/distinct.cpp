// SPDX-License-Identifier: Apache-2.0
#include "prepare/distinct.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "prepare/cell_kernels.hpp"

namespace tessera {

std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0x9E3779B97F4A7C15U ^ text.size();
  while (!text.empty()) {
    const std::size_t taken = std::min<std::size_t>(8, text.size());
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < taken; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    hash = mix_bits(hash ^ word) + 0x9E3779B97F4A7C15U;
    text.remove_prefix(taken);
  }
  return mix_bits(hash);
}

void sort_hashes(std::vector<std::uint64_t>& hashes, std::uint64_t bound) {
  constexpr int kBucketBits = 13;
  const int shift = std::countl_zero(bound);
  const auto bucket_of = [&](std::uint64_t hash) { return static_cast<std::size_t>((hash << shift) >> (64 - kBucketBits)); };
  std::vector<std::uint32_t> ends((std::size_t{1} << kBucketBits) + 1, 0);
  for (const std::uint64_t hash : hashes) ++ends[bucket_of(hash) + 1];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());  // where each bucket begins, until it is filled
  std::vector<std::uint64_t> sorted(hashes.size());
  for (const std::uint64_t hash : hashes) sorted[ends[bucket_of(hash)]++] = hash;
  std::ptrdiff_t begin = 0;
  for (const std::uint32_t end : ends) {
    if (end - begin > 1) std::sort(sorted.begin() + begin, sorted.begin() + end);
    begin = end;
  }
  hashes = std::move(sorted);
}

void DistinctSketch::start(std::span<const std::uint64_t> ascending) {
  smallest_.assign(ascending.begin(), ascending.begin() + static_cast<std::ptrdiff_t>(std::min(kKept, ascending.size())));
  if (smallest_.size() == kKept) threshold_ = smallest_.back();
}

void DistinctSketch::compact() {
  sort_hashes(smallest_, threshold_);
  smallest_.erase(std::unique(smallest_.begin(), smallest_.end()), smallest_.end());
  if (smallest_.size() < kKept) return;
  smallest_.resize(kKept);
  threshold_ = smallest_.back();
}

std::int64_t DistinctSketch::estimate() {
  compact();
  if (smallest_.size() < kKept) return static_cast<std::int64_t>(smallest_.size());
  const double share = static_cast<double>(smallest_.back()) * 0x1p-64;
  return std::llround(static_cast<double>(kKept - 1) / share);
}

NumberLevels::Slot& NumberLevels::find(std::uint64_t key) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = mix_bits(key) & mask;; i = (i + 1) & mask) {
    if (slots_[i].rows == 0 || slots_[i].key == key) return slots_[i];
  }
}

void NumberLevels::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  std::swap(old, slots_);
  for (const Slot& slot : old) {
    if (slot.rows != 0) find(slot.key) = slot;
  }
}

void NumberLevels::overflow() {
  const auto add_level = [&](double value, std::int64_t) { sketch_.add(level_hash(value)); };
  holding_ = false;
  for_each(add_level);
  overflowed_ = true;
  slots_ = {};
  direct_ = {};
}

/// Counts the cells held back: all at once if they are of too many levels for certain, else one by one.
void NumberLevels::settle() {
  if (!holding_) return;
  holding_ = false;
  const std::vector<double> held = std::exchange(held_, {});
  if (std::ssize(held) > kMostLevels) {
    std::vector<std::uint64_t> hashes(held.size());
    std::transform(held.begin(), held.end(), hashes.begin(), level_hash);
    sort_hashes(hashes, ~std::uint64_t{0});
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    if (std::ssize(hashes) > kMostLevels) {
      sketch_.start(hashes);
      return overflow();
    }
  }
  add(std::span(held));
}

void NumberLevels::count_level() {
  if (++used_ > kMostLevels) overflow();
}

void NumberLevels::add_other(double value) {
  const auto key = std::bit_cast<std::uint64_t>(value + 0.0);  // -0 becomes +0
  Slot& slot = find(key);
  if (slot.rows != 0) {
    ++slot.rows;
    return;
  }
  slot = {key, 1};
  if (static_cast<std::size_t>(++others_) * 2 > slots_.size()) grow();
  constexpr std::int64_t kQuiteAFew = 2048;
  holding_ = others_ == kQuiteAFew;
  count_level();
}

void NumberLevels::add(double value) { add_cells(std::span<const double>(&value, 1)); }

template <typename T>
void NumberLevels::add_cells(std::span<const T> values) {
  // Where there are many levels, their slots are fetched a few cells ahead.
  constexpr std::size_t kAhead = 12;
  std::size_t i = 0;
  for (; i < values.size() && !overflowed_; ++i) {
    const T x = values[i];
    if (!(std::fabs(x) <= std::numeric_limits<T>::max())) continue;
    const bool near = x >= T{kLeastDirect} && x < T{kLeastDirect + kDirect};
    const std::int32_t whole = near ? static_cast<std::int32_t>(x) : kLeastDirect;
    if (static_cast<T>(whole) == x) {
      std::int64_t& rows = direct_[static_cast<std::size_t>(whole - kLeastDirect)];
      if (++rows == 1) count_level();
      continue;
    }
    if (holding_) {
      held_.push_back(static_cast<double>(x));
      constexpr std::size_t kMostHeld = 3 * kMostLevels / 2;
      if (held_.size() == kMostHeld) settle();
      continue;
    }
    if (slots_.size() > 1024 && i + kAhead < values.size()) {
      __builtin_prefetch(&slots_[level_hash(static_cast<double>(values[i + kAhead])) & (slots_.size() - 1)]);
    }
    add_other(static_cast<double>(x));
  }
  constexpr std::size_t kRun = 1024;
  std::array<std::uint64_t, kRun> hashes;
  for (; i < values.size(); i += kRun) {
    const auto run = values.subspan(i, std::min(kRun, values.size() - i));
    const std::size_t found = level_hashes(run, sketch_.threshold(), hashes.data());
    for (std::size_t h = 0; h < found; ++h) sketch_.add(hashes[h]);
  }
}
template void NumberLevels::add_cells(std::span<const float>);
template void NumberLevels::add_cells(std::span<const double>);

void NumberLevels::for_each(const std::function<void(double, std::int64_t)>& visit) {
  settle();
  for (std::size_t i = 0; i < direct_.size(); ++i) {
    if (direct_[i] != 0) visit(static_cast<double>(static_cast<std::int32_t>(i) + kLeastDirect), direct_[i]);
  }
  for (const Slot& slot : slots_) {
    if (slot.rows != 0) visit(std::bit_cast<double>(slot.key), slot.rows);
  }
}

void TextLevels::add(std::string_view text) {
  if (overflowed_) return sketch_.add(hash_text(text));
  if (const auto level = levels_.find(text); level != levels_.end()) {
    ++level->second;
    return;
  }
  levels_.emplace(text, 1);
  text_bytes_ += static_cast<std::int64_t>(text.size());
  if (static_cast<std::int64_t>(levels_.size()) <= kMostLevels && text_bytes_ <= kMostTextBytes) return;
  for (const auto& [level, rows] : levels_) sketch_.add(hash_text(level));
  overflowed_ = true;
  levels_ = {};
}

}  // namespace tessera
