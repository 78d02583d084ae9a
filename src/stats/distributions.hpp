// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::stats {

// Boost.Math's distributions in the few forms that tests need. Arguments outside the domain, NaN included, give NaN; upper
// tails are computed as such, so that small probabilities keep their digits.

/// P(Z <= z).
[[nodiscard]] double normal_cdf(double z);
/// P(|Z| >= |z|).
[[nodiscard]] double normal_two_sided(double z);
/// z with P(Z <= z) = p.
[[nodiscard]] double normal_quantile(double p);
/// Half-width of a normal interval in standard errors: 1.96 for 0.95.
[[nodiscard]] double normal_reach(double confidence);
/// P(|T| >= |t|).
[[nodiscard]] double t_two_sided(double t, double degrees_of_freedom);
/// Half-width of an interval of Student's t in standard errors.
[[nodiscard]] double t_reach(double confidence, double degrees_of_freedom);
/// P(X >= x).
[[nodiscard]] double chi_squared_upper(double x, double degrees_of_freedom);
/// x with P(X <= x) = p.
[[nodiscard]] double chi_squared_quantile(double p, double degrees_of_freedom);
/// P(X >= x).
[[nodiscard]] double f_upper(double x, double numerator_df, double denominator_df);
/// The non-centrality for which P(X <= x) = p; 0 where not even 0 makes it as small. Beyond x = 10^4 to 10^-6 of its value.
[[nodiscard]] double chi_squared_noncentrality(double x, double degrees_of_freedom, double p);

}  // namespace tessera::stats
