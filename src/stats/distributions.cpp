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

constexpr double kLargeChiSquared = 1e4;  // Boost's series takes sqrt(x) terms and more

/// P(X <= x): beyond kLargeChiSquared by the approximation of Sankaran, Approximations to the non-central chi-squared
/// distribution (1963).
double noncentral_below(double x, double df, double noncentrality) {
  if (x <= kLargeChiSquared) return boost::math::cdf(NonCentralChiSquared(df, noncentrality), x);
  const double mean = df + noncentrality;
  const double half_variance = df + 2.0 * noncentrality;
  const double h = 1.0 - 2.0 / 3.0 * mean * (df + 3.0 * noncentrality) / (half_variance * half_variance);
  const double p = half_variance / (mean * mean);
  const double m = (h - 1.0) * (1.0 - 3.0 * h);
  const double centre = 1.0 + h * p * (h - 1.0 - 0.5 * (2.0 - h) * m * p);
  return normal_cdf((std::pow(x / mean, h) - centre) / (h * std::sqrt(2.0 * p) * (1.0 + 0.5 * m * p)));
}

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

double chi_squared_quantile(double p, double degrees_of_freedom) {
  if (!(p >= 0.0 && p <= 1.0 && degrees_of_freedom > 0.0)) return kUndefined;
  if (p == 1.0) return std::numeric_limits<double>::infinity();
  return boost::math::quantile(ChiSquared(degrees_of_freedom), p);
}

double f_upper(double x, double numerator_df, double denominator_df) {
  if (!(x >= 0.0 && numerator_df > 0.0 && denominator_df > 0.0)) return kUndefined;
  if (std::isinf(x)) return 0.0;
  return boost::math::cdf(complement(FisherF(numerator_df, denominator_df), x));
}

double chi_squared_noncentrality(double x, double degrees_of_freedom, double p) {
  if (!(x >= 0.0 && std::isfinite(x) && degrees_of_freedom > 0.0 && p > 0.0 && p < 1.0)) return kUndefined;
  if (1.0 - chi_squared_upper(x, degrees_of_freedom) <= p) return 0.0;
  // The probability falls with the non-centrality: halve a bracket.
  double low = 0.0;
  double high = x + 20.0 * std::sqrt(x) + 400.0;
  while (high - low > 1e-12 * high) {
    const double middle = (low + high) / 2.0;
    (noncentral_below(x, degrees_of_freedom, middle) > p ? low : high) = middle;
  }
  return (low + high) / 2.0;
}

}  // namespace tessera::stats
