// SPDX-License-Identifier: Apache-2.0
// How often the scan for two groups in a column sees some where there are none, and where there are: rates over made samples.
// A look of the scan takes at most 2,000 rows of a segment, however many there are. A minute on one core.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "analyse/two_groups.hpp"

namespace {

using tessera::NumberRange;

using Random = std::mt19937_64;
using Draw = std::function<double(Random&)>;

struct Family {
  std::string name;
  bool two_groups = false;
  Draw draw;
  bool integral = false;
  double least = -1e9, most = 1e9;  ///< of the column, where it is a scale
};

double normal(Random& random) { return std::normal_distribution<double>()(random); }
double uniform(Random& random) { return std::uniform_real_distribution<double>()(random); }
double to_cents(double x) { return std::round(x * 100.0) / 100.0; }

Family scale(const std::string& name, double least, double most, bool two_groups, const Draw& draw) {
  const auto rounded = [=](Random& random) { return std::clamp(std::round(draw(random)), least, most); };
  return {name, two_groups, rounded, true, least, most};
}

std::vector<Family> one_group() {
  std::vector<Family> all = {
      {"normal", false, normal},
      {"uniform", false, uniform},
      {"exponential", false, [](Random& r) { return -std::log(1.0 - uniform(r)); }},
      {"log-normal, sd 0.5", false, [](Random& r) { return std::exp(0.5 * normal(r)); }},
      {"log-normal, sd 1.5", false, [](Random& r) { return std::exp(1.5 * normal(r)); }},
      {"Student's t, 3 degrees", false, [](Random& r) { return std::student_t_distribution<double>(3.0)(r); }},
      {"two normals, 1.9 sd apart: one peak", false, [](Random& r) { return normal(r) + (uniform(r) < 0.5 ? 1.9 : 0.0); }},
      {"prices in cents", false, [](Random& r) { return to_cents(std::exp(3.0 + 0.8 * normal(r))); }},
      {"prices that end in .99", false, [](Random& r) { return std::floor(std::exp(2.5 + 0.6 * normal(r))) + 0.99; }},
      {"ages", false, [](Random& r) { return std::round(46.0 + 8.0 * normal(r)); }, true},
      {"ages, half of them rounded to 5", false,
       [](Random& r) {
         const double age = std::round(46.0 + 12.0 * normal(r));
         return uniform(r) < 0.5 ? 5.0 * std::round(age / 5.0) : age;
       },
       true},
      {"counts (Poisson, mean 30)", false, [](Random& r) { return std::poisson_distribution<int>(30.0)(r) * 1.0; }, true},
      {"counts (geometric, mean 20)", false, [](Random& r) { return std::geometric_distribution<int>(0.05)(r) * 1.0; }, true},
      {"incomes cut off at the top (10 %)", false,
       [](Random& r) { return std::min(std::exp(10.0 + 0.5 * normal(r)), 42'000.0); }},
  };
  for (const double zeros : {0.1, 0.3, 0.5, 0.7}) {
    const auto name = [&](const char* of) { return std::to_string(static_cast<int>(100 * zeros)) + " % zeros, else " + of; };
    all.push_back({name("log-normal"), false, [=](Random& r) { return uniform(r) < zeros ? 0.0 : std::exp(4.0 + normal(r)); }});
    all.push_back(
        {name("normal, far from 0"), false, [=](Random& r) { return uniform(r) < zeros ? 0.0 : 100.0 + 10.0 * normal(r); }});
    all.push_back({name("counts (Poisson, mean 40)"), false,
                   [=](Random& r) { return uniform(r) < zeros ? 0.0 : std::poisson_distribution<int>(40.0)(r) * 1.0; }, true});
  }
  for (const double mean : {0.0, 2.0, 5.0, 7.0, 8.5, 10.0}) {
    for (const double sd : {1.5, 3.0}) {
      all.push_back(scale("0-10, mean " + std::to_string(mean).substr(0, 4) + ", sd " + std::to_string(sd).substr(0, 3), 0, 10,
                          false, [=](Random& r) { return mean + sd * normal(r); }));
    }
  }
  all.push_back(scale("0-10, all alike", 0, 10, false, [](Random& r) { return 11.0 * uniform(r) - 0.5; }));
  all.push_back(scale("1-5, mean 4", 1, 5, false, [](Random& r) { return 4.0 + normal(r); }));
  all.push_back(scale("1-7, mean 3", 1, 7, false, [](Random& r) { return 3.0 + 1.5 * normal(r); }));
  return all;
}

std::vector<Family> two_groups() {
  const auto apart = [](double sds, double share) {
    return [=](Random& r) { return normal(r) + (uniform(r) < share ? sds : 0.0); };
  };
  std::vector<Family> all;
  for (const double sds : {3.0, 4.0, 6.0}) {
    for (const double share : {0.5, 0.3, 0.15}) {
      all.push_back({"two normals, " + std::to_string(static_cast<int>(sds)) + " sd apart, " +
                         std::to_string(static_cast<int>(100 * share)) + " %",
                     true, apart(sds, share)});
    }
  }
  all.push_back({"two log-normals, factor 8", true,
                 [](Random& r) { return std::exp(0.4 * normal(r) + (uniform(r) < 0.5 ? std::log(8.0) : 0.0)); }});
  all.push_back({"30 % zeros, else two normals", true,
                 [](Random& r) { return uniform(r) < 0.3 ? 0.0 : (uniform(r) < 0.5 ? 50.0 : 90.0) + 8.0 * normal(r); }});
  all.push_back({"ages of students and parents", true,
                 [](Random& r) { return std::round(uniform(r) < 0.5 ? 21.0 + 2.0 * normal(r) : 48.0 + 6.0 * normal(r)); },
                 true});
  for (const double share : {0.5, 0.25}) {
    all.push_back(scale("0-10, love (9) and hate (2), " + std::to_string(static_cast<int>(100 * share)) + " % hate", 0, 10,
                        true, [=](Random& r) { return uniform(r) < share ? 2.0 + normal(r) : 9.0 + normal(r); }));
  }
  all.push_back(scale("1-5, love (5) and hate (1)", 1, 5, true,
                      [](Random& r) { return uniform(r) < 0.5 ? 1.0 + 0.7 * normal(r) : 5.0 + 0.7 * normal(r); }));
  return all;
}

/// Share of `trials` samples of n rows in which two groups are seen; a look of its own, so that p is not adjusted.
double rate(const Family& family, int n, int trials, std::uint64_t seed) {
  Random random(seed);
  int seen = 0;
  std::vector<double> values(static_cast<std::size_t>(n));
  for (int trial = 0; trial < trials; ++trial) {
    for (double& value : values) value = family.draw(random);
    std::sort(values.begin(), values.end());
    if (values.front() == values.back()) continue;
    const bool is_scale = family.least > -1e9;
    const NumberRange range{family.integral, is_scale ? family.least : values.front(), is_scale ? family.most : values.back()};
    const tessera::TwoGroups look = tessera::look_for_two_groups(values, range);
    seen += tessera::are_two_groups(look, look.p) ? 1 : 0;
  }
  return static_cast<double>(seen) / trials;
}

}  // namespace

int main(int count, char** arguments) {
  const int trials = count > 1 ? std::atoi(arguments[1]) : 400;
  constexpr int kSizes[] = {200, 500, 2000};
  std::printf("%-48s", "two groups seen, of samples of");
  for (const int n : kSizes) std::printf("%8d", n);
  std::printf("\n");
  std::uint64_t seed = 0;
  for (const auto& families : {one_group(), two_groups()}) {
    double worst[3] = {};
    std::printf("\n%s\n", families.front().two_groups ? "there are two" : "there is one");
    for (const Family& family : families) {
      std::printf("%-48s", family.name.c_str());
      for (int i = 0; i < 3; ++i) {
        const double own = rate(family, kSizes[i], trials, ++seed);
        worst[i] = std::max(worst[i], family.two_groups ? 1.0 - own : own);
        std::printf("%7.1f%%", 100.0 * own);
      }
      std::printf("\n");
      std::fflush(stdout);
    }
    std::printf("%-48s%7.1f%%%7.1f%%%7.1f%%\n", families.front().two_groups ? "most often missed" : "most false alarms",
                100.0 * worst[0], 100.0 * worst[1], 100.0 * worst[2]);
  }
}
