// SPDX-License-Identifier: Apache-2.0
#include "stats/distributions.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "stats/result.hpp"

namespace tessera::stats {
namespace {

using boost::math::complement;
namespace policies = boost::math::policies;

/// Errors are results (NaN, infinity); long double would mean other bits on other machines.
using Policy = policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                                policies::overflow_error<policies::ignore_error>,
                                policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;
using Normal = boost::math::normal_distribution<double, Policy>;
using StudentsT = boost::math::students_t_distribution<double, Policy>;
using ChiSquared = boost::math::chi_squared_distribution<double, Policy>;
using FisherF = boost::math::fisher_f_distribution<double, Policy>;
using NonCentralChiSquared = boost::math::non_central_chi_squared_distribution<double, Policy>;

constexpr double kLargeChiSquared = 1e4;

}  // namespace

double normal_cdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2.0; }

double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::sqrt(2.0)); }

double normal_quantile(double p) {
  if (!(p >= 0.0 && p <= 1.0)) return kUndefined;
  return boost::math::quantile(Normal(), p);
}

double normal_reach(double confidence) { return -normal_quantile((1.0 - confidence) / 2.0); }

double t_two_sided(double t, double degrees_of_freedom) {
  if (std::isnan(t) || !(degrees_of_freedom > 0.0)) return kUndefined;
  if (std::isinf(t)) return 0.0;
  return 2.0 * boost::math::cdf(complement(StudentsT(degrees_of_freedom), std::abs(t)));
}

double t_reach(double confidence, double degrees_of_freedom) {
  if (!(confidence > 0.0 && confidence < 1.0 && degrees_of_freedom > 0.0)) return kUndefined;
  return boost::math::quantile(complement(StudentsT(degrees_of_freedom), (1.0 - confidence) / 2.0));
}

double chi_squared_upper(double x, double degrees_of_freedom) {
  if (!(x >= 0.0 && degrees_of_freedom > 0.0)) return kUndefined;
  if (std::isinf(x)) return 0.0;
  return boost::math::cdf(complement(ChiSquared(degrees_of_freedom), x));
}

double f_upper(double x, double numerator_df, double denominator_df) {
  if (!(x >= 0.0 && numerator_df > 0.0 && denominator_df > 0.0)) return kUndefined;
  if (std::isinf(x)) return 0.0;
  return boost::math::cdf(complement(FisherF(numerator_df, denominator_df), x));
}

double chi_squared_noncentrality(double x, double degrees_of_freedom, double p) {
  if (!(x >= 0.0 && degrees_of_freedom > 0.0 && p > 0.0 && p < 1.0)) return kUndefined;
  if (x > kLargeChiSquared) {
    // sqrt(X) is close to a normal of mean sqrt(lambda) + (df - 1) / (2 sqrt(lambda)) and variance 1.
    const double root = std::sqrt(x);
    const double shifted = root - (degrees_of_freedom - 1.0) / (2.0 * root) - normal_quantile(p);
    return shifted > 0.0 ? shifted * shifted : 0.0;
  }
  if (1.0 - chi_squared_upper(x, degrees_of_freedom) <= p) return 0.0;
  // The probability falls with the non-centrality: halve a bracket.
  double low = 0.0;
  double high = x + 10.0 * std::sqrt(x) + 100.0;
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2.0;
    const double below = boost::math::cdf(NonCentralChiSquared(degrees_of_freedom, middle), x);
    (below > p ? low : high) = middle;
    if (high - low <= 1e-12 * high) break;
  }
  return (low + high) / 2.0;
}

}  // namespace tessera::stats
