// SPDX-License-Identifier: Apache-2.0
#include "correlate/exact_ranks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "correlate/co_moment_table.hpp"
#include "correlate/pearson.hpp"

namespace tessera {
namespace {

using Order = std::vector<std::uint32_t>;

/// Rows that have a value, by value; equal ones in row order.
Order sorted_rows(const std::vector<double>& cells) {
  std::vector<std::pair<double, std::uint32_t>> keyed;
  keyed.reserve(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!std::isnan(cells[i])) keyed.emplace_back(cells[i], static_cast<std::uint32_t>(i));
  }
  std::sort(keyed.begin(), keyed.end());
  Order order;
  order.reserve(keyed.size());
  for (const auto& [value, row] : keyed) order.push_back(row);
  return order;
}

class Ranking {
 public:
  Ranking(const StoredRows& rows, ThreadPool& threads) : rows_(rows), orders_(rows.columns.size()) {
    threads.run(std::ssize(orders_), [&](int, std::int64_t j) {
      const auto at = static_cast<std::size_t>(j);
      orders_[at] = sorted_rows(rows_.columns[at]);
    });
  }

  [[nodiscard]] bool has_gaps(std::size_t column) const { return std::ssize(orders_[column]) < rows_.rows(); }

  /// Calls visit(row, rank) for the rows of `column` that `other` has, too; ranks are weights of the rows before and half of
  /// those that are equal. Returns the weight of all.
  template <typename Visit>
  double visit_ranks(std::size_t column, std::size_t other, Visit&& visit) const {
    const std::vector<double>& cells = rows_.columns[column];
    const std::vector<double>& partner = rows_.columns[other];
    const Order& order = orders_[column];
    double before = 0.0;
    for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
      double tied = 0.0;
      for (; end < order.size() && cells[order[end]] == cells[order[first]]; ++end) {
        if (!std::isnan(partner[order[end]])) tied += weight(order[end]);
      }
      for (std::size_t i = first; i < end; ++i) {
        if (!std::isnan(partner[order[i]])) visit(order[i], before + tied / 2.0);
      }
      before += tied;
    }
    return before;
  }

  [[nodiscard]] std::vector<double> ranks(std::size_t column) const {
    std::vector<double> ranks(rows_.columns[column].size());
    visit_ranks(column, column, [&](std::uint32_t row, double rank) { ranks[row] = rank; });
    return ranks;
  }

  /// @param ranks  [rows] any content
  [[nodiscard]] stats::CoMoments pair(std::size_t x, std::size_t y, std::vector<double>& ranks) const {
    stats::CoMoments moments;
    ranks.resize(rows_.columns[x].size());
    moments.weight = visit_ranks(x, y, [&](std::uint32_t row, double rank) { ranks[row] = rank; });
    moments.mean_x = moments.mean_y = moments.weight / 2.0;  // of mid-ranks, whatever the ties
    visit_ranks(y, x, [&](std::uint32_t row, double rank) {
      const double w = weight(row), dx = ranks[row] - moments.mean_x, dy = rank - moments.mean_y;
      ++moments.n;
      moments.weight_squares += w * w;
      moments.xx += w * dx * dx;
      moments.yy += w * dy * dy;
      moments.xy += w * dx * dy;
    });
    return moments;
  }

 private:
  [[nodiscard]] double weight(std::size_t row) const { return rows_.weights.empty() ? 1.0 : rows_.weights[row]; }

  const StoredRows& rows_;
  std::vector<Order> orders_;  // [columns]
};

/// Blocks over columns of ranks, all in one group.
GroupMoments sum_ranks(const std::vector<std::vector<double>>& ranks, const StoredRows& rows, Backend& backend) {
  const std::vector<std::int32_t> zeros(static_cast<std::size_t>(kAnalysisBlockRows));
  double weight = static_cast<double>(rows.rows());
  if (!rows.weights.empty()) weight = std::accumulate(rows.weights.begin(), rows.weights.end(), 0.0);
  const MomentsTask task =
      pairs_task(1, std::vector<std::uint8_t>(ranks.size(), 0), std::vector<double>(ranks.size(), weight / 2.0));
  const std::unique_ptr<MomentsPass> pass = backend.moments(task);
  constexpr std::int64_t kBlocksAtOnce = 64;
  std::vector<AnalysisBlock> blocks;
  for (std::int64_t first = 0; first < rows.rows(); first += kAnalysisBlockRows) {
    AnalysisBlock& block = blocks.emplace_back();
    block.first_row = first;
    block.rows = std::min(kAnalysisBlockRows, rows.rows() - first);
    block.codes = {zeros.data()};
    for (const std::vector<double>& column : ranks) block.numbers.push_back(column.data() + first);
    if (!rows.weights.empty()) block.weights = rows.weights.data() + first;
    if (std::ssize(blocks) < kBlocksAtOnce && first + block.rows < rows.rows()) continue;
    pass->consume(blocks);
    blocks.clear();
  }
  return pass->finish();
}

}  // namespace

Matrix<stats::CoMoments> rank_co_moments(const StoredRows& rows, Backend& backend, ThreadPool& threads) {
  const Ranking ranking(rows, threads);
  const std::size_t m = rows.columns.size();
  std::vector<std::size_t> whole;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t x = 0; x < m; ++x) {
    if (!ranking.has_gaps(x)) whole.push_back(x);
    for (std::size_t y = x; y < m; ++y) {
      if (ranking.has_gaps(x) || ranking.has_gaps(y)) pairs.emplace_back(x, y);
    }
  }
  Matrix<stats::CoMoments> result(static_cast<std::int64_t>(m), static_cast<std::int64_t>(m));
  const auto at = [&](std::size_t x, std::size_t y) -> stats::CoMoments& {
    return result(static_cast<std::int64_t>(x), static_cast<std::int64_t>(y));
  };
  {
    std::vector<std::vector<double>> ranks(whole.size());
    threads.run(std::ssize(whole), [&](int, std::int64_t i) {
      ranks[static_cast<std::size_t>(i)] = ranking.ranks(whole[static_cast<std::size_t>(i)]);
    });
    const CoMomentTable table(sum_ranks(ranks, rows, backend), Matrix<double>(1, std::ssize(whole)));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (std::size_t j = i; j < whole.size(); ++j)
        at(whole[i], whole[j]) = table.of(0, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
    }
  }
  std::vector<std::vector<double>> scratch(static_cast<std::size_t>(threads.size()));
  threads.run(std::ssize(pairs), [&](int thread, std::int64_t i) {
    const auto& [x, y] = pairs[static_cast<std::size_t>(i)];
    at(x, y) = ranking.pair(x, y, scratch[static_cast<std::size_t>(thread)]);
  });
  return result;
}

}  // namespace tessera
