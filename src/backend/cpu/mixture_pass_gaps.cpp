// SPDX-License-Identifier: Apache-2.0
// Rows that lack numbers: grouped by what they lack, block by block, so that the order of the sums depends on the rows alone.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "backend/cpu/mixture_pass.hpp"

namespace tessera {

bool CpuMixturePass::lacks_numbers(const float* row) const {
  unsigned any = 0;
  for (std::int64_t j = 0; j < mixture_.features(); ++j) any |= static_cast<unsigned>(std::isnan(row[j]));
  return any != 0 &&
         (mixture_.categories.empty() || std::ranges::any_of(numbers_, [&](int feature) { return std::isnan(row[feature]); }));
}

void CpuMixturePass::keep_for_later(std::int32_t row, const float* features, Leaf& leaf) const {
  GapMask mask((numbers_.size() + 63) / 64);
  for (std::size_t j = 0; j < numbers_.size(); ++j) {
    if (std::isnan(features[numbers_[j]])) mask[j / 64] |= std::uint64_t{1} << (j % 64);
  }
  leaf.gaps[std::move(mask)].push_back(row);
}

void CpuMixturePass::sum_gaps(const Block& block, Leaf& leaf) const {
  std::vector<int> numbers;
  for (const auto& [mask, rows] : leaf.gaps) {
    std::unique_ptr<const GapPattern> own;
    const GapPattern& pattern = patterns_.of(mask, own);
    numbers.clear();
    for (const int place : pattern.present) numbers.push_back(numbers_[static_cast<std::size_t>(place)]);
    for (auto from = rows.begin(); from < rows.end();) {
      const auto end = from + std::min<std::int64_t>(kMixtureTileRows, rows.end() - from);
      leaf.rows.assign(from, end);
      for (std::size_t t = 0; t < leaf.rows.size(); ++t) {
        leaf.weights[t] = double{fit_weight(block.chunk, block.first + leaf.rows[t])};
      }
      kernels_.load_features(rows_of(block, leaf, numbers, pattern.density.center.data()), leaf.features.data());
      find_probabilities(block, pattern.density, leaf);
      if (statistics_) add_gap_tile(pattern, leaf);
      from = end;
    }
  }
}

/// Every component expects something else of the numbers that are absent, so that each has products of its own.
void CpuMixturePass::add_gap_tile(const GapPattern& pattern, Leaf& leaf) const {
  add_likelihoods_and_levels(leaf);
  double weight = 0.0;
  for (std::size_t t = 0; t < leaf.rows.size(); ++t) weight += leaf.weights[t];
  leaf.sums.data()[places_.incomplete] += weight;
  for (const int place : pattern.present) {
    const int at = summed_at_[static_cast<std::size_t>(place)];
    if (at >= 0) leaf.sums.data()[places_.observed + at] += weight;
  }
  for (std::int64_t c = 0; c < density_.components; ++c) {
    fill_values(pattern, c, leaf);
    add_products(c, 1, leaf);
    if (second_ == SecondMoments::none) continue;
    const double* const shares = leaf.probability.data() + c * kMixtureTileRows;
    double share = 0.0;
    for (std::size_t t = 0; t < leaf.rows.size(); ++t) share += shares[t];
    add_left(pattern, c, share, leaf.sums.data() + c * products_.width());
  }
}

/// The tile's rows as the component completes them.
void CpuMixturePass::fill_values(const GapPattern& pattern, std::int64_t component, Leaf& leaf) const {
  const std::int64_t present = std::ssize(pattern.present);
  const auto put = [&](double* values, int place, double z) {
    const int at = summed_at_[static_cast<std::size_t>(place)];
    if (at >= 0) values[at] = z;
  };
  for (std::int64_t t = 0; t < std::ssize(leaf.rows); ++t) {
    double* const values = leaf.values.data() + t * products_.stride();
    const auto z = [&](std::int64_t j) { return leaf.features[static_cast<std::size_t>(j * kMixtureTileRows + t)]; };
    for (std::int64_t j = 0; j < present; ++j) put(values, pattern.present[static_cast<std::size_t>(j)], z(j));
    for (std::int64_t a = 0; a < std::ssize(pattern.absent); ++a) {
      double expected = pattern.mean_absent(component, a);
      for (std::int64_t j = 0; j < pattern.regression.columns(); ++j) {
        expected += pattern.regression(pattern.row_of(component) + a, j) * (z(j) - pattern.mean_present(component, j));
      }
      put(values, pattern.absent[static_cast<std::size_t>(a)], expected);
    }
  }
  kernels_.repeat_values(products_, std::ssize(leaf.rows), leaf.values.data());
}

/// Adds the covariance that the pattern leaves of absent numbers, `share` times.
void CpuMixturePass::add_left(const GapPattern& pattern, std::int64_t component, double share, double* sums) const {
  const auto at = [&](std::int64_t a) {
    return summed_at_[static_cast<std::size_t>(pattern.absent[static_cast<std::size_t>(a)])];
  };
  for (std::int64_t a = 0; a < std::ssize(pattern.absent); ++a) {
    if (at(a) < 0) continue;
    const std::int64_t last = second_ == SecondMoments::covariances ? std::ssize(pattern.absent) : a + 1;
    for (std::int64_t b = a; b < last; ++b) {
      if (at(b) >= 0) sums[products_.second(at(a), at(b))] += share * pattern.left(pattern.row_of(component) + a, b);
    }
  }
}

}  // namespace tessera
