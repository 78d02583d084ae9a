// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/job.hpp"
#include "feed/feeder.hpp"
#include "feed/mixture_sweep.hpp"
#include "tessera/backend.hpp"
#include "tessera/communicator.hpp"
#include "tessera/mixture.hpp"

namespace tessera {

/// A Gaussian mixture of all rows by EM: starts from segments of k-means and k-means++ compete on a sample, the best goes to
/// all rows; canonical order. Weights count as so many equal rows. The result is a pure function of the prepared rows, weights
/// and options: equal bits for any chunks, threads and instruction set; sums over several ranks are rounded in another order.
/// O(n k d^2) per iteration, O(n k d) for diag and spherical; no [n x k] array. Dempster, Laird & Rubin (1977); McLachlan &
/// Peel, Finite mixture models (2000).
/// @param closing sees every chunk of the closing sweep, with the outputs of its rows
/// @throws ConfigError (options out of range; more features than full covariances can be held of), DataError (no row of
///         positive weight; strict_segments and components that lost their rows), NumericalError, CancelledError
[[nodiscard]] MixtureResult fit_mixture(Feeder& feeder, Backend& backend, Communicator& comm, const MixtureOptions& options,
                                        const JobContext& job, const MixtureVisit& closing = {});

}  // namespace tessera
