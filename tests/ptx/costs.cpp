// SPDX-License-Identifier: Apache-2.0
#include "ptx/costs.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "ptx/races.hpp"

namespace tessera::ptx {
namespace {

constexpr std::uint64_t kSectorBytes = 32;
constexpr std::uint64_t kWordBytes = 4;
constexpr std::size_t kBanks = 32;

/// The accesses cut to pieces of `unit` bytes, each once.
std::vector<std::uint64_t> pieces_of(std::span<const Access> accesses, std::uint64_t unit, bool repeated = false) {
  std::vector<std::uint64_t> pieces;
  for (const Access& access : accesses) {
    const std::uint64_t end = access.address + static_cast<std::uint64_t>(access.bytes);
    for (std::uint64_t piece = access.address / unit; piece * unit < end; ++piece) pieces.push_back(piece);
  }
  std::ranges::sort(pieces);
  if (!repeated) pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
  return pieces;
}

/// Calls work(accesses) for those of each `threads` threads.
template <typename Work>
void each_part(std::span<const Access> accesses, std::int32_t threads, const Work& work) {
  while (!accesses.empty()) {
    const std::int32_t part = accesses.front().thread / threads;
    std::size_t count = 1;
    while (count < accesses.size() && accesses[count].thread / threads == part) ++count;
    work(accesses.first(count));
    accesses = accesses.subspan(count);
  }
}

std::int64_t whole_units(std::size_t count, std::size_t unit) { return static_cast<std::int64_t>((count + unit - 1) / unit); }

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
  issues += other.issues;
  sectors += other.sectors;
  least_sectors += other.least_sectors;
  wavefronts += other.wavefronts;
  least_wavefronts += other.least_wavefronts;
  return *this;
}

Cost cost_of_global(std::span<const Access> accesses) {
  Cost cost;
  each_part(accesses, kWarp, [&](std::span<const Access> warp) {
    cost.sectors += static_cast<std::int64_t>(pieces_of(warp, kSectorBytes).size());
    cost.least_sectors += whole_units(pieces_of(warp, 1).size(), kSectorBytes);
  });
  return cost;
}

Cost cost_of_shared(std::span<const Access> accesses, bool atomic) {
  Cost cost;
  if (accesses.empty()) return cost;
  // As many threads at a time as ask for a word of each bank.
  const int words = std::max(accesses.front().bytes / static_cast<int>(kWordBytes), 1);
  each_part(accesses, kWarp / words, [&](std::span<const Access> part) {
    std::array<std::int64_t, kBanks> turns{};
    for (const std::uint64_t word : pieces_of(part, kWordBytes, atomic)) ++turns[word % kBanks];
    cost.wavefronts += *std::ranges::max_element(turns);
  });
  each_part(accesses, kWarp, [&](std::span<const Access> warp) {
    cost.least_wavefronts += whole_units(pieces_of(warp, kWordBytes).size(), kBanks);
  });
  return cost;
}

}  // namespace tessera::ptx
