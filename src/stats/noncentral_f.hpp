// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::stats {

/// The non-centrality of the F distribution for which P(F <= f) = p; 0 where not even 0 makes it as small. Beyond
/// numerator_df * f = 10^4 by Patnaik's approximation (1949), which is within 10^-3 of the probability there.
/// @return undefined outside the domain
[[nodiscard]] double f_noncentrality(double f, double numerator_df, double denominator_df, double p);

}  // namespace tessera::stats
