// SPDX-License-Identifier: Apache-2.0
#include "backend/trial.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "backend/cpu/cpu_backend.hpp"
#include "core/thread_pool.hpp"

namespace tessera {
namespace {

enum class Fault { none, tie, distance, sum, series, mixture, moments, tally };

/// A device that is right but for one thing.
class FaultyPass final : public NearestPass {
 public:
  FaultyPass(std::unique_ptr<NearestPass> inner, Fault fault) : inner_(std::move(inner)), fault_(fault) {}
  void consume(const Chunk& chunk, const RowOutputs& outputs) override {
    inner_->consume(chunk, outputs);
    for (std::size_t i = 0; i < outputs.segment.size(); ++i) {
      if (fault_ == Fault::tie && outputs.segment[i] == 0 && outputs.distance2[i] == outputs.runner_up_distance2[i]) {
        std::swap(outputs.segment[i], outputs.runner_up[i]);
      }
      if (fault_ == Fault::distance) outputs.distance2[i] *= 1.0 + 0x1p-52;
    }
  }
  [[nodiscard]] NearestStatistics finish() override {
    NearestStatistics found = inner_->finish();
    if (fault_ == Fault::sum) found.sums(0, 0) += 1;
    return found;
  }

 private:
  std::unique_ptr<NearestPass> inner_;
  Fault fault_;
};

class FaultySeries final : public NearestSeries {
 public:
  FaultySeries(std::unique_ptr<NearestSeries> inner, Fault fault) : inner_(std::move(inner)), fault_(fault) {}
  [[nodiscard]] int row_state_bytes() const override { return inner_->row_state_bytes(); }
  [[nodiscard]] std::unique_ptr<NearestPass> next(const NearestTask& task) override {
    const bool wrong = fault_ == Fault::series && passes_++ == 2;
    return std::make_unique<FaultyPass>(inner_->next(task), wrong ? Fault::sum : Fault::none);
  }
  [[nodiscard]] std::unique_ptr<NearestPass> aside(const NearestTask& task) override { return inner_->aside(task); }

 private:
  std::unique_ptr<NearestSeries> inner_;
  Fault fault_;
  int passes_ = 0;
};

class FaultyMixture final : public MixturePass {
 public:
  explicit FaultyMixture(std::unique_ptr<MixturePass> inner) : inner_(std::move(inner)) {}
  void consume(const Chunk& chunk, const MixtureOutputs& outputs) override { inner_->consume(chunk, outputs); }
  [[nodiscard]] MixtureStatistics finish() override {
    MixtureStatistics found = inner_->finish();
    found.second(1, 2) *= 1.0 + 0x1p-52;
    return found;
  }

 private:
  std::unique_ptr<MixturePass> inner_;
};

/// A pass over raw rows whose result is spoilt in the end.
template <typename Pass, typename Result>
class SpoiltPass final : public Pass {
 public:
  SpoiltPass(std::unique_ptr<Pass> inner, void (*spoil)(Result&)) : inner_(std::move(inner)), spoil_(spoil) {}
  void consume(std::span<const AnalysisBlock> blocks) override { inner_->consume(blocks); }
  [[nodiscard]] Result finish() override {
    Result found = inner_->finish();
    spoil_(found);
    return found;
  }

 private:
  std::unique_ptr<Pass> inner_;
  void (*spoil_)(Result&);
};

class FaultyBackend final : public Backend {
 public:
  FaultyBackend(CpuLevel level, ThreadPool& threads, Fault fault) : inner_(std::move(level), threads), fault_(fault) {}
  [[nodiscard]] std::string description() const override { return inner_.description(); }
  [[nodiscard]] std::unique_ptr<NearestPass> nearest(const NearestTask& task) override {
    return std::make_unique<FaultyPass>(inner_.nearest(task), fault_);
  }
  [[nodiscard]] std::unique_ptr<NearestSeries> nearest_series(std::int64_t expected_rows) override {
    return std::make_unique<FaultySeries>(inner_.nearest_series(expected_rows), fault_);
  }
  [[nodiscard]] std::unique_ptr<MixturePass> mixture(const MixtureTask& task) override {
    if (fault_ == Fault::mixture) return std::make_unique<FaultyMixture>(inner_.mixture(task));
    return inner_.mixture(task);
  }
  [[nodiscard]] std::unique_ptr<MixtureSeries> mixture_series(std::int64_t expected_rows) override {
    return inner_.mixture_series(expected_rows);
  }
  [[nodiscard]] std::unique_ptr<MomentsPass> moments(const MomentsTask& task) override {
    if (fault_ != Fault::moments) return inner_.moments(task);
    return std::make_unique<SpoiltPass<MomentsPass, GroupMoments>>(
        inner_.moments(task), [](GroupMoments& found) { found.pair_product.back() *= 1.0 + 0x1p-52; });
  }
  [[nodiscard]] std::unique_ptr<TallyPass> tally(const TallyTask& task) override {
    if (fault_ != Fault::tally) return inner_.tally(task);
    return std::make_unique<SpoiltPass<TallyPass, Tally>>(inner_.tally(task),
                                                          [](Tally& found) { found.bin_units.front()[BinScale::kSide] += 1; });
  }

 private:
  CpuBackend inner_;
  Fault fault_;
};

TEST(Trial, EveryLevelPassesAgainstEveryOther) {
  ThreadPool threads(2);
  CpuBackend plain(supported_cpu_levels().back(), threads);
  for (const CpuLevel& level : supported_cpu_levels()) {
    CpuBackend backend(level, threads);
    EXPECT_TRUE(passes_trial(backend, plain)) << level.name;
  }
}

TEST(Trial, NoFaultGetsThrough) {
  ThreadPool threads(1);
  CpuBackend host(supported_cpu_levels().front(), threads);
  for (const Fault fault :
       {Fault::tie, Fault::distance, Fault::sum, Fault::series, Fault::mixture, Fault::moments, Fault::tally}) {
    FaultyBackend device(supported_cpu_levels().front(), threads, fault);
    EXPECT_FALSE(passes_trial(device, host)) << static_cast<int>(fault);
  }
  FaultyBackend sound(supported_cpu_levels().front(), threads, Fault::none);
  EXPECT_TRUE(passes_trial(sound, host));
}

}  // namespace
}  // namespace tessera
