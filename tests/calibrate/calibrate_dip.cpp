// SPDX-License-Identifier: Apache-2.0
// Simulates the table in src/stats/dip_p.cpp: upper quantiles of sqrt(n) * dip of n uniform values. Five minutes on one core.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "exact/log1p.hpp"
#include "exact/philox.hpp"
#include "stats/dip.hpp"

namespace {

using namespace tessera;

constexpr double kWork = 6e8;  // values drawn for one size
constexpr std::int64_t kMostSamples = 1'000'000;
constexpr double kUpper[] = {0.99, 0.95, 0.9,  0.8,  0.7,  0.6,   0.5,   0.4,   0.3,
                             0.2,  0.1,  0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0001};

/// n uniform values in ascending order, up to scale: sums of exponential gaps -log(1 - u) = log(1 + u / (1 - u)).
void draw(std::vector<double>& values, std::uint64_t sample) {
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double u = exact::random_uniform(values.size(), exact::Purpose::reference, sample, static_cast<std::uint32_t>(i));
    sum += exact::log1p(u / (1.0 - u));
    values[i] = sum;
  }
}

}  // namespace

int main() {
  for (const int n : {4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000}) {
    const std::int64_t samples = std::min(kMostSamples, static_cast<std::int64_t>(kWork / n));
    std::vector<double> values(static_cast<std::size_t>(n));
    std::vector<double> dips;
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      draw(values, static_cast<std::uint64_t>(sample));
      dips.push_back(std::sqrt(n) * stats::dip(values));
    }
    std::ranges::sort(dips);
    std::printf("    {%d, {", n);
    for (const double upper : kUpper) {
      std::printf("%s%.5f", upper == kUpper[0] ? "" : ", ",
                  dips[static_cast<std::size_t>((1.0 - upper) * static_cast<double>(samples))]);
    }
    std::printf("}},\n");
    std::fflush(stdout);
  }
}
