// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "backend/cpu/nearest_worker.hpp"

namespace tessera {

/// The plain path: Eigen's matrix product at the baseline instruction set, everything else in plain loops.
[[nodiscard]] std::unique_ptr<NearestWorker> make_eigen_worker(const ScreenCentroids& centroids);

}  // namespace tessera
