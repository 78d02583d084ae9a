// SPDX-License-Identifier: Apache-2.0
// How good the default k-means is on published sets whose lowest known sums of squares are listed in shared/data.
#include <gtest/gtest.h>

#include <ostream>

#include "backend/registry.hpp"
#include "feed/feeder.hpp"
#include "fit/kmeans.hpp"
#include "support/centred.hpp"
#include "support/prepared_points.hpp"
#include "support/shared_data.hpp"

namespace tessera {
namespace {

struct KnownSet {
  const char* file;
  int segments;
  double inertia;  // lowest known
};

void PrintTo(const KnownSet& set, std::ostream* out) { *out << set.file; }

class KMeansQuality : public ::testing::TestWithParam<KnownSet> {};

TEST_P(KMeansQuality, DefaultsReachTheLowestKnownInertia) {
  const auto path = testing::data_folder() / "clustering_truth" / GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  Matrix<double> values = testing::read_numbers(path, 1);
  testing::centre_columns(values);
  const testing::PreparedPoints points = testing::prepare_points(values);
  testing::QuietJob job(2);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu"}, context);
  const auto feeder = make_matrix_feeder(points.rows.view(), {}, {}, 0, context);
  SoloCommunicator comm;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const KMeansResult result =
        fit_kmeans(*feeder, *backend, comm, points.plan, {.segments = GetParam().segments, .seed = seed}, context);
    EXPECT_TRUE(result.converged);
    EXPECT_LE(result.inertia, GetParam().inertia * 1.001) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(ClusteringTruth, KMeansQuality,
                         ::testing::Values(KnownSet{"s1.csv", 15, 8.91761561687e12}, KnownSet{"s2.csv", 15, 1.32791094907e13},
                                           KnownSet{"s3.csv", 15, 1.688960252e13}, KnownSet{"s4.csv", 15, 1.57032476511e13},
                                           KnownSet{"a1.csv", 20, 12146257522.3}, KnownSet{"a2.csv", 35, 2.028673664e10},
                                           KnownSet{"a3.csv", 50, 2.893741510e10},
                                           KnownSet{"birch1.csv.gz", 100, 9.277285828e13},
                                           KnownSet{"r15.csv", 15, 108.619040813}, KnownSet{"iris.csv", 3, 78.8514414261},
                                           KnownSet{"hepta.csv", 7, 106.1476466}, KnownSet{"g2mg_2_30.csv", 2, 3601022.913},
                                           KnownSet{"g2mg_16_40.csv", 2, 413136581.3},
                                           KnownSet{"g2mg_64_60.csv.gz", 2, 1.493600319e10}));

}  // namespace
}  // namespace tessera
