// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/moments_pass.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Rows that are laid out at a time: they stay in the first-level cache.
constexpr std::size_t kTileRows = 64;

std::int64_t padded(std::int64_t width) { return (width + kProductWidth - 1) / kProductWidth * kProductWidth; }

}  // namespace

MomentsLayout::MomentsLayout(const MomentsTask& task, bool has_weights)
    : columns(std::ssize(task.columns)), pairs(task.pairs), weighted(has_weights), mask(task.columns.size()) {
  if (!pairs) {
    for (std::int64_t j = 0; j < columns; ++j) mask[static_cast<std::size_t>(j)] = j;
    masks = columns;
    square = padded(columns);
    mask_at = 2 * square;
    right = 3 * square;
    left_rows = weighted ? 1 : 0;
    left_weight_square = weighted ? 2 : 0;
    left = weighted ? 3 : 1;
    return;
  }
  for (std::size_t j = 0; j < mask.size(); ++j) {
    if (task.may_miss.empty() || task.may_miss[j] != 0) mask[j] = masks++;
  }
  mask_at = padded(columns);
  right = mask_at + padded(masks);
  left_mask = columns;
  if (masks > 1) {
    left_square = columns;
    left_mask = 2 * columns;
  }
  left_rows = weighted ? left_mask + masks : left_mask;
  left_weight_square = weighted ? left_rows + masks : left_mask;
  left = left_weight_square + masks;
}

CpuMomentsPass::CpuMomentsPass(MomentsTask task, std::string_view level, ThreadPool& threads)
    : task_(std::move(task)), add_products_(add_products_of(level)), threads_(threads) {
  const bool sound = task_.pivots.size() == task_.columns.size() && task_.groups.codes.size() == task_.groups.sizes.size() &&
                     (task_.may_miss.empty() || task_.may_miss.size() == task_.columns.size());
  if (!sound) throw Error(ErrorCode::internal, "a moments task contradicts itself");
}

void CpuMomentsPass::start(bool weighted) {
  layout_.emplace_back(task_, weighted);
  leaves_.resize(static_cast<std::size_t>(threads_.size()));
  const auto size = static_cast<std::size_t>(task_.groups.groups() * layout_.front().size());
  for (Leaf& leaf : leaves_) leaf.sums.resize(size);
  constexpr std::size_t kShard = 4096;
  for (std::size_t begin = 0; begin < size; begin += kShard) {
    shard_begin_.push_back(begin);
    shards_.emplace_back(std::min(kShard, size - begin));
  }
}

void CpuMomentsPass::consume(std::span<const AnalysisBlock> blocks) {
  if (blocks.empty() || task_.columns.empty()) return;
  if (layout_.empty()) start(blocks.front().weights != nullptr);
  for (std::size_t first = 0; first < blocks.size(); first += leaves_.size()) {
    const auto round = std::min(leaves_.size(), blocks.size() - first);
    threads_.run(static_cast<std::int64_t>(round), [&](int, std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      sum_block(blocks[first + at], leaves_[at]);
    });
    threads_.run(std::ssize(shards_), [&](int, std::int64_t shard) {
      const auto at = static_cast<std::size_t>(shard);
      for (std::size_t i = 0; i < round; ++i) shards_[at].add(std::span(leaves_[i].sums).subspan(shard_begin_[at]));
    });
  }
}

void CpuMomentsPass::sum_block(const AnalysisBlock& block, Leaf& leaf) const {
  const MomentsLayout& layout = layout_.front();
  leaf.groups.sort(block, task_.groups);
  std::fill(leaf.sums.begin(), leaf.sums.end(), 0.0);
  leaf.left.resize(kTileRows * static_cast<std::size_t>(layout.left));
  leaf.right.resize(kTileRows * static_cast<std::size_t>(layout.right));
  for (std::int64_t group = 0; group < task_.groups.groups(); ++group) {
    const std::span<const std::int32_t> rows = leaf.groups[group];
    for (std::size_t first = 0; first < rows.size(); first += kTileRows) {
      const auto tile = rows.subspan(first, std::min(kTileRows, rows.size() - first));
      fill_tile(block, tile, leaf);
      add_tile(std::ssize(tile), leaf, leaf.sums.data() + group * layout.size());
    }
  }
}

