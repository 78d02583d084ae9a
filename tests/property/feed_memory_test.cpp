// SPDX-License-Identifier: Apache-2.0
// A table of several times the budget is fitted and assigned within the budget.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <string>

#include "assign/assign.hpp"
#include "backend/registry.hpp"
#include "comm/solo.hpp"
#include "core/bytes.hpp"
#include "exact/philox.hpp"
#include "feed/feeder.hpp"
#include "fit/kmeans.hpp"
#include "support/prepared_points.hpp"
#include "support/temporary_folder.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kBudgetBytes = std::int64_t{96} << 20;
constexpr int kFeatures = 16;

/// Rows that nobody holds: made up whenever they are read.
class EndlessTable final : public Table {
 public:
  explicit EndlessTable(std::int64_t rows) {
    info_.path = "endless";
    info_.rows = rows;
    for (int j = 0; j < kFeatures; ++j) {
      std::string name = std::to_string(j);
      name.insert(0, 1, 'x');
      info_.columns.push_back({name, DataType::float32, std::nullopt, std::nullopt});
    }
  }
  [[nodiscard]] const TableInfo& info() const override { return info_; }
  [[nodiscard]] std::int64_t preferred_rows() const override { return kBlockRows; }
  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override {
    constexpr std::size_t kRowBytes = kFeatures * sizeof(float);
    out.first_row = first_row;
    out.rows = rows;
    out.numeric_storage.resize(1);
    out.numeric_storage[0].resize(static_cast<std::size_t>(rows) * kRowBytes);
    auto* cells = reinterpret_cast<float*>(out.numeric_storage[0].data());
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto row = static_cast<std::uint64_t>(first_row + i);
      const std::uint64_t bits = exact::random_bits(5, exact::Purpose::generate, row, 0);
      for (int j = 0; j < kFeatures; ++j) {
        *cells++ = static_cast<float>(row % 5) * 2.0F + static_cast<float>((bits >> j) % 256) / 256.0F;
      }
    }
    out.columns.clear();
    for (const int column : columns) {
      out.columns.push_back({DataType::float32,
                             out.numeric_storage[0].data() + static_cast<std::size_t>(column) * sizeof(float),
                             static_cast<std::ptrdiff_t>(kRowBytes), nullptr});
    }
  }

 private:
  TableInfo info_;
};

FeaturePlan plan_for(const Table& table) {
  FeaturePlan plan;
  for (const ColumnSchema& column : table.info().columns) {
    FeatureSource source;
    source.name = column.name;
    source.first_feature = static_cast<int>(plan.sources.size());
    plan.sources.push_back(source);
    plan.feature_names.push_back(column.name);
    plan.grid_exponent.push_back(4 - 40);
  }
  plan.scale = ScalePolicy::none;
  return plan;
}

/// A line of /proc/self/status, in bytes.
std::int64_t status_bytes(const std::string& wanted) {
  std::ifstream status("/proc/self/status");
  std::string name;
  std::int64_t kibibytes = 0;
  while (status >> name) {
    if (name == wanted && status >> kibibytes) return kibibytes * 1024;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

class CountingSink final : public RowSink {
 public:
  void write(const AssignedRows& assigned) override { rows += static_cast<std::int64_t>(assigned.segment.size()); }
  std::int64_t rows = 0;
};

/// Fits and assigns in this process, which then ends: 0 if its peak stayed within the budget beyond what it had at the start.
[[noreturn]] void fit_within_budget(std::int64_t rows, bool keep_rows) {
  const std::int64_t before = status_bytes("VmRSS:");
  {
    const testing::TemporaryFolder scratch;
    testing::QuietJob job(2);
    const JobContext context = job.context();
    EndlessTable table(rows);
    const FeaturePlan plan = plan_for(table);
    const auto backend = open_backend({.device = "cpu"}, context);
    SoloCommunicator comm;
    FeederOptions options;
    options.memory_bytes = kBudgetBytes;
    options.scratch = scratch.path();
    options.keep_rows = keep_rows;
    const auto feeder = make_table_feeder(table, plan, options, context, comm);
    DistanceQuantile distances;
    const KMeansResult fit = fit_kmeans(*feeder, *backend, comm, plan, {.segments = 5, .restarts = 1, .max_iterations = 5},
                                        context, std::ref(distances));
    Model model;
    model.centroids = fit.centroids;
    model.outlier_distance = distances.quantile(0.999, comm);
    CountingSink sink;
    (void)assign(*feeder, *backend, comm, model, sink);
    if (sink.rows != rows) _exit(2);
    std::fprintf(stderr, "%s, ", feeder->residency());
  }
  const std::int64_t taken = status_bytes("VmHWM:") - before;
  std::fprintf(stderr, "%s taken of %s\n", format_bytes(taken).c_str(), format_bytes(kBudgetBytes).c_str());
  _exit(taken <= kBudgetBytes ? 0 : 1);
}

TEST(FeedMemory, FourTimesTheBudgetIsSpilledAndFits) {
  const std::int64_t rows = 4 * kBudgetBytes / (kFeatures * static_cast<std::int64_t>(sizeof(float)));
  EXPECT_EXIT(fit_within_budget(rows, true), ::testing::ExitedWithCode(0), "spilled, .* taken of 96.0 MiB");
}

TEST(FeedMemory, TwiceTheBudgetIsStreamedAndFits) {
  const std::int64_t rows = 2 * kBudgetBytes / (kFeatures * static_cast<std::int64_t>(sizeof(float)));
  EXPECT_EXIT(fit_within_budget(rows, false), ::testing::ExitedWithCode(0), "streamed, .* taken of 96.0 MiB");
}

TEST(FeedMemory, RowsThatJustFitStayResidentWithinTheBudget) {
  const std::int64_t rows = kBudgetBytes * 3 / 4 / (kFeatures * static_cast<std::int64_t>(sizeof(float)));
  EXPECT_EXIT(fit_within_budget(rows, true), ::testing::ExitedWithCode(0), "resident, .* taken of 96.0 MiB");
}

}  // namespace
}  // namespace tessera
