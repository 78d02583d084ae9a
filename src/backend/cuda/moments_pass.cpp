// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/moments_pass.hpp"

#include <algorithm>
#include <utility>

#include "backend/cuda/workspace_pool.hpp"
#include "tessera/error.hpp"

namespace tessera::cuda {
namespace {

constexpr std::int64_t kColumnKinds = 5;  // of ColumnCells

static_assert(kernels::kLeafRows == kAnalysisBlockRows);

ProductTiles whole_tiles(const PairColumns& c) {
  return {c.whole_left(), c.columns + 1,
          [&](const TileColumns& tile) { return tile.last_left >= c.columns || tile.last_right >= tile.first_left; }};
}

ProductTiles gap_tiles(const PairColumns& c) {
  return {c.gaps_left(), c.columns + c.masks(), [&](const TileColumns& tile) {
            return tile.last_right >= c.columns || (tile.first_left < c.columns && tile.last_right >= tile.first_left);
          }};
}

}  // namespace

CudaMomentsPass::CudaMomentsPass(const MomentsTask& task, const Device& device, ThreadPool& threads)
    : task_(task), device_(used(device)), threads_(threads) {
  check_task(task);
}

/// @param first  blocks to come: later calls are expected to bring about as many
void CudaMomentsPass::start(std::span<const AnalysisBlock> first) {
  weighted_ = first.front().weights != nullptr;
  by_rows_ = first.front().number_rows != nullptr;
  columns_.emplace(task_, weighted_);
  scratch_.resize(static_cast<std::size_t>(threads_.size()));
  const std::array<ProductTiles, 2> tiles =
      task_.pairs ? std::array{whole_tiles(*columns_), columns_->gaps() ? gap_tiles(*columns_) : ProductTiles(0, 0)}
                  : std::array{ProductTiles(1, kColumnKinds * columns()), ProductTiles(0, 0)};
  const std::int64_t groups = task_.groups.groups();
  const std::int64_t leaf_bytes = (tiles[0].size() + tiles[1].size()) * groups * static_cast<std::int64_t>(sizeof(double));
  const std::int64_t row_bytes = columns() * static_cast<std::int64_t>(by_rows_ ? sizeof(float) : sizeof(double));
  const Stream& compute = shipments_.compute();
  reserve_in_slabs(
      [&](int halvings) {
        slab_blocks_ = std::min(plan_raw_blocks(row_bytes, leaf_bytes, device_.limits, halvings), std::ssize(first));
        shipments_.reserve(load_bytes(slab_blocks_));
        for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i].start(tiles[i], groups, slab_blocks_, compute);
      },
      [&] { return slab_blocks_ > 1; },
      [&] {
        compute.wait();  // tiles may be under way
        shipments_.release();
        for (ProductSums& sums : sums_) sums.release();
      });
  pivots_.upload(task_.pivots, compute.get());
  mask_columns_.upload(columns_->mask_columns, compute.get());
}

void CudaMomentsPass::consume(std::span<const AnalysisBlock> blocks) {
  if (blocks.empty() || task_.columns.empty()) return;
  check_block(task_, blocks.front());
  device_.use();
  if (!columns_) start(blocks);
  while (!blocks.empty()) {
    const std::size_t count = std::min(static_cast<std::size_t>(slab_blocks_), blocks.size());
    consume_slab(blocks.first(count));
    blocks = blocks.subspan(count);
  }
}

std::size_t CudaMomentsPass::list_count() const {
  const bool listed = weighted_ || !task_.groups.codes.empty() || columns_->gaps();
  return !listed ? 0 : task_.pairs && columns_->gaps() ? 2 : 1;
}

std::int64_t CudaMomentsPass::load_bytes(std::int64_t blocks) const {
  const std::int64_t n = blocks * kAnalysisBlockRows;
  const std::int64_t cells = by_rows_ ? Shipment::room_for<float>(n * columns()) : Shipment::room_for<double>(n * columns());
  const std::int64_t list =
      2 * Shipment::room_for<std::int32_t>(blocks * task_.groups.groups()) + Shipment::room_for<std::int32_t>(n);
  return cells + Shipment::room_for<double>(weighted_ ? n : 0) + static_cast<std::int64_t>(list_count()) * list;
}

CudaMomentsPass::Load CudaMomentsPass::place(std::int64_t blocks, Shipment& shipment) const {
  const std::int64_t n = blocks * kAnalysisBlockRows;
  const std::int64_t leaves = blocks * task_.groups.groups();
  shipment.begin(load_bytes(blocks));
  Load load;
  if (by_rows_) {
    load.rows = shipment.place<float>(n * columns());
  } else {
    load.columns = shipment.place<double>(n * columns());
  }
  if (weighted_) load.weights = shipment.place<double>(n);
  for (std::size_t i = 0; i < list_count(); ++i) {
    load.lists[i].begin = shipment.place<std::int32_t>(leaves);
    load.lists[i].end = shipment.place<std::int32_t>(leaves);
    load.lists[i].rows = shipment.place<std::int32_t>(n);
  }
  return load;
}

