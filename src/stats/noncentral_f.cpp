// SPDX-License-Identifier: Apache-2.0
#include "stats/noncentral_f.hpp"

#include <boost/math/distributions/non_central_f.hpp>
#include <cmath>

#include "stats/distributions.hpp"
#include "stats/result.hpp"

namespace tessera::stats {
namespace {

namespace policies = boost::math::policies;
using Policy = policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                                policies::overflow_error<policies::ignore_error>,
                                policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;
using NonCentralF = boost::math::non_central_f_distribution<double, Policy>;

constexpr double kLarge = 1e4;  // Boost's series takes the root of so many terms and more

/// P(F <= f).
double below(double f, double a, double b, double noncentrality) {
  if (a * f <= kLarge) return boost::math::cdf(NonCentralF(a, b, noncentrality), f);
  const double mean = a + noncentrality;
  return 1.0 - f_upper(f * a / mean, mean * mean / (a + 2.0 * noncentrality), b);
}

}  // namespace

double f_noncentrality(double f, double a, double b, double p) {
  if (!(f >= 0.0 && std::isfinite(f) && a > 0.0 && b > 0.0 && p > 0.0 && p < 1.0)) return kUndefined;
  if (1.0 - f_upper(f, a, b) <= p) return 0.0;
  // The probability falls with the non-centrality: halve a bracket.
  double low = 0.0, high = a * f + 100.0;
  for (int doubled = 0; doubled < 60 && below(f, a, b, high) > p; ++doubled) high *= 2.0;
  while (high - low > 1e-12 * high) {
    const double middle = (low + high) / 2.0;
    (below(f, a, b, middle) > p ? low : high) = middle;
  }
  return (low + high) / 2.0;
}

}  // namespace tessera::stats
