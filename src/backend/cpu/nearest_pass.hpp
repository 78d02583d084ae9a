// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backend/cpu/nearest_worker.hpp"
#include "backend/cpu/segment_sums.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera {

/// The nearest pass on the CPU: rows split over the threads in blocks, each block screened, decided and added up at once.
class CpuNearestPass final : public NearestPass {
 public:
  /// Sums per thread beyond this many bytes in all give way to one shared accumulation in a second step over each chunk.
  static constexpr std::int64_t kThreadSumBytes = std::int64_t{256} << 20;

  /// @throws ConfigError if the task is not in range (k 1..65,535, d 1..8,192); Error if units are missing
  CpuNearestPass(const NearestTask& task, const CpuLevel& level, ThreadPool& threads,
                 std::int64_t thread_sum_bytes = kThreadSumBytes);

  void consume(const Chunk& chunk, const RowOutputs& outputs) override;
  [[nodiscard]] NearestStatistics finish() override;

 private:
  /// What one thread owns.
  struct Thread {
    std::unique_ptr<NearestWorker> worker;
    std::optional<SegmentSums> sums;
    Int128 objective = 0;
    std::int64_t reference_rows = 0;
    std::vector<std::uint8_t> skip;
    std::vector<std::int32_t> first, second, counted;
    std::vector<double> first_distance2, second_distance2;
  };

  void process(Thread& thread, const Chunk& chunk, const RowOutputs& outputs, std::int64_t first_row, std::int64_t rows);
  void label(Thread& thread, const Chunk& block, const RowOutputs& outputs, bool distances);
  void add_objective(Thread& thread, const Chunk& block);
  void add_shared(const Chunk& chunk);

  NearestTask task_;
  ScreenCentroids screen_;
  ThreadPool& threads_;
  std::optional<FeatureUnits> units_;
  StatisticsTotals totals_;
  std::vector<Thread> thread_;
  bool shared_sums_ = false;
  std::vector<std::int32_t> chunk_labels_;  ///< of the present chunk, -1 where a row is not counted; only for shared sums
};

}  // namespace tessera
