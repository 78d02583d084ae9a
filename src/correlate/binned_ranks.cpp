// SPDX-License-Identifier: Apache-2.0
#include "correlate/binned_ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/bytes.hpp"
#include "correlate/pearson.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr auto kBins = static_cast<std::size_t>(BinScale::kBins);

BinScale scale_of(const PlannedVariable& variable) { return BinScale::around(variable.center, variable.reach); }

/// Whole numbers about a whole number, in a bin that has room for one of them.
bool holds_one_value(const PlannedVariable& variable, const BinScale& scale, std::size_t bin) {
  if (!variable.integral) return false;
  const int i = static_cast<int>(bin);
  const double width = i == BinScale::kSide ? scale.edge(i + 1) - scale.center
                                            : std::fabs(scale.edge(i) - scale.edge(i > BinScale::kSide ? i + 1 : i - 1));
  return width <= 1.0;
}

/// Mid-ranks of a column's bins, from -1/2 to 1/2, and what they leave out.
struct ColumnRanks {
  std::vector<double> ranks;  ///< [kBins]
  double share_within = 0.0;  ///< of the variance of exact ranks, at most, that lies within bins
};

ColumnRanks ranks_of(const std::vector<double>& weights, const PlannedVariable& variable) {
  const BinScale scale = scale_of(variable);
  double total = 0.0;
  for (const double weight : weights) total += weight;
  ColumnRanks result{std::vector<double>(kBins)};
  double before = 0.0, within = 0.0, between = 0.0;
  for (std::size_t bin = 0; bin < kBins && total > 0.0; ++bin) {
    const double share = weights[bin] / total;
    const double rank = (before + weights[bin] / 2.0) / total - 0.5;
    result.ranks[bin] = rank;
    between += share * rank * rank;
    if (share > 0.0 && !holds_one_value(variable, scale, bin)) within += share * share * share / 12.0;
    before += weights[bin];
  }
  if (within > 0.0) result.share_within = within / (within + between);
  return result;
}

/// The ranks of every column in every group.
using GroupRanks = std::vector<std::vector<ColumnRanks>>;

/// Blocks whose cells are the ranks of their bins, and whose first code is the group.
class RankedBlocks {
 public:
  /// @param ranks  of every segment, or of all customers as the only group
  RankedBlocks(const CorrelationPlan& plan, const GroupRanks& ranks) : ranks_(ranks) {
    for (const PlannedVariable& variable : plan.variables) scales_.push_back(scale_of(variable));
  }

  std::span<const AnalysisBlock> rank(std::span<const AnalysisBlock> blocks, ThreadPool& threads) {
    blocks_.assign(blocks.begin(), blocks.end());
    cells_.resize(std::max(cells_.size(), blocks.size()));
    codes_.resize(cells_.size());
    threads.run(std::ssize(blocks), [&](int, std::int64_t b) { rank(static_cast<std::size_t>(b)); });
    return blocks_;
  }

 private:
  void rank(std::size_t b) {
    AnalysisBlock& block = blocks_[b];
    const auto rows = static_cast<std::size_t>(block.rows);
    std::vector<std::int32_t>& groups = codes_[b];
    groups.assign(block.codes.front(), block.codes.front() + rows);
    if (ranks_.size() == 1) {
      for (std::int32_t& group : groups) group = std::min(group, 0);
    }
    cells_[b].resize(rows * block.numbers.size());
    for (std::size_t j = 0; j < block.numbers.size(); ++j) {
      double* const out = cells_[b].data() + j * rows;
      for (std::size_t i = 0; i < rows; ++i) {
        const double x = block.numbers[j][i];
        if (groups[i] < 0 || std::isnan(x)) {
          out[i] = stats::kUndefined;
        } else {
          const auto bin = static_cast<std::size_t>(scales_[j].bin_of(x));
          out[i] = ranks_[static_cast<std::size_t>(groups[i])][j].ranks[bin];
        }
      }
      block.numbers[j] = out;
    }
    block.codes.front() = groups.data();
  }

  const GroupRanks& ranks_;
  std::vector<BinScale> scales_;
  std::vector<AnalysisBlock> blocks_;
  std::vector<std::vector<double>> cells_;
  std::vector<std::vector<std::int32_t>> codes_;
};

