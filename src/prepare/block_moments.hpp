// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tessera {

/// Rows of a block of a float64 reduction. Blocks, the lanes within them and the tree above them are fixed, so that sums have
/// the same bits for any number of threads and any size of chunk.
inline constexpr std::int64_t kReductionRows = 4096;

/// What sums are taken about: d = (x - pivot) * inverse_unit. The unit is a power of two near the column's range, which changes
/// no bit of a result but keeps squares and cubes of very large and very small values inside float64.
struct MomentFrame {
  double pivot = 0.0;
  double inverse_unit = 1.0;
};
/// @param reach largest |x - pivot| expected; any size order will do
[[nodiscard]] MomentFrame make_frame(double pivot, double reach);

/// Sums of w, w d, w d^2, w d^3 over the cells present.
struct Moments {
  double weight = 0.0, first = 0.0, second = 0.0, third = 0.0;
  [[nodiscard]] Moments operator+(const Moments& other) const {
    return {weight + other.weight, first + other.first, second + other.second, third + other.third};
  }
};

/// One block: at most kReductionRows values in row order; NaN and infinite cells count for nothing. Cell i is added to lane i
/// mod 8 of each sum, w * d, w * (d * d), w * ((d * d) * d); the lanes are added up as
/// ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)). Every operation is rounded.
/// @param weights as long as `values`, or empty: every row counts once
[[nodiscard]] Moments sum_block(std::span<const double> values, std::span<const double> weights, MomentFrame frame);

/// Adds up leaves in a pairwise tree over their index, in the order they come; the shape depends on their number alone.
template <typename T>
class PairwiseSum {
 public:
  void push(T leaf) {
    for (std::size_t rest = count_; (rest & 1) != 0; rest >>= 1) {
      leaf = partial_.back() + leaf;
      partial_.pop_back();
    }
    partial_.push_back(leaf);
    ++count_;
  }
  [[nodiscard]] T total() const {
    if (partial_.empty()) return T{};
    T sum = partial_.back();
    for (std::size_t i = partial_.size() - 1; i-- > 0;) sum = partial_[i] + sum;
    return sum;
  }

 private:
  std::size_t count_ = 0;
  std::vector<T> partial_;  // one per set bit of count_, the largest first
};

/// Moments as people know them: sd with the total weight in the denominator, skew = m3 / m2^1.5 (0 for a constant).
struct Summary {
  double weight = 0.0, mean = 0.0, sd = 0.0, skew = 0.0;
};
[[nodiscard]] Summary summarize(const Moments& sums, MomentFrame frame);

}  // namespace tessera
