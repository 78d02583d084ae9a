// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
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
  /// @throws NumericalError as MixtureDensity
  GapPattern(const Mixture& mixture, const GapMask& mask);

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
  /// The mixture must outlive the patterns.
  explicit GapPatterns(const Mixture& mixture) : mixture_(mixture) {}

  /// The pattern of a mask; made where it is new. Held here while there is room, else in `own`.
  [[nodiscard]] const GapPattern& of(const GapMask& mask, std::unique_ptr<const GapPattern>& own);

 private:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  const Mixture& mixture_;
  std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::map<GapMask, std::unique_ptr<const GapPattern>> known_;
};

}  // namespace tessera
