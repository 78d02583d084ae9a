// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/log1p.hpp"
#include "exact/philox.hpp"

namespace tessera {

/// Random numbers in order, addressed by seed, purpose and stream: equal on every machine and for any number of threads.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, exact::Purpose purpose, std::uint32_t stream)
      : seed_(seed), purpose_(purpose), stream_(stream) {}

  /// Uniform in [0, 1).
  double uniform() { return exact::random_uniform(seed_, purpose_, next_++, stream_); }

  /// Uniform in [0, count).
  std::int64_t below(std::int64_t count) { return static_cast<std::int64_t>(uniform() * static_cast<double>(count)); }

  /// Standard normal: the polar method of Marsaglia & Bray (1964), with our own logarithm.
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    for (;;) {
      const double x = 2.0 * uniform() - 1.0;
      const double y = 2.0 * uniform() - 1.0;
      const double s = x * x + y * y;
      if (s >= 1.0 || s < 0x1p-100) continue;
      const double log_inverse = exact::log1p(1.0 / s - 1.0);
      const double factor = std::sqrt(2.0 * log_inverse / s);
      spare_ = y * factor;
      has_spare_ = true;
      return x * factor;
    }
  }

 private:
  std::uint64_t seed_;
  exact::Purpose purpose_;
  std::uint32_t stream_;
  std::uint64_t next_ = 0;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace tessera
