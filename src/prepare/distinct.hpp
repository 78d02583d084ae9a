// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/mix_bits.hpp"

namespace tessera {

/// Levels that are told apart exactly; a column with more is only counted approximately.
inline constexpr std::int64_t kMostLevels = 65'536;

/// Estimates how many different hashes were seen, from the 16,384 smallest (Bar-Yossef et al., 2002): about 0.8 % standard
/// error, and the same for any order of arrival.
class DistinctSketch {
 public:
  void add(std::uint64_t hash) {
    if (hash >= threshold_) return;
    smallest_.push_back(hash);
    if (smallest_.size() >= 2 * kKept) compact();
  }
  /// The same for many, in ascending order, before any other.
  void start(std::span<const std::uint64_t> ascending);
  [[nodiscard]] std::int64_t estimate();
  /// Hashes from here up change nothing any more.
  [[nodiscard]] std::uint64_t threshold() const { return threshold_; }

 private:
  static constexpr std::size_t kKept = 16'384;
  void compact();

  std::vector<std::uint64_t> smallest_;
  std::uint64_t threshold_ = std::numeric_limits<std::uint64_t>::max();
};

/// Sorts hashes below `bound`. They are spread evenly, so that dealing them into buckets does most of it.
void sort_hashes(std::vector<std::uint64_t>& hashes, std::uint64_t bound);

/// The hash of a number as a level; both zeros are one level.
[[nodiscard]] inline std::uint64_t level_hash(double value) { return mix_bits(std::bit_cast<std::uint64_t>(value + 0.0)); }

/// A 64-bit hash of a text, the same on every machine.
[[nodiscard]] std::uint64_t hash_text(std::string_view text);

/// Counts the rows of every level of a numeric column, until there are more than kMostLevels; then estimates their number.
class NumberLevels {
 public:
  void add(double value);
  /// The cells present among `values`.
  void add(std::span<const float> values) { add_cells(values); }
  void add(std::span<const double> values) { add_cells(values); }
  [[nodiscard]] bool exact() {
    settle();
    return !overflowed_;
  }
  [[nodiscard]] std::int64_t distinct() { return exact() ? used_ : sketch_.estimate(); }
  /// Calls visit(value, rows) for every level, in no particular order; nothing once there are too many.
  void for_each(const std::function<void(double, std::int64_t)>& visit);

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::int64_t rows = 0;  // 0: free
  };
  /// Small whole numbers, which most codes, counts and scales are, have a counter of their own: kLeastDirect and up.
  static constexpr std::int32_t kLeastDirect = -1024;
  static constexpr std::int32_t kDirect = 16'384;

  template <typename T>
  void add_cells(std::span<const T> values);
  void add_other(double value);
  Slot& find(std::uint64_t key);
  void grow();
  void count_level();
  void settle();
  void overflow();

  std::vector<std::int64_t> direct_ = std::vector<std::int64_t>(kDirect);
  std::vector<Slot> slots_ = std::vector<Slot>(64);
  std::int64_t others_ = 0;  // slots in use
  std::int64_t used_ = 0;    // levels in all
  // A column with quite a few levels probably has too many, which is sooner seen of many cells at once than level by level.
  std::vector<double> held_;  // cells that are not counted yet
  bool holding_ = false;
  bool overflowed_ = false;
  DistinctSketch sketch_;
};

/// Lets maps keyed by string be searched by string_view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return static_cast<std::size_t>(hash_text(text)); }
};
template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

/// The same for text. Also gives up when the levels together are longer than kMostTextBytes (free text).
class TextLevels {
 public:
  static constexpr std::int64_t kMostTextBytes = std::int64_t{8} << 20;

  void add(std::string_view text);
  [[nodiscard]] bool exact() const { return !overflowed_; }
  [[nodiscard]] std::int64_t distinct() { return overflowed_ ? sketch_.estimate() : static_cast<std::int64_t>(levels_.size()); }
  /// Empty once there are too many.
  [[nodiscard]] const TextMap<std::int64_t>& levels() const { return levels_; }
  /// The levels, for good.
  [[nodiscard]] TextMap<std::int64_t> take() { return std::move(levels_); }

 private:
  TextMap<std::int64_t> levels_;
  std::int64_t text_bytes_ = 0;
  bool overflowed_ = false;
  DistinctSketch sketch_;
};

}  // namespace tessera
