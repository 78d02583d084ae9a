// SPDX-License-Identifier: Apache-2.0
#include "app/duplicate_ids.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "core/mix_bits.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kReadRows = std::int64_t{1} << 16;

std::uint64_t key_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a, then mixed: short texts differ in few bits
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
  return mix_bits(hash);
}

/// Calls visit(key) for every id of `raw` that is not empty.
template <typename Visit>
void for_each_key(const RawChunk& raw, Visit visit) {
  const ColumnView& view = raw.columns.front();
  if (view.text != nullptr) {
    for (std::int64_t i = 0; i < raw.rows; ++i) {
      const std::string_view cell = (*view.text)[i];
      if (!cell.empty()) visit(key_of(cell));
    }
    return;
  }
  // Ids of one column have one type, so equal bits are equal ids (but for 0.0 and -0.0, which no id is).
  const std::size_t bytes = value_bytes(view.type);
  for (std::int64_t i = 0; i < raw.rows; ++i) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, view.data + i * view.stride_bytes, bytes);
    visit(mix_bits(bits));
  }
}

/// Which of `parts` equal slices of the range of keys a key falls into.
std::int64_t part_of(std::uint64_t key, std::int64_t parts) {
  return static_cast<std::int64_t>((key >> 32) * static_cast<std::uint64_t>(parts) >> 32);
}

/// How many keys occurred before; leaves them in another order. Keys are dealt out in place by their low bits (American flag
/// sort: McIlroy, Bostic & McIlroy, 1993), and the threads sort what each deal holds.
std::int64_t count_repeats(std::vector<std::uint64_t>& keys, ThreadPool& threads) {
  constexpr std::size_t kDeals = 4096;
  const auto deal_of = [](std::uint64_t key) { return static_cast<std::size_t>(key % kDeals); };
  std::vector<std::ptrdiff_t> begins(kDeals + 1, 0);
  for (const std::uint64_t key : keys) ++begins[deal_of(key) + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<std::ptrdiff_t> next(begins.begin(), begins.end() - 1);
  for (std::size_t deal = 0; deal < kDeals; ++deal) {
    while (next[deal] < begins[deal + 1]) {
      std::uint64_t& key = keys[static_cast<std::size_t>(next[deal])];
      const std::size_t right = deal_of(key);
      if (right == deal) {
        ++next[deal];
      } else {
        std::swap(key, keys[static_cast<std::size_t>(next[right]++)]);
      }
    }
  }
  std::vector<std::int64_t> repeats(kDeals);
  threads.run(static_cast<std::int64_t>(kDeals), [&](int, std::int64_t deal) {
    const auto at = static_cast<std::size_t>(deal);
    const auto begin = keys.begin() + begins[at], end = keys.begin() + begins[at + 1];
    std::sort(begin, end);
    repeats[at] = end - std::unique(begin, end);
  });
  return std::accumulate(repeats.begin(), repeats.end(), std::int64_t{0});
}

}  // namespace

std::int64_t duplicate_id_passes(std::int64_t rows, std::int64_t memory_bytes) {
  const std::int64_t keys_in_memory = std::max<std::int64_t>(memory_bytes / 8, 1 << 20);
  return std::max<std::int64_t>(1, (rows + keys_in_memory - 1) / keys_in_memory);
}

std::int64_t count_duplicate_ids(Table& table, int column, std::int64_t memory_bytes, const JobContext& job) {
  const std::int64_t rows = table.info().rows;
  const std::int64_t parts = duplicate_id_passes(rows, memory_bytes);
  std::int64_t duplicates = 0;
  std::vector<std::uint64_t> keys;
  if (parts == 1) keys.reserve(static_cast<std::size_t>(rows));
  RawChunk raw;
  for (std::int64_t part = 0; part < parts; ++part) {
    keys.clear();
    for (std::int64_t first = 0; first < rows; first += kReadRows) {
      job.cancel.check();
      table.read(first, std::min(kReadRows, rows - first), std::span(&column, 1), raw);
      for_each_key(raw, [&](std::uint64_t key) {
        if (parts == 1 || part_of(key, parts) == part) keys.push_back(key);
      });
    }
    duplicates += count_repeats(keys, job.threads);
  }
  return duplicates;
}

}  // namespace tessera
