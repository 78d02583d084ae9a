// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tessera/matrix.hpp"
#include "tessera/mixture.hpp"
#include "tessera/mixture_pass.hpp"

namespace tessera {

/// What all rows are like together; the maximization step is held against it.
struct MixtureFrame {
  std::vector<CategoryBlock> categories;
  std::vector<double> center;  ///< [d] what rows are measured from; near their mean
  double weight = 0.0;         ///< of all rows
  std::vector<double> floors;  ///< [g] least variance of a component in a number
  double least_share = 0.0;    ///< of a level in a component, times the number of levels
  bool gaps = false;           ///< some rows lack numbers
  Matrix<double> scatter;      ///< [g x g] sum of w z z' of all rows; only if tied without gaps
};

/// Second moments that the maximization step needs from every sweep.
[[nodiscard]] SecondMoments second_moments_of(Covariance covariance, const MixtureFrame& frame);

/// The next mixture, and what became of the components.
struct EmUpdate {
  Mixture mixture;
  std::vector<std::int64_t> kept;  ///< [k'] components of the one before that are left
  std::vector<std::int64_t> held;  ///< components of the next whose covariance is held at the floor
};

/// The maximization step: means, covariances and shares of levels of the rows, each counted with its probability (Dempster,
/// Laird & Rubin 1977).
/// Covariances are the most likely ones that are nowhere narrower than the floors: with D the diagonal matrix of the floors,
/// no eigenvalue of D^(-1/2) S D^(-1/2) is below 1. Unlike a constant added to the diagonal, that leaves sound components
/// untouched, and the log-likelihood still never falls. Shares of levels are held in the same way. A component that holds less
/// than half a row of mean weight
/// (`least_weight`) is dropped.
[[nodiscard]] EmUpdate em_update(const MixtureStatistics& statistics, const MixtureFrame& frame, Covariance covariance,
                                 double least_weight);

}  // namespace tessera
