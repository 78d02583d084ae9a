// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "assign/assign.hpp"
#include "backend/registry.hpp"
#include "comm/thread_ranks.hpp"
#include "feed/feeder.hpp"
#include "fit/kmeans.hpp"
#include "support/memory_table.hpp"
#include "support/prepared_points.hpp"
#include "support/temporary_folder.hpp"

namespace tessera::testing {

/// Prepared rows, and the flags that go with them.
struct Customers {
  std::string name;
  PreparedPoints points;
  std::vector<std::uint8_t> flags;  ///< [n] rejected or 0; empty: none
};

enum class Source { matrix, resident, spilled, streamed };

/// Everything that must not change a bit of the outcome.
struct Knobs {
  int threads = 1;
  std::int64_t chunk_rows = 0;
  int ranks = 1;
  std::string cpu_level = "eigen";
  Source source = Source::matrix;
};

/// All that a run of fit and assign says about the customers.
struct Outcome {
  KMeansResult fit;
  float outlier_distance = 0.0F;
  std::vector<std::int32_t> segment, runner_up;
  std::vector<std::uint32_t> distance_bits, margin_bits;
  std::vector<std::uint8_t> flags;
  AssignSummary summary;
};

class CollectingSink final : public RowSink {
 public:
  explicit CollectingSink(Outcome& outcome) : outcome_(outcome) {}
  void write(const AssignedRows& rows) override {
    outcome_.segment.insert(outcome_.segment.end(), rows.segment.begin(), rows.segment.end());
    outcome_.runner_up.insert(outcome_.runner_up.end(), rows.runner_up.begin(), rows.runner_up.end());
    outcome_.flags.insert(outcome_.flags.end(), rows.flags.begin(), rows.flags.end());
    for (const float distance : rows.distance) outcome_.distance_bits.push_back(std::bit_cast<std::uint32_t>(distance));
    for (const float margin : rows.margin) outcome_.margin_bits.push_back(std::bit_cast<std::uint32_t>(margin));
  }

