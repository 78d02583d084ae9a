// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/job.hpp"
#include "fit/row_collection.hpp"
#include "tessera/backend.hpp"
#include "tessera/matrix.hpp"
#include "tessera/mixture.hpp"

namespace tessera {

/// How often sampled customers keep their segment when it is fitted anew to bootstrap samples. Means are weighted; NaN where
/// there is no customer.
struct KeepProbability {
  std::int64_t sample_rows = 0;
  int refits = 0;
  double mean = 0.0;             ///< over all
  std::vector<double> segments;  ///< [k] means
  struct Pair {
    int segment = 0, other = 0;  ///< segment < other: nearest and second nearest, either way round
    std::int64_t rows = 0;       ///< of the sample, on the boundary
    double mean = 0.0;
  };
  std::vector<Pair> pairs;  ///< those with boundary customers in the sample
  double boundary = 0.0;    ///< mean of customers on a boundary
  double elsewhere = 0.0;   ///< of all others
  double below = 0.0;       ///< share of customers that keep their segment less often than kKeepLeast
};

inline constexpr int kKeepRefits = 20;
inline constexpr double kKeepLeast = 0.8;

/// Bootstrap of a fit: every refit weighs each row by its weight times a Poisson(1) number that seed, row id and refit
/// determine (Hanley & MacGibbon 2006), clusters anew from random starts, and labels all rows; segments are matched to the
/// given ones one to one by greatest overlap. After Hennig, Cluster-wise assessment of cluster stability (2007), customer by
/// customer. A pure function of sample, centroids and seed.
/// @param sample     with the ids of its rows, which are the addresses of the random numbers
/// @param centroids  [k x d]
/// @param boundary_margin  (d2 - d1) / (d2 + d1) below which a row is on a boundary
/// @return nothing for one segment and for fewer than 20 rows a segment; of a sample that would take more than about a second
///         only the rows with the smallest keys are used
[[nodiscard]] std::optional<KeepProbability> keep_probability(RowCollection sample, const Matrix<float>& centroids,
                                                              std::uint64_t seed, double boundary_margin, ThreadPool& threads);

/// The same of a mixture: a refit is the better of two runs of EM on the drawn rows, from the mixture itself and from segments
/// of k-means there; rows belong to their most probable component. After O'Hagan, Murphy, Scrucca & Gormley, Investigation of
/// parameter uncertainty in clustering using a Gaussian mixture model via jackknife, bootstrap and weighted likelihood
/// bootstrap (2019). A pure function of sample, mixture and options.
/// @param fit              seed, tolerance, least variance
/// @param boundary_margin  p1 - p2 below which a row is on a boundary
/// @return nothing for one component and for fewer than 20 rows a component
[[nodiscard]] std::optional<KeepProbability> keep_probability(const RowCollection& sample, const Mixture& mixture,
                                                              const MixtureOptions& fit, double boundary_margin,
                                                              Backend& backend, const JobContext& job);

}  // namespace tessera
