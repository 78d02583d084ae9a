// SPDX-License-Identifier: Apache-2.0
#include "correlate/pearson.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "core/bytes.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Blocks whose cells count from the mean of their segment.
class CenteredBlocks {
 public:
  explicit CenteredBlocks(const Matrix<double>& centers) : centers_(centers) {}

  std::span<const AnalysisBlock> center(std::span<const AnalysisBlock> blocks, ThreadPool& threads) {
    blocks_.assign(blocks.begin(), blocks.end());
    cells_.resize(std::max(cells_.size(), blocks.size()));
    threads.run(std::ssize(blocks), [&](int, std::int64_t b) {
      center(blocks_[static_cast<std::size_t>(b)], cells_[static_cast<std::size_t>(b)]);
    });
    return blocks_;
  }

 private:
  void center(AnalysisBlock& block, std::vector<double>& cells) const {
    const auto rows = static_cast<std::size_t>(block.rows);
    cells.resize(rows * block.numbers.size());
    const std::int32_t* const segment = block.codes[CorrelationPlan::kSegmentCode];
    for (std::size_t j = 0; j < block.numbers.size(); ++j) {
      double* const out = cells.data() + j * rows;
      for (std::size_t i = 0; i < rows; ++i) {
        const double center = segment[i] < 0 ? 0.0 : centers_(segment[i], static_cast<std::int64_t>(j));
        out[i] = block.numbers[j][i] - center;
      }
      block.numbers[j] = out;
    }
  }

  const Matrix<double>& centers_;
  std::vector<AnalysisBlock> blocks_;
  std::vector<std::vector<double>> cells_;
};

/// Most that the sums of all pairs take: with gaps and weights, of several blocks at a time and in the tree.
void check_memory(std::int64_t segments, std::int64_t columns, const SegmentSweep& sweep) {
  const std::int64_t copies = sweep.job().threads.size() + 10;
  const std::int64_t bytes = segments * (5 * columns + 3) * (2 * columns + 16) * 8 * copies;
  if (bytes <= sweep.budget_bytes() / 2) return;
  throw MemoryError(
      fmt::format("the correlations of {} columns within {} segments take {}, more than half of the memory budget", columns,
                  segments, format_bytes(bytes)),
      "name fewer columns with --features, or raise --memory");
}

GroupMoments run(const MomentsTask& task, Backend& backend, SegmentSweep& sweep, const Matrix<double>* centers) {
  const std::unique_ptr<MomentsPass> pass = backend.moments(task);
  if (centers == nullptr) {
    sweep.run([&](std::span<const AnalysisBlock> blocks) { pass->consume(blocks); }, true);
  } else {
    CenteredBlocks centered(*centers);
    sweep.run([&](std::span<const AnalysisBlock> blocks) { pass->consume(centered.center(blocks, sweep.job().threads)); });
  }
  return pass->finish();
}

}  // namespace

MomentsTask pairs_task(std::int32_t segments, std::vector<std::uint8_t> may_miss, std::vector<double> pivots) {
  MomentsTask task;
  task.groups = {{CorrelationPlan::kSegmentCode}, {segments}};
  task.columns.resize(may_miss.size());
  std::iota(task.columns.begin(), task.columns.end(), 0);
  task.pivots = std::move(pivots);
  task.pairs = true;
  task.may_miss = std::move(may_miss);
  return task;
}

CoMomentTable sweep_co_moments(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep) {
  std::vector<std::uint8_t> may_miss;
  std::vector<double> pivots;
  for (const int v : plan.numbers()) {
    const PlannedVariable& variable = plan.variables[static_cast<std::size_t>(v)];
    may_miss.push_back(variable.variable.missing > 0 && !sweep.listwise() ? 1 : 0);
    pivots.push_back(variable.center);
  }
  const auto columns = std::ssize(pivots);
  check_memory(plan.segments, columns, sweep);
  Matrix<double> centers(plan.segments, columns);
  for (std::int64_t s = 0; s < plan.segments; ++s) std::ranges::copy(pivots, centers.row(s).begin());
  MomentsTask task = pairs_task(plan.segments, std::move(may_miss), std::move(pivots));
  CoMomentTable table(run(task, backend, sweep, nullptr), std::move(centers));
  if (!table.far_from_center()) return table;
  const Matrix<double> means = table.means();
  task.pivots.assign(task.pivots.size(), 0.0);
  return {run(task, backend, sweep, &means), means};
}

PairAnswer pearson_of(const CoMomentTable& table, int segment, std::int64_t x, std::int64_t y) {
  const stats::CoMoments moments = segment < 0 ? table.of_all(x, y) : table.of(segment, x, y);
  PairAnswer answer{stats::pearson(moments), static_cast<double>(moments.n)};
  answer.correlation.n = moments.effective_n();
  return answer;
}

std::vector<CorrelationGroup> pearson_groups(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep) {
  const CoMomentTable table = sweep_co_moments(plan, backend, sweep);
  const auto answer_of = [&](int segment) -> AnswerPair {
    return [&table, segment](std::int64_t x, std::int64_t y) { return pearson_of(table, segment, x, y); };
  };
  return answer_groups(plan, sweep.rows(), answer_of, {});
}

}  // namespace tessera