 private:
  Outcome& outcome_;
};

/// The customers as a table whose preparation by the same plan gives the prepared rows again.
inline MemoryTable as_table(const Customers& customers) {
  const Matrix<float>& rows = customers.points.rows;
  MemoryTable table;
  for (std::int64_t j = 0; j < rows.columns(); ++j) {
    std::vector<float> cells;
    for (std::int64_t i = 0; i < rows.rows(); ++i) {
      const bool rejected = !customers.flags.empty() && customers.flags[static_cast<std::size_t>(i)] == kFlagRejected;
      cells.push_back(rejected ? std::numeric_limits<float>::quiet_NaN() : rows(i, j));
    }
    table.add(customers.points.plan.feature_names[static_cast<std::size_t>(j)], cells);
  }
  if (!customers.points.weights.empty()) table.add("weight", customers.points.weights);
  return table;
}

inline FeaturePlan plan_of(const Customers& customers) {
  FeaturePlan plan = customers.points.plan;
  plan.scale = ScalePolicy::none;
  if (!customers.flags.empty() && !keeps_gaps(plan.missing)) plan.missing = MissingPolicy::drop_row;
  if (!customers.points.weights.empty()) plan.weight_column = "weight";
  return plan;
}

/// A feeder of this rank's customers, kept as `source` says. Spilling needs more rows than a block or two.
inline std::unique_ptr<Feeder> make_feeder(const Customers& customers, Source source, std::int64_t chunk_rows, Table& table,
                                           const FeaturePlan& plan, const std::filesystem::path& scratch, const JobContext& job,
                                           const Communicator& comm) {
  if (source == Source::matrix) {
    return make_matrix_feeder(customers.points.rows.view(), customers.points.weights, customers.flags, chunk_rows, job, comm);
  }
  FeederOptions options;
  options.scratch = scratch;
  options.chunk_rows = chunk_rows;
  options.keep_rows = source != Source::streamed;
  if (source != Source::spilled) return make_table_feeder(table, plan, options, job, comm);
  // The least budget in which a block fits is too small for all rows.
  for (options.memory_bytes = 100'000;; options.memory_bytes += options.memory_bytes / 50) {
    try {
      auto feeder = make_table_feeder(table, plan, options, job, comm);
      EXPECT_STREQ(feeder->residency(), "spilled");
      return feeder;
    } catch (const MemoryError&) {
    }
  }
}

inline Outcome fit_and_assign(Feeder& feeder, Backend& backend, Communicator& comm, const FeaturePlan& plan,
                              const KMeansOptions& options, const JobContext& job) {
  Outcome outcome;
  DistanceQuantile distances;
  outcome.fit = fit_kmeans(feeder, backend, comm, plan, options, job, std::ref(distances));
  outcome.outlier_distance = distances.quantile(0.99, comm);
  Model model;
  model.plan = plan;
  model.centroids = outcome.fit.centroids;
  model.outlier_distance = outcome.outlier_distance;
  CollectingSink sink(outcome);
  outcome.summary = assign(feeder, backend, comm, model, sink);
  return outcome;
}

inline Outcome run_rank(const Customers& customers, const KMeansOptions& options, const Knobs& knobs, Communicator& comm) {
  const TemporaryFolder scratch;
  QuietJob job(knobs.threads);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu", .cpu_level = knobs.cpu_level}, context);
  MemoryTable table = as_table(customers);
  const FeaturePlan plan = plan_of(customers);
  const auto feeder = make_feeder(customers, knobs.source, knobs.chunk_rows, table, plan, scratch.path(), context, comm);
  return fit_and_assign(*feeder, *backend, comm, plan, options, context);
}

/// What all ranks together say: their rows in order, the rest as the last rank sees it.
inline Outcome join(const std::vector<Outcome>& of_rank) {
  Outcome all = of_rank.back();
  const auto collect = [&](auto member) {
    (all.*member).clear();
    for (const Outcome& part : of_rank) (all.*member).insert((all.*member).end(), (part.*member).begin(), (part.*member).end());
  };
  collect(&Outcome::segment);
  collect(&Outcome::runner_up);
  collect(&Outcome::distance_bits);
  collect(&Outcome::margin_bits);
  collect(&Outcome::flags);
  for (const Outcome& part : of_rank) EXPECT_TRUE(all.fit.centroids == part.fit.centroids) << "ranks disagree";
  return all;
}

/// Fits and assigns.
inline Outcome run(const Customers& customers, const KMeansOptions& options, const Knobs& knobs = {}) {
  std::vector<Outcome> of_rank(static_cast<std::size_t>(knobs.ranks));
  run_ranks(knobs.ranks, [&](Communicator& comm) {
    of_rank[static_cast<std::size_t>(comm.rank())] = run_rank(customers, options, knobs, comm);
  });
  return join(of_rank);
}

inline std::vector<double> numbers_of(const KMeansResult& fit) {
  std::vector<double> numbers = fit.weights;
  numbers.insert(numbers.end(), {fit.inertia, static_cast<double>(fit.iterations), static_cast<double>(fit.converged)});
  for (const KMeansIteration& iteration : fit.history) {
    // How many rows the screen left to the reference is the one thing that levels may differ in.
    numbers.insert(numbers.end(), {iteration.objective, iteration.shift});
  }
  return numbers;
}

/// Not a bit of difference.
inline void expect_equal(const Outcome& got, const Outcome& wanted) {
  EXPECT_TRUE(got.fit.centroids == wanted.fit.centroids);
  EXPECT_EQ(got.fit.rows, wanted.fit.rows);
  EXPECT_EQ(numbers_of(got.fit), numbers_of(wanted.fit));
  EXPECT_EQ(got.fit.stop_reason, wanted.fit.stop_reason);
  EXPECT_EQ(got.fit.notes, wanted.fit.notes);
  EXPECT_EQ(got.outlier_distance, wanted.outlier_distance);
  EXPECT_TRUE(got.segment == wanted.segment);
  EXPECT_TRUE(got.runner_up == wanted.runner_up);
  EXPECT_TRUE(got.distance_bits == wanted.distance_bits);
  EXPECT_TRUE(got.margin_bits == wanted.margin_bits);
  EXPECT_TRUE(got.flags == wanted.flags);
  EXPECT_EQ(got.summary.rows, wanted.summary.rows);
  EXPECT_EQ(got.summary.rejected, wanted.summary.rejected);
  EXPECT_EQ(got.summary.boundary, wanted.summary.boundary);
  EXPECT_EQ(got.summary.outliers, wanted.summary.outliers);
  EXPECT_EQ(got.summary.segment_rows, wanted.summary.segment_rows);
  EXPECT_EQ(got.summary.segment_boundary, wanted.summary.segment_boundary);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(got.summary.simplified_silhouette),
            std::bit_cast<std::uint64_t>(wanted.summary.simplified_silhouette));
}

}  // namespace tessera::testing
