// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>
#include <vector>

#include "comm/solo.hpp"
#include "comm/thread_ranks.hpp"
#include "feed/feeder.hpp"
#include "unit/feed/recording.hpp"

namespace tessera {
namespace {

using testing::CountingPass;
using testing::Quiet;
using testing::record;
using testing::Recorded;

Matrix<float> numbered(std::int64_t rows, std::int64_t features) {
  Matrix<float> matrix(rows, features);
  for (std::int64_t i = 0; i < rows * features; ++i) matrix.data()[i] = static_cast<float>(i % 65'521);
  return matrix;
}

std::vector<float> numbered_weights(std::int64_t rows) {
  std::vector<float> weights(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 7);
  return weights;
}

TEST(MatrixFeeder, HandsOutTheRowsInOrderForAnyChunkSize) {
  Quiet quiet;
  for (const std::int64_t rows : {0, 1, 4095, 4096, 4097, 20'000}) {
    const Matrix<float> matrix = numbered(rows, 3);
    const std::vector<float> weights = numbered_weights(rows);
    const std::vector<std::uint8_t> flags(static_cast<std::size_t>(rows), kFlagIncomplete);
    for (const std::int64_t chunk_rows : {0, 1, 4096, 5000, 8192, 1 << 20}) {
      const auto feeder = make_matrix_feeder(matrix.view(), weights, flags, chunk_rows, quiet.job);
      EXPECT_EQ(feeder->rows(), rows);
      EXPECT_EQ(feeder->total_rows(), rows);
      EXPECT_EQ(feeder->features(), 3);
      EXPECT_STREQ(feeder->residency(), "matrix");
      const Recorded seen = record(*feeder);
      EXPECT_TRUE(seen.rows == matrix);
      EXPECT_EQ(seen.weights, weights);
      EXPECT_EQ(seen.flags, flags);
    }
  }
}

TEST(MatrixFeeder, RoundsChunksDownToBlocks) {
  Quiet quiet;
  const Matrix<float> matrix = numbered(20'000, 3);
  EXPECT_EQ(record(*make_matrix_feeder(matrix.view(), {}, {}, 5000, quiet.job)).chunks, 5);
  EXPECT_EQ(record(*make_matrix_feeder(matrix.view(), {}, {}, 1, quiet.job)).chunks, 5);
  EXPECT_EQ(record(*make_matrix_feeder(matrix.view(), {}, {}, 0, quiet.job)).chunks, 1);
}

TEST(MatrixFeeder, EmptyWeightsAndFlagsStayEmpty) {
  Quiet quiet;
  const Matrix<float> matrix = numbered(5000, 2);
  const auto feeder = make_matrix_feeder(matrix.view(), {}, {}, 4096, quiet.job);
  feeder->for_each([](const Chunk& chunk) {
    EXPECT_TRUE(chunk.weights.empty());
    EXPECT_TRUE(chunk.flags.empty());
  });
}

TEST(MatrixFeeder, RanksShareTheRows) {
  const Matrix<float> matrix = numbered(30'000, 2);
  const std::vector<float> weights = numbered_weights(30'000);
  for (const int ranks : {1, 2, 3, 9}) {
    std::vector<Recorded> seen(static_cast<std::size_t>(ranks));
    run_ranks(ranks, [&](Communicator& comm) {
      Quiet quiet;
      const auto feeder = make_matrix_feeder(matrix.view(), weights, {}, 4096, quiet.job, comm);
      EXPECT_EQ(feeder->total_rows(), 30'000);
      seen[static_cast<std::size_t>(comm.rank())] = record(*feeder);
      EXPECT_EQ(feeder->rows(), seen[static_cast<std::size_t>(comm.rank())].rows.rows());
    });
    Recorded all;
    for (const Recorded& part : seen) all.append(part);
    EXPECT_TRUE(all.rows == matrix);
    EXPECT_EQ(all.weights, weights);
  }
}

TEST(MatrixFeeder, StopsBetweenChunksWhenCancelled) {
  Quiet quiet;
  const Matrix<float> matrix = numbered(20'000, 1);
  const auto feeder = make_matrix_feeder(matrix.view(), {}, {}, 4096, quiet.job);
  int chunks = 0;
  const auto visit = [&](const Chunk&) {
    if (++chunks == 2) quiet.cancel.cancel(SIGTERM);
  };
  EXPECT_THROW(feeder->for_each(visit), CancelledError);
  EXPECT_EQ(chunks, 2);
  EXPECT_EQ(quiet.observer.last_progress, 8192);
}

TEST(Sweep, SumsStatisticsOverRanks) {
  const Matrix<float> matrix = numbered(30'000, 2);
  NearestStatistics alone;
  for (const int ranks : {1, 2, 3, 9}) {
    run_ranks(ranks, [&](Communicator& comm) {
      Quiet quiet;
      const auto feeder = make_matrix_feeder(matrix.view(), {}, {}, 4096, quiet.job, comm);
      CountingPass pass(2);
      const NearestStatistics statistics = sweep(*feeder, pass, comm);
      EXPECT_EQ(statistics.rows[0] + statistics.rows[1], 30'000);
      if (ranks == 1) alone = statistics;
      EXPECT_TRUE(statistics == alone);
    });
  }
}

TEST(Sweep, FillsTheOutputsThatAreWanted) {
  Quiet quiet;
  SoloCommunicator comm;
  const Matrix<float> matrix = numbered(10'000, 1);
  const auto feeder = make_matrix_feeder(matrix.view(), {}, {}, 4096, quiet.job);
  CountingPass pass(1);
  std::int64_t rows = 0;
  (void)sweep(*feeder, pass, comm, {.segment = true, .distance2 = true, .runner_up = false},
              [&](const Chunk& chunk, const RowOutputs& outputs) {
                ASSERT_EQ(outputs.segment.size(), static_cast<std::size_t>(chunk.rows.rows));
                ASSERT_EQ(outputs.distance2.size(), outputs.segment.size());
                EXPECT_TRUE(outputs.runner_up.empty());
                EXPECT_TRUE(outputs.runner_up_distance2.empty());
                for (std::int64_t i = 0; i < chunk.rows.rows; ++i) {
                  ASSERT_EQ(outputs.segment[static_cast<std::size_t>(i)], (chunk.first_row + i) % 2);
                  ASSERT_EQ(outputs.distance2[static_cast<std::size_t>(i)], chunk.rows(i, 0));
                }
                rows += chunk.rows.rows;
              });
  EXPECT_EQ(rows, 10'000);
}

}  // namespace
}  // namespace tessera
