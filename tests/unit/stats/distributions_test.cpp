// SPDX-License-Identifier: Apache-2.0
#include "stats/distributions.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "oracles.hpp"

namespace tessera::stats {
namespace {

constexpr double kNan = kUndefined;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

TEST(Distributions, AgreeWithSciPyFarIntoTheTails) {
  const std::map<std::string, std::function<double(const Numbers&)>> functions = {
      {"t_two_sided", [](const Numbers& a) { return t_two_sided(a[0], a[1]); }},
      {"chi_squared_upper", [](const Numbers& a) { return chi_squared_upper(a[0], a[1]); }},
      {"f_upper", [](const Numbers& a) { return f_upper(a[0], a[1], a[2]); }},
      {"normal_two_sided", [](const Numbers& a) { return normal_two_sided(a[0]); }},
      {"t_reach", [](const Numbers& a) { return t_reach(a[0], a[1]); }},
      {"chi_squared_noncentrality", [](const Numbers& a) { return chi_squared_noncentrality(a[0], a[1], a[2]); }},
  };
  for (const auto& entry : read_oracle("distributions")) {
    SCOPED_TRACE(entry.dump());
    const double value = functions.at(entry[0].get<std::string>())(entry[1].get<Numbers>());
    expect_close(value, entry[2].get<double>(), 1e-7);
    if (entry[2].get<double>() > 1e-12) expect_close(value, entry[2].get<double>(), 1e-9);
  }
}

TEST(Distributions, LargeNoncentralitiesContinueTheSmallOnes) {
  for (const double df : {1.0, 6.0, 40.0, 1'000.0}) {
    for (const double p : {0.001, 0.025, 0.975}) {
      const double exact = chi_squared_noncentrality(9'999.9999, df, p);
      const double approximate = chi_squared_noncentrality(10'000.0001, df, p);
      EXPECT_NEAR(approximate, exact, 0.01) << df << ' ' << p;
    }
  }
}

TEST(Distributions, HoldOutsideTheirDomain) {
  EXPECT_EQ(normal_two_sided(kInfinite), 0.0);
  EXPECT_EQ(t_two_sided(kInfinite, 3.0), 0.0);
  EXPECT_EQ(chi_squared_upper(kInfinite, 3.0), 0.0);
  EXPECT_EQ(f_upper(kInfinite, 2.0, 3.0), 0.0);
  for (const double undefined : {normal_two_sided(kNan), normal_quantile(kNan), normal_quantile(1.5), t_two_sided(kNan, 3.0),
                                 t_two_sided(1.0, 0.0), t_two_sided(1.0, kNan), t_reach(0.95, 0.0), t_reach(kNan, 4.0),
                                 chi_squared_upper(-1.0, 2.0), chi_squared_upper(1.0, 0.0), f_upper(1.0, 0.0, 2.0),
                                 f_upper(1.0, 2.0, kNan), chi_squared_noncentrality(kNan, 1.0, 0.5)}) {
    EXPECT_TRUE(std::isnan(undefined));
  }
}

}  // namespace
}  // namespace tessera::stats
