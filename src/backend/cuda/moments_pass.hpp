// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda/leaf_sums.hpp"
#include "backend/cuda/shipment.hpp"
#include "backend/pair_columns.hpp"
#include "backend/row_groups.hpp"
#include "core/thread_pool.hpp"
#include "kernels/moments_arguments.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera::cuda {

/// Moments on a device, with the bits of the CPU's. The host finds which rows belong to which group, and which lack cells.
class CudaMomentsPass final : public MomentsPass {
 public:
  /// @throws Error if the task contradicts itself; DeviceError
  CudaMomentsPass(const MomentsTask& task, const Device& device, ThreadPool& threads);

  void consume(std::span<const AnalysisBlock> blocks) override;
  [[nodiscard]] GroupMoments finish() override;

 private:
  /// Rows of a slab by group: in `rows` block by block, kLeafRows places each.
  struct Lists {
    Shipment::Piece<std::int32_t> begin, end, rows;
    [[nodiscard]] kernels::LeafLists on_device() const { return {begin.device, end.device, rows.device}; }
  };
  /// A slab in the shape that kernels read.
  struct Load {
    Shipment::Piece<double> columns, weights;
    Shipment::Piece<float> rows;
    std::array<Lists, 2> lists;  ///< of rows without gaps, and with
  };
  struct Scratch {
    RowGroups groups;
    std::vector<std::uint8_t> has_gap;
  };

  void start(std::span<const AnalysisBlock> first);
  void consume_slab(std::span<const AnalysisBlock> blocks);
  /// Bytes of the load of so many blocks.
  [[nodiscard]] std::int64_t load_bytes(std::int64_t blocks) const;
  [[nodiscard]] std::size_t list_count() const;
  [[nodiscard]] Load place(std::int64_t blocks, Shipment& shipment) const;
  void fill(const AnalysisBlock& block, std::int64_t at, const Load& load, Scratch& scratch) const;
  void fill_cells(const AnalysisBlock& block, std::int64_t at, const Load& load) const;
  [[nodiscard]] std::int64_t columns() const { return std::ssize(task_.columns); }

  MomentsTask task_;
  Device device_;
  ThreadPool& threads_;
  std::optional<PairColumns> columns_;  ///< known with the first block: whether rows have weights
  bool weighted_ = false;
  bool by_rows_ = false;  ///< cells come as rows of float32
  std::int64_t slab_blocks_ = 1;
  std::vector<Scratch> scratch_;  ///< by thread
  DeviceBuffer<double> pivots_;
  DeviceBuffer<std::int32_t> mask_columns_;
  std::array<ProductSums, 2> sums_;  ///< of rows without gaps (or of columns), and with
  Shipments shipments_;              ///< the last member: its stream is waited for before anything else goes
};

}  // namespace tessera::cuda
