// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/mixture.hpp"

namespace tessera {

/// The Mahalanobis distance within which the share `share` of a Gaussian's customers lies, of whom `numbers` numbers are known;
/// 0 if none is.
[[nodiscard]] float mahalanobis_quantile(double share, std::int64_t numbers);

/// That of customers of whom everything is known.
[[nodiscard]] float outlier_distance(const Mixture& mixture, double share);

}  // namespace tessera
