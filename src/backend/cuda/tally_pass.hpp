// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda/shipment.hpp"
#include "core/thread_pool.hpp"
#include "kernels/tally.hpp"
#include "tessera/analysis_passes.hpp"
#include "tessera/int128.hpp"

namespace tessera::cuda {

/// Counts on a device.
class CudaTallyPass final : public TallyPass {
 public:
  /// @throws DeviceError
  CudaTallyPass(const TallyTask& task, const Device& device, ThreadPool& threads);

  void consume(std::span<const AnalysisBlock> blocks) override;
  [[nodiscard]] Tally finish() override;

 private:
  /// A slab in the shape that kernels read.
  struct Load {
    Shipment::Piece<std::int32_t> codes;
    Shipment::Piece<double> numbers;
    Shipment::Piece<std::uint8_t> counts;
    Shipment::Piece<std::int64_t> units;
  };

  void add_table(const Crossing& groups, int column, const BinScale& scale);
  void start(std::span<const AnalysisBlock> first);
  void consume_slab(std::span<const AnalysisBlock> blocks);
  /// Bytes of the load of so many blocks.
  [[nodiscard]] std::int64_t load_bytes(std::int64_t blocks) const;
  [[nodiscard]] Load place(std::int64_t blocks, Shipment& shipment) const;
  void fill(const AnalysisBlock& block, std::int64_t at, const Load& load) const;
  void fold(const DeviceBuffer<std::int64_t>& sums, const DeviceBuffer<Int128>& totals) const;

  Device device_;
  ThreadPool& threads_;
  std::size_t counts_;      ///< tables of counts; histograms come after them
  std::vector<int> codes_;  ///< columns of codes and numbers that tables have need of
  std::vector<int> numbers_;
  std::vector<kernels::TallyTable> tables_;
  std::vector<kernels::CrossedCode> crossed_;
  std::int64_t cells_ = 0;
  bool started_ = false, weighted_ = false, units_ = false;
  std::int64_t slab_blocks_ = 1;
  DeviceBuffer<kernels::TallyTable> device_tables_;
  DeviceBuffer<kernels::CrossedCode> device_crossed_;
  DeviceBuffer<std::int64_t> rows_, low_, high_;
  DeviceBuffer<Int128> low_total_, high_total_;
  Shipments shipments_;  ///< the last member: its stream is waited for before anything else goes
};

}  // namespace tessera::cuda
