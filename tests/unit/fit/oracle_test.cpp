// SPDX-License-Identifier: Apache-2.0
// scikit-learn's k-means from the same start (tests/data/make_kmeans_oracles.py).
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "backend/registry.hpp"
#include "exact/distance.hpp"
#include "fit/kmeans.hpp"
#include "support/centred.hpp"
#include "support/prepared_points.hpp"
#include "support/shared_data.hpp"

namespace tessera {
namespace {

struct Oracle {
  std::string file;
  int segments = 0;
  double inertia = 0.0;
  int iterations = 0;
  std::string labels;
};

std::vector<Oracle> read_oracles() {
  std::ifstream file(std::string(TESSERA_TEST_DATA) + "/kmeans_oracles.txt");
  std::vector<Oracle> oracles;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    Oracle oracle;
    std::istringstream(line) >> oracle.file >> oracle.segments >> oracle.inertia >> oracle.iterations >> oracle.labels;
    oracles.push_back(std::move(oracle));
  }
  return oracles;
}

/// The two nearest centroids of every row, by the reference.
std::vector<exact::TwoNearest> nearest_of(const Matrix<float>& rows, const Matrix<float>& centroids) {
  std::vector<exact::TwoNearest> all(static_cast<std::size_t>(rows.rows()));
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    for (std::int64_t c = 0; c < centroids.rows(); ++c) {
      all[static_cast<std::size_t>(i)].offer(
          static_cast<std::int32_t>(c),
          exact::reference_distance2(rows.row(i).data(), centroids.row(c).data(), rows.columns()));
    }
  }
  return all;
}

TEST(KMeansOracle, SameStartSameLabelsAndInertiaAsScikitLearn) {
  const auto folder = testing::data_folder() / "clustering_truth";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const std::vector<Oracle> oracles = read_oracles();
  ASSERT_GE(oracles.size(), 6U);
  for (const Oracle& oracle : oracles) {
    SCOPED_TRACE(oracle.file);
    Matrix<double> values = testing::read_numbers(folder / oracle.file, 1);
    testing::centre_columns(values);
    const testing::PreparedPoints points = testing::prepare_points(values);
    const std::int64_t step = values.rows() / oracle.segments;
    Matrix<float> start(oracle.segments, values.columns());
    for (std::int64_t c = 0; c < start.rows(); ++c) std::ranges::copy(points.rows.row(c * step), start.row(c).begin());

    testing::QuietJob job;
    const JobContext context = job.context();
    const auto backend = open_backend({.device = "cpu"}, context);
    const auto feeder = make_matrix_feeder(points.rows.view(), {}, {}, 0, context);
    SoloCommunicator comm;
    const KMeansResult result =
        fit_kmeans(*feeder, *backend, comm, points.plan, {.segments = oracle.segments, .initial_centroids = start}, context);
    EXPECT_NEAR(result.inertia, oracle.inertia, 1e-6 * oracle.inertia);

    // Segments in their order by size against labels in the order of the start: match them by the first row that carries each.
    const auto nearest = nearest_of(points.rows, result.centroids);
    ASSERT_EQ(oracle.labels.size(), nearest.size());
    std::map<char, std::int32_t> match;
    for (std::size_t i = 0; i < nearest.size(); ++i) match.emplace(oracle.labels[i], nearest[i].first);
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      const exact::TwoNearest& row = nearest[i];
      const bool tie = row.second_distance2 - row.first_distance2 <= 1e-6 * row.second_distance2;
      EXPECT_TRUE(tie || match[oracle.labels[i]] == row.first) << "row " << i;
    }
  }
}

}  // namespace
}  // namespace tessera
