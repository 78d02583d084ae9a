// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace tessera::ptx {

inline constexpr std::int32_t kWarp = 32;

/// When an access is made: by whom, and after how many barriers.
struct Moment {
  std::int32_t block = -1;  ///< -1: never
  std::int32_t thread = -1;
  std::int32_t barriers = 0;       ///< of the block
  std::int32_t warp_barriers = 0;  ///< of the thread's warp
  std::int32_t line = 0;
};

/// Finds accesses to a word of memory that nothing orders: of different threads, at least one of them a write, not both
/// atomic, and no barrier between them.
class Races {
 public:
  /// @param own  every block has this memory for itself
  explicit Races(bool own) : own_(own) {}

  enum class Use : std::uint8_t { kRead, kWrite, kAtomic };

  /// @param place  of a word, or of a byte if all accesses are of bytes
  /// @returns the line of an earlier access that it races with; -1: none
  std::int32_t note(std::uint64_t place, Use use, const Moment& now);

 private:
  struct Cell {
    Moment read, write, atomic;
  };
  static constexpr std::uint64_t kPageCells = 1024;
  using Page = std::array<Cell, kPageCells>;

  [[nodiscard]] bool ordered(const Moment& before, const Moment& now) const;
  void merge(Moment& kept, const Moment& now) const;

  bool own_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::uint64_t last_number_ = 0;
  Page* last_ = nullptr;
};

}  // namespace tessera::ptx
