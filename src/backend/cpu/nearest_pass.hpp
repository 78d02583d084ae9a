// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backend/cpu/gap_sums.hpp"
#include "backend/cpu/nearest_worker.hpp"
#include "backend/cpu/row_state.hpp"
#include "backend/cpu/segment_sums.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera {

/// The nearest pass on the CPU: rows split over the threads in blocks. Of each block, rows whose state settles their label are
/// left alone; the others are labelled, and the sums learn of those that changed their segment. Rows with gaps, where the task
/// knows them, go a way of their own: no screen, partial distances to all centroids, 128-bit sums.
class CpuNearestPass final : public NearestPass {
 public:
  /// Sums per thread beyond this many bytes in all give way to one shared accumulation in a second step over each chunk.
  static constexpr std::int64_t kThreadSumBytes = std::int64_t{256} << 20;

  /// @param memory of the series that this pass belongs to, or null
  /// @throws ConfigError if the task is not in range (k 1..65,535, d 1..8,192); Error if units are missing
  CpuNearestPass(const NearestTask& task, const CpuLevel& level, ThreadPool& threads, SeriesMemory* memory = nullptr,
                 std::int64_t thread_sum_bytes = kThreadSumBytes);

  void consume(const Chunk& chunk, const RowOutputs& outputs) override;
  [[nodiscard]] NearestStatistics finish() override;

 private:
  /// Rows of a chunk that a thread works on at a time.
  struct Block {
    std::int64_t first_row;  ///< id
    MatrixView<const float> rows;
    std::span<const float> weights;
    std::span<const std::uint8_t> flags;
    std::span<RowState> state;
    RowOutputs outputs;
  };

  /// What one thread owns. Vectors of results are [batch_rows_] and belong to the rows of the batch.
  struct Thread {
    std::unique_ptr<NearestWorker> worker;
    std::optional<SegmentSums> sums;
    Int128 objective = 0;
    std::int64_t reference_rows = 0;
    std::vector<std::int32_t> room;
    std::span<std::int32_t> list;    ///< in `room`: rows of the block without gaps that are to be looked at
    std::vector<std::int32_t> gaps;  ///< and those with gaps
    std::span<const std::int32_t> batch;
    std::vector<std::int32_t> first, second;
    std::vector<double> first_distance2, second_distance2;
    std::vector<float> slack;
    std::vector<double> factor;              ///< exact::gap_factor
    std::optional<NearestStatistics> known;  ///< what rows with gaps add; made when the first one comes
    std::vector<Move> moves;                 ///< of the batch; of the whole block if sums are shared
  };

  [[nodiscard]] std::int64_t block_rows(std::int64_t chunk_rows) const;
  void process(Thread& thread, const Block& block);
  void publish_settled(Thread& thread, const Block& block, bool wants_distance);
  template <typename Work>
  void for_each_batch(Thread& thread, std::span<const std::int32_t> list, const Work& work) const;
  void list_rows(Thread& thread, const Block& block, bool all) const;
  static void part_gaps(Thread& thread, const Block& block);
  void label(Thread& thread, const Block& block, bool wants_second);
  [[nodiscard]] double gap_factor(std::span<const float> x) const;
  void label_gaps(Thread& thread, const Block& block) const;
  void settle(Thread& thread, const Block& block, bool gaps);
  void add_gaps(Thread& thread, const Block& block, std::span<const Move> moves);
  void measure(Thread& thread, const Block& block, bool wants_second);
  void measure_gaps(Thread& thread, const Block& block) const;
  static void reject_rows(const RowOutputs& outputs);
  void publish(Thread& thread, const Block& block, bool gaps) const;
  void add_objective(Thread& thread, const Block& block, bool gaps) const;

  NearestTask task_;
  ScreenCentroids screen_;
  ThreadPool& threads_;
  SeriesMemory* memory_;
  std::optional<FeatureUnits> units_;
  StatisticsTotals totals_;
  std::int64_t batch_rows_ = 0;
  std::vector<Thread> thread_;
  bool shared_sums_ = false;
  std::vector<std::vector<Move>> chunk_moves_;  ///< by block of the present chunk, only for shared sums
};

/// The passes of a fit on the CPU, see row_state.hpp.
class CpuNearestSeries final : public NearestSeries {
 public:
  CpuNearestSeries(CpuLevel level, ThreadPool& threads) : level_(std::move(level)), threads_(threads) {}
  [[nodiscard]] int row_state_bytes() const override { return static_cast<int>(sizeof(RowState)); }
  [[nodiscard]] std::unique_ptr<NearestPass> next(const NearestTask& task) override {
    return std::make_unique<CpuNearestPass>(task, level_, threads_, &memory_);
  }
  [[nodiscard]] std::unique_ptr<NearestPass> aside(const NearestTask& task) override {
    return std::make_unique<CpuNearestPass>(task, level_, threads_);
  }

 private:
  CpuLevel level_;
  ThreadPool& threads_;
  SeriesMemory memory_;
};

}  // namespace tessera
