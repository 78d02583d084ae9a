// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "correlate/answer.hpp"
#include "correlate/rank_groups.hpp"
#include "feed/segment_sample.hpp"
#include "stats/rank_correlation.hpp"

namespace tessera {
namespace {

/// Every segment as the first: all customers.
class OneSegment {
 public:
  std::span<const AnalysisBlock> of(std::span<const AnalysisBlock> blocks) {
    blocks_.assign(blocks.begin(), blocks.end());
    codes_.resize(std::max(codes_.size(), blocks.size()));
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const std::int32_t* const segment = blocks_[b].codes[CorrelationPlan::kSegmentCode];
      codes_[b].assign(segment, segment + blocks_[b].rows);
      for (std::int32_t& code : codes_[b]) code = std::min(code, 0);
      blocks_[b].codes[CorrelationPlan::kSegmentCode] = codes_[b].data();
    }
    return blocks_;
  }

 private:
  std::vector<AnalysisBlock> blocks_;
  std::vector<std::vector<std::int32_t>> codes_;
};

PairAnswer kendall_of(const SegmentSample& sample, std::int32_t segment, std::int64_t x, std::int64_t y) {
  std::vector<double> first, second;
  for (std::size_t row = 0; row < sample.rows(segment); ++row) {
    const double a = sample.value(segment, row, static_cast<std::size_t>(x));
    const double b = sample.value(segment, row, static_cast<std::size_t>(y));
    if (std::isnan(a) || std::isnan(b)) continue;
    first.push_back(a);
    second.push_back(b);
  }
  const auto n = static_cast<double>(first.size());
  PairAnswer answer{stats::kendall(first, second), n};
  answer.correlation.n = n;
  return answer;
}

/// All pairs of a segment, over the threads.
Matrix<PairAnswer> all_pairs(const SegmentSample& sample, std::int32_t segment, std::int64_t columns, ThreadPool& threads) {
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t x = 0; x < columns; ++x) {
    for (std::int64_t y = x; y < columns; ++y) pairs.emplace_back(x, y);
  }
  Matrix<PairAnswer> answers(columns, columns);
  threads.run(std::ssize(pairs), [&](int, std::int64_t i) {
    const auto& [x, y] = pairs[static_cast<std::size_t>(i)];
    answers(x, y) = kendall_of(sample, segment, x, y);
  });
  return answers;
}

}  // namespace

std::vector<CorrelationGroup> kendall_groups(const CorrelationPlan& plan, SegmentSweep& sweep, std::int64_t most_rows,
                                             CorrelationTable& result) {
  const auto most = static_cast<std::size_t>(most_rows);
  const std::size_t columns = plan.variables.size();
  SegmentSample all(1, columns, plan.columns.seed, most), within(plan.segments, columns, plan.columns.seed, most);
  OneSegment one;
  sweep.run([&](std::span<const AnalysisBlock> blocks) {
    all.consume(one.of(blocks), CorrelationPlan::kSegmentCode);
    if (plan.has_segments()) within.consume(blocks, CorrelationPlan::kSegmentCode);
  });
  all.finish();
  within.finish();
  if (sweep.rows().used() > most_rows) result.sample_rows = most_rows;
  std::vector<CorrelationGroup> groups;
  for (int segment = -1; segment < (plan.has_segments() ? plan.segments : 0); ++segment) {
    const Matrix<PairAnswer> answers =
        all_pairs(segment < 0 ? all : within, std::max(segment, 0), static_cast<std::int64_t>(columns), sweep.job().threads);
    const AnswerPair answer = [&](std::int64_t x, std::int64_t y) { return answers(x, y); };
    groups.push_back(answer_group(plan, sweep.rows(), segment, answer, {.repair = true, .partials = false}));
  }
  return groups;
}

}  // namespace tessera