/// One set of groups, its ranks and the sums of them.
class RankSums {
 public:
  RankSums(const CorrelationPlan& plan, GroupRanks ranks, const std::vector<std::uint8_t>& may_miss, Backend& backend)
      : ranks_(std::move(ranks)), blocks_(plan, ranks_), columns_(std::ssize(may_miss)) {
    pass_ =
        backend.moments(pairs_task(static_cast<std::int32_t>(ranks_.size()), may_miss, std::vector<double>(may_miss.size())));
  }
  void consume(std::span<const AnalysisBlock> blocks, ThreadPool& threads) { pass_->consume(blocks_.rank(blocks, threads)); }
  CoMomentTable finish() { return {pass_->finish(), Matrix<double>(std::ssize(ranks_), columns_)}; }

  /// The bound of binned_ranks.hpp, of the two columns that leave out most.
  [[nodiscard]] double error() const {
    double worst = 0.0;
    for (const std::vector<ColumnRanks>& columns : ranks_) {
      double first = 0.0, second = 0.0;
      for (const ColumnRanks& column : columns) {
        second = std::max(second, std::min(first, column.share_within));
        first = std::max(first, column.share_within);
      }
      const double bound =
          1.0 - std::sqrt((1.0 - first) * (1.0 - second)) + std::sqrt(first) + std::sqrt(second) + std::sqrt(first * second);
      worst = std::max(worst, bound);
    }
    return worst;
  }

 private:
  GroupRanks ranks_;
  RankedBlocks blocks_;
  std::int64_t columns_;
  std::unique_ptr<MomentsPass> pass_;
};

void check_memory(const CorrelationPlan& plan, const SegmentSweep& sweep) {
  const std::int64_t groups = plan.segments + 1, columns = std::ssize(plan.variables);
  const std::int64_t bytes = groups * columns * BinScale::kBins * (plan.columns.weight >= 0 ? 40 : 24);
  if (bytes <= sweep.budget_bytes() / 4) return;
  throw MemoryError(fmt::format("the ranks of {} columns within {} segments take {}, more than a quarter of the memory budget",
                                columns, plan.segments, format_bytes(bytes)),
                    "name fewer columns with --features, or raise --memory");
}

}  // namespace

BinnedRanks rank_by_bins(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep) {
  check_memory(plan, sweep);
  const auto segments = static_cast<std::size_t>(plan.segments);
  TallyTask task;
  std::vector<std::uint8_t> may_miss;
  for (const PlannedVariable& variable : plan.variables) {
    task.histograms.push_back({{{CorrelationPlan::kSegmentCode}, {plan.segments}}, variable.place, scale_of(variable)});
    may_miss.push_back(variable.variable.missing > 0 && !sweep.listwise() ? 1 : 0);
  }
  const std::unique_ptr<TallyPass> tally = backend.tally(task);
  sweep.run([&](std::span<const AnalysisBlock> blocks) { tally->consume(blocks); });
  const Tally counts = tally->finish();
  GroupRanks all(1), within(segments);
  for (std::size_t j = 0; j < plan.variables.size(); ++j) {
    std::vector<double> total(kBins);
    for (std::size_t s = 0; s < segments; ++s) {
      std::vector<double> own(kBins);
      for (std::size_t bin = 0; bin < kBins; ++bin) {
        const std::size_t at = s * kBins + bin;
        own[bin] =
            counts.bin_units.empty() ? static_cast<double>(counts.bins[j][at]) : static_cast<double>(counts.bin_units[j][at]);
        total[bin] += own[bin];
      }
      if (plan.has_segments()) within[s].push_back(ranks_of(own, plan.variables[j]));
    }
    all.front().push_back(ranks_of(total, plan.variables[j]));
  }
  BinnedRanks result;
  std::vector<std::unique_ptr<RankSums>> sums;
  sums.push_back(std::make_unique<RankSums>(plan, std::move(all), may_miss, backend));
  if (plan.has_segments()) sums.push_back(std::make_unique<RankSums>(plan, std::move(within), may_miss, backend));
  sweep.run([&](std::span<const AnalysisBlock> blocks) {
    for (const auto& own : sums) own->consume(blocks, sweep.job().threads);
  });
  for (const auto& own : sums) {
    result.tables.push_back(own->finish());
    result.error = std::max(result.error, own->error());
  }
  return result;
}

}  // namespace tessera
