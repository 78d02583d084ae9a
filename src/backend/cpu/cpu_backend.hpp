// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/cpu/nearest_worker.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera {

/// The levels that this processor runs, best first; the plain path "eigen" is the last and always there.
[[nodiscard]] std::vector<CpuLevel> supported_cpu_levels();

/// Passes on the threads of this process at one instruction-set level.
class CpuBackend final : public Backend {
 public:
  /// @param threads must outlive the backend and its passes
  CpuBackend(CpuLevel level, ThreadPool& threads);
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] std::unique_ptr<NearestPass> nearest(const NearestTask& task) override;
  [[nodiscard]] std::unique_ptr<NearestSeries> nearest_series(std::int64_t expected_rows) override;
  [[nodiscard]] std::unique_ptr<MixturePass> mixture(const MixtureTask& task) override;
  [[nodiscard]] std::unique_ptr<MixtureSeries> mixture_series(std::int64_t expected_rows) override;
  [[nodiscard]] std::unique_ptr<MomentsPass> moments(const MomentsTask& task) override;
  [[nodiscard]] std::unique_ptr<TallyPass> tally(const TallyTask& task) override;

 private:
  CpuLevel level_;
  ThreadPool& threads_;
};

}  // namespace tessera
