// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tessera {

/// Adds up arrays of sums, one of each block of rows, in an order that depends on the blocks' number alone: runs of 64 one
/// after the other, the runs in a pairwise tree. Ranges of the arrays are independent, so that several threads may have one
/// each.
class BlockSums {
 public:
  explicit BlockSums(std::size_t size) : run_(size) {}

  void add(std::span<const double> leaf) {
    for (std::size_t i = 0; i < run_.size(); ++i) run_[i] += leaf[i];
    if (++blocks_ % kRun != 0) return;
    push();
  }
  /// Call once.
  [[nodiscard]] std::vector<double> total() {
    std::vector<double> sum = std::move(run_);
    for (auto part = tree_.rbegin(); part != tree_.rend(); ++part) add_into(*part, sum);
    return sum;
  }

 private:
  static constexpr std::int64_t kRun = 64;

  static void add_into(const std::vector<double>& from, std::vector<double>& to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i] + to[i];
  }
  void push() {
    std::vector<double> sum(run_.size());
    sum.swap(run_);
    for (std::int64_t rest = blocks_ / kRun - 1; (rest & 1) != 0; rest >>= 1) {
      add_into(tree_.back(), sum);
      tree_.pop_back();
    }
    tree_.push_back(std::move(sum));
  }

  std::vector<double> run_;
  std::int64_t blocks_ = 0;
  std::vector<std::vector<double>> tree_;  // one for each set bit of the number of runs, the largest first
};

}  // namespace tessera
