// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <vector>

#include "support/awkward_cases.hpp"
#include "support/naive.hpp"
#include "tessera/backend.hpp"

namespace tessera::testing {

inline NaiveNearest room_for(std::size_t n) {
  return {std::vector<std::int32_t>(n), std::vector<double>(n), std::vector<std::int32_t>(n), std::vector<double>(n), {}};
}

/// All results of a backend over one case, chunk by chunk.
inline NaiveNearest run_backend(Backend& backend, const AwkwardCase& made, std::int64_t chunk_rows) {
  const auto pass = backend.nearest({made.centroids.view(), &made.units, true, true, made.columns});
  NaiveNearest out = room_for(static_cast<std::size_t>(made.rows.rows()));
  for (std::int64_t first = 0; first < made.rows.rows(); first += chunk_rows) {
    const std::int64_t count = std::min(chunk_rows, made.rows.rows() - first);
    const auto part = [&](auto span) {
      return span.empty() ? span : span.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    };
    pass->consume({first, made.rows.view().slice(first, count), part(std::span(made.weights)), part(std::span(made.flags))},
                  {part(std::span(out.segment)), part(std::span(out.distance2)), part(std::span(out.runner_up)),
                   part(std::span(out.runner_up_distance2))});
  }
  out.statistics = pass->finish();
  return out;
}

/// Equal as bits, except that one NaN is as good as another.
inline void expect_equal_doubles(const std::vector<double>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(want[i])) continue;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(got[i]), std::bit_cast<std::uint64_t>(want[i])) << "row " << i << ": " << got[i];
  }
}

inline void expect_equal(const NaiveNearest& got, const NaiveNearest& want) {
  ASSERT_EQ(got.segment, want.segment);
  ASSERT_EQ(got.runner_up, want.runner_up);
  expect_equal_doubles(got.distance2, want.distance2);
  expect_equal_doubles(got.runner_up_distance2, want.runner_up_distance2);
  ASSERT_TRUE(got.statistics.sums == want.statistics.sums);
  ASSERT_TRUE(got.statistics.gap_sums == want.statistics.gap_sums);
  ASSERT_TRUE(got.statistics.gap_weights == want.statistics.gap_weights);
  ASSERT_TRUE(got.statistics.weights == want.statistics.weights);
  ASSERT_EQ(got.statistics.rows, want.statistics.rows);
  ASSERT_TRUE(got.statistics.objective == want.statistics.objective);
}

}  // namespace tessera::testing
