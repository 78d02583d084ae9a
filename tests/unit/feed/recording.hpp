// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "feed/feeder.hpp"

namespace tessera::testing {

/// Remembers what a job says.
class RememberingObserver final : public Observer {
 public:
  void stage(std::string_view, std::int64_t) override {}
  void progress(std::int64_t rows) override { last_progress = rows; }
  void note(Level, std::string_view code, std::string_view) override { notes.emplace_back(code); }
  std::int64_t last_progress = -1;
  std::vector<std::string> notes;
};

/// A job with two threads that nobody watches.
struct Quiet {
  explicit Quiet(int thread_count = 2) : threads(thread_count) {}
  RememberingObserver observer;
  CancelToken cancel;
  ThreadPool threads;
  JobContext job{observer, cancel, threads};
};

/// Everything that a sweep handed out.
struct Recorded {
  Matrix<float> rows;
  std::vector<float> weights;
  std::vector<std::uint8_t> flags;
  int chunks = 0;

  void append(const Recorded& other) {
    const std::int64_t before = rows.rows();
    if (rows.columns() == 0) rows = Matrix<float>(0, other.rows.columns());
    rows.resize_rows(before + other.rows.rows());
    std::copy(other.rows.data(), other.rows.data() + other.rows.rows() * other.rows.columns(),
              rows.data() + before * rows.columns());
    weights.insert(weights.end(), other.weights.begin(), other.weights.end());
    flags.insert(flags.end(), other.flags.begin(), other.flags.end());
    chunks += other.chunks;
  }
  bool operator==(const Recorded& other) const {
    return rows == other.rows && weights == other.weights && flags == other.flags;
  }
};

/// One sweep, checking that chunks are contiguous and begin on block borders.
inline Recorded record(Feeder& feeder) {
  Recorded recorded;
  recorded.rows = Matrix<float>(0, feeder.features());
  std::int64_t next = -1;
  feeder.for_each([&](const Chunk& chunk) {
    EXPECT_TRUE(next < 0 || chunk.first_row == next);
    EXPECT_EQ(chunk.first_row % kBlockRows, 0);
    EXPECT_GT(chunk.rows.rows, 0);
    next = chunk.first_row + chunk.rows.rows;
    Recorded part;
    part.rows = Matrix<float>(chunk.rows.rows, chunk.rows.columns);
    std::copy(chunk.rows.data, chunk.rows.data + chunk.rows.rows * chunk.rows.columns, part.rows.data());
    part.weights.assign(chunk.weights.begin(), chunk.weights.end());
    part.flags.assign(chunk.flags.begin(), chunk.flags.end());
    part.chunks = 1;
    recorded.append(part);
  });
  return recorded;
}

/// A pass that needs no backend: row i goes to segment i mod 2, at the squared distance of its first feature.
class CountingPass final : public NearestPass {
 public:
  explicit CountingPass(std::int64_t features) : statistics_(2, features) {}

  void consume(const Chunk& chunk, const RowOutputs& outputs) override {
    for (std::int64_t i = 0; i < chunk.rows.rows; ++i) {
      const std::int64_t segment = (chunk.first_row + i) % 2;
      const auto s = static_cast<std::size_t>(segment);
      for (std::int64_t j = 0; j < chunk.rows.columns; ++j) {
        statistics_.sums(segment, j) += static_cast<Int128>(std::llrint(chunk.rows(i, j)));
      }
      statistics_.weights[s] += 1;
      statistics_.rows[s] += 1;
      statistics_.objective += static_cast<Int128>(std::llrint(chunk.rows(i, 0)));
      ++statistics_.reference_rows;
      if (!outputs.segment.empty()) outputs.segment[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(segment);
      if (!outputs.distance2.empty()) outputs.distance2[static_cast<std::size_t>(i)] = chunk.rows(i, 0);
    }
  }
  [[nodiscard]] NearestStatistics finish() override { return std::move(statistics_); }

 private:
  NearestStatistics statistics_;
};

}  // namespace tessera::testing
