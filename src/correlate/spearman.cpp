// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/bytes.hpp"
#include "correlate/answer.hpp"
#include "correlate/binned_ranks.hpp"
#include "correlate/exact_ranks.hpp"
#include "correlate/rank_groups.hpp"
#include "correlate/row_store.hpp"
#include "stats/rank_correlation.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

PairAnswer answer_of(const stats::CoMoments& ranks) {
  PairAnswer answer{stats::spearman(ranks), static_cast<double>(ranks.n)};
  answer.correlation.n = ranks.effective_n();
  return answer;
}

std::vector<CorrelationGroup> by_exact_ranks(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep) {
  const std::int64_t bytes = sweep.table_rows() * std::ssize(plan.variables) * kExactRankCellBytes;
  if (bytes > sweep.budget_bytes() / 2) {
    throw MemoryError(fmt::format("exact ranks of {} rows and {} columns take {}, more than half of the memory budget",
                                  sweep.table_rows(), plan.variables.size(), format_bytes(bytes)),
                      "take --ranks sketch, name fewer columns with --features, or raise --memory");
  }
  RowStore store(plan, sweep.table_rows());
  sweep.run([&](std::span<const AnalysisBlock> blocks) { store.consume(blocks); });
  std::vector<CorrelationGroup> groups;
  for (int segment = -1; segment < (plan.has_segments() ? plan.segments : 0); ++segment) {
    const Matrix<stats::CoMoments> moments = segment < 0 ? rank_co_moments(store.all(), backend, sweep.job().threads)
                                                         : rank_co_moments(store.of(segment), backend, sweep.job().threads);
    const AnswerPair answer = [&](std::int64_t x, std::int64_t y) { return answer_of(moments(x, y)); };
    groups.push_back(answer_group(plan, sweep.rows(), segment, answer, {}));
  }
  return groups;
}

}  // namespace

std::vector<CorrelationGroup> spearman_groups(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep,
                                              RankPolicy policy, CorrelationTable& result) {
  const std::int64_t cells = sweep.table_rows() * std::ssize(plan.variables);
  result.exact_ranks = policy == RankPolicy::exact || (policy == RankPolicy::automatic && cells <= kExactRankCells);
  if (result.exact_ranks) return by_exact_ranks(plan, backend, sweep);
  const BinnedRanks ranks = rank_by_bins(plan, backend, sweep);
  result.rank_error = ranks.error;
  return answer_groups(
      plan, sweep.rows(),
      [&](int segment) -> AnswerPair {
        return [&ranks, segment](std::int64_t x, std::int64_t y) {
          return answer_of(segment < 0 ? ranks.tables.front().of(0, x, y) : ranks.tables.back().of(segment, x, y));
        };
      },
      {});
}

}  // namespace tessera
