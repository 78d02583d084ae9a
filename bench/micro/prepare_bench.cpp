// SPDX-License-Identifier: Apache-2.0
// Cells per second of the stages of preparation on a table in memory, and of the loops they spend their time in.
//   OMP_NUM_THREADS=1 prepare_bench --benchmark_filter=profile
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "prepare/apply.hpp"
#include "prepare/apply_kernels.hpp"
#include "prepare/cell_kernels.hpp"
#include "prepare/learn.hpp"
#include "threads_wanted.hpp"

namespace tessera {
namespace {

/// What the columns hold: numbers as good as all different, small whole numbers, amounts of which the logarithm is taken, or
/// numbers that grow with the row, whose median takes further sweeps.
enum class Cells { normal, whole, skewed, drifting };
enum class Layout { rows, columns };

/// float32 cells in memory, handed out without a copy.
class BenchTable final : public Table {
 public:
  BenchTable(Cells cells, Layout layout, std::int64_t rows, std::int64_t columns) : layout_(layout), columns_(columns) {
    info_.path = "memory";
    info_.rows = rows;
    cells_.resize(static_cast<std::size_t>(rows * columns));
    std::mt19937_64 bits(7);
    std::normal_distribution<float> normal;
    for (std::int64_t j = 0; j < columns; ++j) {
      info_.columns.push_back({"x" + std::to_string(j), DataType::float32, std::nullopt, std::nullopt});
      for (std::int64_t i = 0; i < rows; ++i) {
        float x = normal(bits);
        if (cells == Cells::whole) x = static_cast<float>(bits() % 100);
        if (cells == Cells::skewed) x = std::exp(1.5F * x);
        if (cells == Cells::drifting) x += 5.0F * static_cast<float>(i) / static_cast<float>(rows);
        cells_[static_cast<std::size_t>(place(i, j))] = x;
      }
    }
  }
  [[nodiscard]] const TableInfo& info() const override { return info_; }
  [[nodiscard]] std::int64_t preferred_rows() const override { return 65'536; }
  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override {
    out.first_row = first_row;
    out.rows = rows;
    out.columns.clear();
    const std::int64_t stride = layout_ == Layout::rows ? columns_ : 1;
    for (const int j : columns) {
      const auto* const data = reinterpret_cast<const std::byte*>(cells_.data() + place(first_row, j));
      out.columns.push_back({DataType::float32, data, stride * 4, nullptr});
    }
  }

 private:
  [[nodiscard]] std::int64_t place(std::int64_t i, std::int64_t j) const {
    return layout_ == Layout::rows ? i * columns_ + j : j * info_.rows + i;
  }
  Layout layout_;
  std::int64_t columns_;
  TableInfo info_;
  std::vector<float> cells_;
};

constexpr std::int64_t kRows = 1'000'000, kColumns = 32;
constexpr std::int64_t kMemory = std::int64_t{4} << 30;

struct Job {
  SilentObserver observer;
  CancelToken cancel;
  ThreadPool threads{threads_wanted()};
  JobContext context{observer, cancel, threads};
};

void count_cells_done(benchmark::State& state, std::int64_t cells) {
  state.counters["cells"] = benchmark::Counter(static_cast<double>(cells), benchmark::Counter::kIsIterationInvariantRate);
}

void profile(benchmark::State& state, Cells cells, Layout layout) {
  BenchTable table(cells, layout, kRows, kColumns);
  Job job;
  for (auto _ : state) {
    std::vector<ColumnTally> tallies;
    benchmark::DoNotOptimize(profile_columns(table, {}, job.context, kMemory, &tallies));
  }
  count_cells_done(state, kRows * kColumns);
}

/// Learning after the profile: with its tallies, or by sweeps of its own.
void learn(benchmark::State& state, Cells cells, bool with_tallies) {
  BenchTable table(cells, Layout::rows, kRows, kColumns);
  Job job;
  std::vector<ColumnTally> tallies;
  const auto profiles = profile_columns(table, {}, job.context, kMemory, &tallies);
  if (!with_tallies) tallies.clear();
  for (auto _ : state) benchmark::DoNotOptimize(learn_plan(table, profiles, {}, job.context, kMemory, tallies));
  count_cells_done(state, kRows * kColumns);
}

void apply(benchmark::State& state, Cells cells, Layout layout) {
  BenchTable table(cells, layout, kRows, kColumns);
  Job job;
  const FeaturePlan plan = learn_plan(table, profile_columns(table, {}, job.context, kMemory), {}, job.context, kMemory);
  const Preparer preparer(plan, table.info());
  constexpr std::int64_t kChunk = 65'536;
  Matrix<float> rows(kChunk, plan.features());
  std::vector<std::uint8_t> flags(static_cast<std::size_t>(kChunk));
  RawChunk raw;
  for (auto _ : state) {
    for (std::int64_t first = 0; first < kRows; first += kChunk) {
      const std::int64_t count = std::min(kChunk, kRows - first);
      table.read(first, count, preparer.columns(), raw);
      preparer.apply(raw, rows.view().slice(0, count), {}, std::span(flags).first(static_cast<std::size_t>(count)),
                     job.threads);
    }
  }
  count_cells_done(state, kRows * plan.features());
}

/// A loop over blocks that lie in the first-level cache.
template <typename Kernel>
void kernel(benchmark::State& state, Kernel run) {
  std::vector<float> block(static_cast<std::size_t>(kReductionRows));
  std::mt19937_64 bits(7);
  std::normal_distribution<float> normal;
  for (float& x : block) x = normal(bits);
  for (auto _ : state) run(std::span<const float>(block));
  count_cells_done(state, kReductionRows);
}

void add_kernel(const std::string& name, void (*run)(std::span<const float>)) {
  benchmark::RegisterBenchmark(("loop/" + name).c_str(), [run](benchmark::State& state) { kernel(state, run); });
}

void add_kernels() {
  add_kernel("count", [](std::span<const float> block) { benchmark::DoNotOptimize(count_cells(block)); });
  add_kernel("sum", [](std::span<const float> block) { benchmark::DoNotOptimize(sum_cells(block, {0.1, 0.5}, true)); });
  add_kernel("sum_with_gaps", [](std::span<const float> block) {
    benchmark::DoNotOptimize(sum_cells(block, {0.1, 0.5}, false));
  });
  add_kernel("hash", [](std::span<const float> block) {
    static std::vector<std::uint64_t> hashes(block.size());
    benchmark::DoNotOptimize(level_hashes(block, std::uint64_t{1} << 56, hashes.data()));
  });
  add_kernel("bracket", [](std::span<const float> block) {
    static std::vector<float> between(block.size());
    benchmark::DoNotOptimize(split_cells(block, -0.01F, 0.01F, between.data()));
  });
  add_kernel("turn_32_columns", [](std::span<const float> block) {
    static std::vector<float> out(block.size() + std::size_t{32} * 16);
    const auto rows = std::ssize(block) / 32;
    transpose_cells(reinterpret_cast<const std::byte*>(block.data()), 128, rows, 32, out.data(), rows + 16);
    benchmark::ClobberMemory();
  });
  add_kernel("log1p", [](std::span<const float> block) {
    static std::vector<double> values(block.size());
    std::transform(block.begin(), block.end(), values.begin(), [](float x) { return static_cast<double>(x); });
    log1p_cells(values);
    benchmark::ClobberMemory();
  });
}

template <typename... Arguments>
void add(const std::string& name, Arguments... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), arguments...)->Unit(benchmark::kMillisecond)->UseRealTime();
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
  using tessera::Cells;
  using tessera::Layout;
  tessera::add("profile/normal", tessera::profile, Cells::normal, Layout::rows);
  tessera::add("profile/normal/columns", tessera::profile, Cells::normal, Layout::columns);
  tessera::add("profile/whole", tessera::profile, Cells::whole, Layout::rows);
  tessera::add("learn/normal", tessera::learn, Cells::normal, true);
  tessera::add("learn/normal/sweeps", tessera::learn, Cells::normal, false);
  tessera::add("learn/skewed", tessera::learn, Cells::skewed, true);
  tessera::add("learn/drifting", tessera::learn, Cells::drifting, true);
  tessera::add("apply/normal", tessera::apply, Cells::normal, Layout::rows);
  tessera::add("apply/normal/columns", tessera::apply, Cells::normal, Layout::columns);
  tessera::add("apply/skewed", tessera::apply, Cells::skewed, Layout::rows);
  tessera::add_kernels();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
