// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backend/mixture_density.hpp"

namespace tessera {

/// Which of a row's numbers are absent: a bit each, 64 to a word.
using GapMask = std::vector<std::uint64_t>;

[[nodiscard]] inline bool is_absent(const GapMask& mask, std::int64_t number) {
  return ((mask[static_cast<std::size_t>(number / 64)] >> (number % 64)) & 1U) != 0;
}

/// What a mixture makes of rows that lack the same numbers. Given the numbers that are there, those that are not have in
/// component c the mean mean_absent + regression (z_present - mean_present) and the covariance `left` (Ghahramani & Jordan,
/// Supervised learning from incomplete data via an EM approach, 1994).
struct GapPattern {
  /// @param numbers  numbers() of the mixture
  /// @throws NumericalError as MixtureDensity
  GapPattern(const Mixture& mixture, const std::vector<int>& numbers, const GapMask& mask);

  std::vector<int> present, absent;  ///< places among the mixture's numbers
  MixtureDensity density;            ///< of the present ones
  Matrix<double> mean_present;       ///< [k x present] less the centre
  Matrix<double> mean_absent;        ///< [k x absent] less the centre
  Matrix<double> regression;         ///< [k*absent x present], tied: [absent x present]; empty without correlations
  Matrix<double> left;               ///< [k*absent x absent], tied: [absent x absent]

  /// First row of component c in `regression` and `left`.
  [[nodiscard]] std::int64_t row_of(std::int64_t c) const { return density.shared ? 0 : c * std::ssize(absent); }
  [[nodiscard]] std::size_t bytes() const;
};

/// The patterns that a pass has met. Several threads may ask at once.
class GapPatterns {
 public:
  /// The mixture must outlive the patterns. @param numbers  numbers() of it
  GapPatterns(const Mixture& mixture, std::vector<int> numbers) : mixture_(mixture), numbers_(std::move(numbers)) {}

  /// The pattern of a mask; made where it is new. Held here while there is room, else in `own`.
  [[nodiscard]] const GapPattern& of(const GapMask& mask, std::unique_ptr<const GapPattern>& own);

 private:
  struct Hash {
    [[nodiscard]] std::size_t operator()(const GapMask& mask) const;
  };
  /// Some of the patterns, so that threads rarely wait for one another.
  struct Shard {
    std::mutex mutex;
    std::size_t bytes = 0;
    std::unordered_map<GapMask, std::unique_ptr<const GapPattern>, Hash> known;
  };
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  const Mixture& mixture_;
  std::vector<int> numbers_;
  std::array<Shard, 64> shards_;
};

}  // namespace tessera
