// SPDX-License-Identifier: Apache-2.0
#include "backend/pair_columns.hpp"

#include <cmath>
#include <limits>

#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Column j of the task is number j.
bool takes_every_number(const MomentsTask& task) {
  for (std::size_t j = 0; j < task.columns.size(); ++j) {
    if (task.columns[j] != static_cast<int>(j)) return false;
  }
  return true;
}

}  // namespace

void check_task(const MomentsTask& task) {
  const bool sound = task.pivots.size() == task.columns.size() && task.groups.codes.size() == task.groups.sizes.size() &&
                     (task.may_miss.empty() || task.may_miss.size() == task.columns.size());
  if (!sound) throw Error(ErrorCode::internal, "a moments task contradicts itself");
}

void check_block(const MomentsTask& task, const AnalysisBlock& block) {
  if (block.number_rows != nullptr && !(task.pairs && takes_every_number(task))) {
    throw Error(ErrorCode::internal, "this moments task needs its numbers column by column");
  }
}

GroupMoments empty_group_moments(const MomentsTask& task) {
  GroupMoments moments;
  moments.groups = task.groups.groups();
  moments.columns = std::ssize(task.columns);
  const auto cells = static_cast<std::size_t>(moments.groups * moments.columns);
  moments.n.resize(cells);
  for (auto* values : {&moments.weight, &moments.weight_squares, &moments.first, &moments.second}) values->resize(cells);
  if (!task.pairs) return moments;
  for (auto* values : {&moments.pair_rows, &moments.pair_weight, &moments.pair_weight_squares, &moments.pair_first,
                       &moments.pair_second, &moments.pair_product}) {
    values->resize(cells * static_cast<std::size_t>(moments.columns));
  }
  return moments;
}

PairColumns::PairColumns(const MomentsTask& task, bool weights)
    : columns(std::ssize(task.columns)), weighted(weights), mask(task.columns.size()), mask_columns{-1} {
  for (std::size_t j = 0; j < mask.size(); ++j) {
    if (!task.may_miss.empty() && task.may_miss[j] == 0) continue;
    mask[j] = masks();
    mask_columns.push_back(static_cast<std::int32_t>(j));
  }
}

void PairColumns::find_gaps(const AnalysisBlock& block, const MomentsTask& task, std::vector<std::uint8_t>& has_gap) const {
  has_gap.assign(static_cast<std::size_t>(block.rows), 0);
  if (!gaps()) return;
  if (block.number_rows != nullptr) {  // those that cannot miss are finite
    const float* row = block.number_rows;
    for (std::uint8_t& gap : has_gap) {
      unsigned any = 0;
      for (std::int64_t j = 0; j < columns; ++j) any |= std::fabs(row[j]) <= std::numeric_limits<float>::max() ? 0U : 1U;
      gap = static_cast<std::uint8_t>(any);
      row += block.number_stride;
    }
    return;
  }
  for (std::size_t j = 0; j < mask.size(); ++j) {
    if (mask[j] == 0) continue;
    const double* const cells = block.numbers[static_cast<std::size_t>(task.columns[j])];
    for (std::size_t i = 0; i < has_gap.size(); ++i) has_gap[i] |= static_cast<std::uint8_t>(std::isnan(cells[i]));
  }
}

}  // namespace tessera
