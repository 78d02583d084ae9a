// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/tally_pass.hpp"

#include <cmath>
#include <utility>

#include "backend/row_groups.hpp"

namespace tessera {

CpuTallyPass::CpuTallyPass(TallyTask task, std::string_view level, ThreadPool& threads)
    : task_(std::move(task)), kernels_(analysis_kernels(level)), threads_(threads) {
  start(false);
}

void CpuTallyPass::start(bool weighted) {
  tally_ = {};
  for (const Crossing& crossing : task_.counts) {
    const auto groups = static_cast<std::size_t>(crossing.groups());
    tally_.rows.emplace_back(groups);
    if (weighted) tally_.units.emplace_back(groups);
  }
  for (const TallyTask::Histogram& histogram : task_.histograms) {
    const auto bins = static_cast<std::size_t>(histogram.groups.groups() * BinScale::kBins);
    tally_.bins.emplace_back(bins);
    if (weighted) tally_.bin_units.emplace_back(bins);
  }
}

void CpuTallyPass::consume(std::span<const AnalysisBlock> blocks) {
  if (blocks.empty()) return;
  if (!started_ && blocks.front().units != nullptr) start(true);
  started_ = true;
  const auto counts = std::ssize(task_.counts);
  threads_.run(counts + std::ssize(task_.histograms), [&](int, std::int64_t table) {
    for (const AnalysisBlock& block : blocks) {
      if (table < counts) {
        count(block, static_cast<std::size_t>(table));
      } else {
        count_bins(block, static_cast<std::size_t>(table - counts));
      }
    }
  });
}

void CpuTallyPass::count(const AnalysisBlock& block, std::size_t table) {
  std::int64_t* const rows = tally_.rows[table].data();
  Int128* const units = block.units != nullptr ? tally_.units[table].data() : nullptr;
  for_grouped_rows(block, task_.counts[table], [&](std::int64_t row, std::int64_t group) {
    ++rows[group];
    if (units != nullptr) units[group] += block.units[row];
  });
}

void CpuTallyPass::count_bins(const AnalysisBlock& block, std::size_t histogram) {
  const TallyTask::Histogram& wanted = task_.histograms[histogram];
  const double* const cells = block.numbers[static_cast<std::size_t>(wanted.column)];
  std::int64_t* const bins = tally_.bins[histogram].data();
  if (block.units == nullptr && wanted.groups.codes.size() == 1) {
    // By far the most common: every row counts once, and its group is a code. Places first, in vectors.
    const std::int32_t* const codes = block.codes[static_cast<std::size_t>(wanted.groups.codes.front())];
    std::int32_t places[kAnalysisBlockRows];
    kernels_.find_bins(wanted.scale, cells, block.rows, places);
    for (std::int64_t i = 0; i < block.rows; ++i) {
      if (codes[i] >= 0 && !std::isnan(cells[i])) ++bins[std::int64_t{codes[i]} * BinScale::kBins + places[i]];
    }
    return;
  }
  Int128* const units = block.units != nullptr ? tally_.bin_units[histogram].data() : nullptr;
  for_grouped_rows(block, wanted.groups, [&](std::int64_t row, std::int64_t group) {
    const double x = cells[row];
    if (std::isnan(x)) return;
    const std::int64_t at = group * BinScale::kBins + wanted.scale.bin_of(x);
    ++bins[at];
    if (units != nullptr) units[at] += block.units[row];
  });
}

}  // namespace tessera
