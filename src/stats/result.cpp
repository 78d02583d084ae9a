// SPDX-License-Identifier: Apache-2.0
#include "stats/result.hpp"

#include <cmath>

namespace tessera::stats {

Interval difference_interval(double a, Interval of_a, double b, Interval of_b) {
  const double difference = a - b;
  return {difference - std::hypot(a - of_a.low, of_b.high - b), difference + std::hypot(of_a.high - a, b - of_b.low)};
}

}  // namespace tessera::stats