void CudaMomentsPass::fill_cells(const AnalysisBlock& block, std::int64_t at, const Load& load) const {
  if (by_rows_) {
    float* to = load.rows.host + at * kAnalysisBlockRows * columns();
    const float* row = block.number_rows;
    for (std::int64_t i = 0; i < block.rows; ++i, row += block.number_stride, to += columns()) std::copy_n(row, columns(), to);
  } else {
    double* to = load.columns.host + at * kAnalysisBlockRows * columns();
    for (const int column : task_.columns) {
      std::copy_n(block.numbers[static_cast<std::size_t>(column)], block.rows, to);
      to += kAnalysisBlockRows;
    }
  }
  if (weighted_) std::copy_n(block.weights, block.rows, load.weights.host + at * kAnalysisBlockRows);
}

/// Block `at` of a slab.
void CudaMomentsPass::fill(const AnalysisBlock& block, std::int64_t at, const Load& load, Scratch& scratch) const {
  fill_cells(block, at, load);
  if (list_count() == 0) return;
  scratch.groups.sort(block, task_.groups);
  const bool split = list_count() == 2;
  if (split) columns_->find_gaps(block, task_, scratch.has_gap);
  const std::int64_t first = at * kAnalysisBlockRows, groups = task_.groups.groups();
  std::array<std::int64_t, 2> next{first, first};
  for (std::int64_t group = 0; group < groups; ++group) {
    const std::int64_t leaf = at * groups + group;
    const auto mark = [&](auto member) {
      for (std::size_t i = 0; i < (split ? 2U : 1U); ++i) {
        (load.lists[i].*member).host[leaf] = static_cast<std::int32_t>(next[i]);
      }
    };
    mark(&Lists::begin);
    for (const std::int32_t row : scratch.groups[group]) {
      const std::size_t list = split && scratch.has_gap[static_cast<std::size_t>(row)] != 0 ? 1 : 0;
      load.lists[list].rows.host[next[list]++] = static_cast<std::int32_t>(first) + row;
    }
    mark(&Lists::end);
  }
}

void CudaMomentsPass::consume_slab(std::span<const AnalysisBlock> blocks) {
  Shipment& shipment = shipments_.next();
  const Stream& compute = shipments_.compute();
  const Load load = place(std::ssize(blocks), shipment);
  threads_.run(std::ssize(blocks), [&](int thread, std::int64_t i) {
    fill(blocks[static_cast<std::size_t>(i)], i, load, scratch_[static_cast<std::size_t>(thread)]);
  });
  shipment.send(compute);
  const kernels::Cells cells{.columns = load.columns.device,
                             .column_count = static_cast<std::int32_t>(columns()),
                             .rows = load.rows.device,
                             .stride = columns(),
                             .pivots = pivots_.data(),
                             .weights = load.weights.device};
  const std::int64_t count = std::ssize(blocks);
  const std::int64_t rows = (count - 1) * kAnalysisBlockRows + blocks.back().rows;
  if (!task_.pairs) {
    sums_[0].add(kernels::ColumnCells{cells}, rows, count, load.lists[0].on_device(), compute);
  } else {
    sums_[0].add(kernels::WholePairs{cells}, rows, count, load.lists[0].on_device(), compute);
    const auto masks = static_cast<std::int32_t>(columns_->masks());
    sums_[1].add(kernels::GapPairs{cells, mask_columns_.data(), masks}, rows, count, load.lists[1].on_device(), compute);
  }
  shipment.read_by(compute);
}

GroupMoments CudaMomentsPass::finish() {
  GroupMoments moments = empty_group_moments(task_);
  if (!columns_) return moments;  // a table without rows
  device_.use();
  std::array<std::vector<double>, 2> totals;
  for (std::size_t i = 0; i < sums_.size(); ++i) totals[i] = sums_[i].total(shipments_.compute());
  for (std::int64_t group = 0; group < moments.groups; ++group) {
    const auto sum = [&](std::size_t which, std::int64_t left, std::int64_t right) {
      const ProductTiles& tiles = sums_[which].tiles();
      return totals[which][static_cast<std::size_t>(group * tiles.size() + tiles.place(left, right))];
    };
    if (task_.pairs) {
      columns_->read(
          group, [&](std::int64_t l, std::int64_t r) { return sum(0, l, r); },
          [&](std::int64_t l, std::int64_t r) { return sum(1, l, r); }, moments);
      continue;
    }
    for (std::int64_t j = 0; j < columns(); ++j) {
      const auto kind = [&](std::int64_t which) { return sum(0, 0, which * columns() + j); };
      const std::size_t at = moments.at(group, j);
      moments.n[at] = static_cast<std::int64_t>(kind(0));
      moments.first[at] = kind(1);
      moments.second[at] = kind(2);
      moments.weight[at] = kind(weighted_ ? 3 : 0);
      moments.weight_squares[at] = kind(weighted_ ? 4 : 0);
    }
  }
  return moments;
}

}  // namespace tessera::cuda