void CpuMomentsPass::fill_tile(const AnalysisBlock& block, std::span<const std::int32_t> rows, Leaf& leaf) const {
  const MomentsLayout& layout = layout_.front();
  const std::size_t count = rows.size();
  double weights[kTileRows];
  for (std::size_t r = 0; r < count; ++r) weights[r] = block.weights == nullptr ? 1.0 : block.weights[rows[r]];
  const std::int64_t left_stride = layout.left, right_stride = layout.right;
  for (std::int64_t j = 0; j < layout.columns; ++j) {
    const auto column = static_cast<std::size_t>(j);
    const double* const cells = block.numbers[static_cast<std::size_t>(task_.columns[column])];
    const double pivot = task_.pivots[column];
    const std::int64_t mask = layout.mask[column];
    const bool has_mask = !layout.pairs || mask > 0, has_square = layout.left_square >= 0;
    double* right = leaf.right.data();
    double* left = leaf.left.data();
    for (std::size_t r = 0; r < count; ++r, right += right_stride, left += left_stride) {
      const double x = cells[rows[r]];
      const bool present = !std::isnan(x);
      const double d = present ? x - pivot : 0.0;
      right[j] = d;
      if (has_mask) right[layout.mask_at + mask] = present ? 1.0 : 0.0;
      if (layout.pairs) {
        left[j] = weights[r] * d;
        if (has_square) left[layout.left_square + j] = weights[r] * (d * d);
      } else {
        right[layout.square + j] = d * d;
      }
    }
  }
  double* right = leaf.right.data();
  double* left = leaf.left.data();
  for (std::size_t r = 0; r < count; ++r, right += right_stride, left += left_stride) {
    const double weight = weights[r];
    if (!layout.pairs) {
      left[0] = weight;
      if (!layout.weighted) continue;
      left[layout.left_rows] = 1.0;
      left[layout.left_weight_square] = weight * weight;
      continue;
    }
    right[layout.mask_at] = 1.0;
    for (std::int64_t m = 0; m < layout.masks; ++m) {
      const double present = right[layout.mask_at + m];
      left[layout.left_mask + m] = weight * present;
      if (!layout.weighted) continue;
      left[layout.left_rows + m] = present;
      left[layout.left_weight_square + m] = weight * weight * present;
    }
  }
}

void CpuMomentsPass::add_tile(std::int64_t rows, const Leaf& leaf, double* sums) const {
  const MomentsLayout& layout = layout_.front();
  const RowProducts products{leaf.left.data(), layout.left, leaf.right.data(), layout.right, rows};
  if (!layout.pairs) {
    add_products_(products, 0, layout.left, 0, layout.right, sums);
    return;
  }
  // Of d x d only what is on or above the diagonal.
  for (std::int64_t first = 0; first < layout.columns; first += kProductWidth) {
    add_products_(products, first, std::min(first + kProductWidth, layout.columns), first, layout.right, sums);
  }
  add_products_(products, layout.columns, layout.left, layout.mask_at, layout.right, sums);
}

GroupMoments CpuMomentsPass::finish() {
  if (layout_.empty()) start(false);  // a table without rows
  const MomentsLayout& layout = layout_.front();
  std::vector<double> sums;
  for (BlockSums& shard : shards_) {
    const std::vector<double> part = shard.total();
    sums.insert(sums.end(), part.begin(), part.end());
  }
  GroupMoments moments;
  moments.groups = task_.groups.groups();
  moments.columns = layout.columns;
  const auto cells = static_cast<std::size_t>(moments.groups * moments.columns);
  moments.n.resize(cells);
  for (auto* values : {&moments.weight, &moments.weight_squares, &moments.first, &moments.second}) values->resize(cells);
  for (std::int64_t group = 0; group < moments.groups; ++group) {
    const double* const own = sums.data() + group * layout.size();
    const auto sum = [&](std::int64_t l, std::int64_t r) { return own[l * layout.right + r]; };
    for (std::int64_t j = 0; j < layout.columns; ++j) {
      const std::int64_t mask = layout.mask_at + layout.mask[static_cast<std::size_t>(j)];
      const std::size_t at = moments.at(group, j);
      const std::int64_t l = layout.pairs ? layout.mask[static_cast<std::size_t>(j)] : 0;  // w m * m is w m
      moments.n[at] = static_cast<std::int64_t>(sum(layout.left_rows + l, mask));
      moments.weight[at] = sum(layout.left_mask + l, mask);
      moments.weight_squares[at] = sum(layout.left_weight_square + l, mask);
      moments.first[at] = layout.pairs ? sum(j, mask) : sum(0, j);
      moments.second[at] = layout.pairs ? sum(j, j) : sum(0, layout.square + j);
    }
  }
  if (!layout.pairs) return moments;
  const std::size_t all = cells * static_cast<std::size_t>(moments.columns);
  for (auto* values : {&moments.pair_rows, &moments.pair_weight, &moments.pair_weight_squares, &moments.pair_first,
                       &moments.pair_second, &moments.pair_product}) {
    values->resize(all);
  }
  for (std::int64_t group = 0; group < moments.groups; ++group) {
    const double* const own = sums.data() + group * layout.size();
    const auto sum = [&](std::int64_t l, std::int64_t r) { return own[l * layout.right + r]; };
    for (std::int64_t i = 0; i < layout.columns; ++i) {
      const std::int64_t own_mask = layout.mask[static_cast<std::size_t>(i)];
      for (std::int64_t j = 0; j < layout.columns; ++j) {
        const std::int64_t mask = layout.mask[static_cast<std::size_t>(j)];
        const std::size_t at = moments.at(group, i, j);
        moments.pair_rows[at] = sum(layout.left_rows + own_mask, layout.mask_at + mask);
        moments.pair_weight[at] = sum(layout.left_mask + own_mask, layout.mask_at + mask);
        moments.pair_weight_squares[at] = sum(layout.left_weight_square + own_mask, layout.mask_at + mask);
        moments.pair_first[at] = sum(i, layout.mask_at + mask);
        // Where the other column is never missing, its own sum, which exists without a product of its own.
        moments.pair_second[at] =
            mask == 0 || layout.left_square < 0 ? sum(i, i) : sum(layout.left_square + i, layout.mask_at + mask);
        moments.pair_product[at] = sum(std::min(i, j), std::max(i, j));
      }
    }
  }
  return moments;
}

}  // namespace tessera
