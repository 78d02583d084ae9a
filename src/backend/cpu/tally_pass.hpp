// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "backend/cpu/analysis_kernels.hpp"
#include "core/thread_pool.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera {

/// Counts, each thread its share of the tables. There is one copy of every table, whatever the number of threads.
class CpuTallyPass final : public TallyPass {
 public:
  CpuTallyPass(TallyTask task, std::string_view level, ThreadPool& threads);
  void consume(std::span<const AnalysisBlock> blocks) override;
  [[nodiscard]] Tally finish() override { return std::move(tally_); }

 private:
  void start(bool weighted);
  void count(const AnalysisBlock& block, std::size_t table);
  void count_bins(const AnalysisBlock& block, std::size_t histogram);

  TallyTask task_;
  AnalysisKernels kernels_;
  ThreadPool& threads_;
  bool started_ = false;
  Tally tally_;
};

}  // namespace tessera
