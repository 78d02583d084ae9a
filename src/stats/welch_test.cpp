// SPDX-License-Identifier: Apache-2.0
#include "stats/welch_test.hpp"

#include <cmath>

#include "stats/distributions.hpp"

namespace tessera::stats {

MeanDifference welch_test(const Moments& a, const Moments& b, double confidence) {
  if (a.n == 0 || b.n == 0) return {};
  MeanDifference result;
  result.difference = a.mean - b.mean;
  const double error_a = a.variance() / a.effective_n();
  const double error_b = b.variance() / b.effective_n();
  const double error = error_a + error_b;
  result.standard_error = std::sqrt(error);
  if (error == 0.0) result.interval = {result.difference, result.difference};
  if (!(error > 0.0)) return result;
  const double df = error * error / (error_a * error_a / (a.effective_n() - 1.0) + error_b * error_b / (b.effective_n() - 1.0));
  const double t = result.difference / result.standard_error;
  result.test = {t, df, t_two_sided(t, df)};
  const double reach = t_reach(confidence, df) * result.standard_error;
  result.interval = {result.difference - reach, result.difference + reach};
  return result;
}

}  // namespace tessera::stats
