// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>

#include "exact/philox.hpp"
#include "oracles.hpp"
#include "stats/dip.hpp"
#include "stats/discretised_mixture.hpp"

namespace tessera::stats {
namespace {

double uniform(std::uint64_t row, std::uint32_t draw = 0) {
  return exact::random_uniform(17, exact::Purpose::generate, row, draw);
}

TEST(Dip, AgreesWithDiptest) {
  for (const auto& oracle : read_oracle("dips")) {
    const Numbers values = oracle["values"];
    EXPECT_NEAR(dip(values), oracle["dip"].get<double>(), 1e-12);
    EXPECT_NEAR(dip_test(values).p, oracle["p"].get<double>(), 0.01);
  }
}

TEST(Dip, PAgreesWithThePublishedTable) {
  for (const auto& oracle : read_oracle("dip_p")) {
    const double p = oracle[2];
    EXPECT_NEAR(dip_p(oracle[0], oracle[1]), p, 0.004 + 0.04 * p) << oracle.dump();
  }
}

TEST(Dip, CountsAreRowsRepeatedAndUnitsDoNotMatter) {
  const Numbers values = {1, 2, 3, 7, 9, 10, 14}, counts = {2, 1, 3, 1, 2, 2, 1};
  Numbers repeated, moved;
  for (std::size_t i = 0; i < values.size(); ++i)
    repeated.insert(repeated.end(), static_cast<std::size_t>(counts[i]), values[i]);
  for (const double x : repeated) moved.push_back(1e6 + 1e-3 * x);
  EXPECT_NEAR(dip(repeated), dip(values, counts), 1e-15);
  EXPECT_NEAR(dip_test(repeated).p, dip_test(values, counts).p, 1e-12);
  EXPECT_NEAR(dip(repeated), dip(moved), 1e-6);
}

TEST(Dip, IsRarelySmallForOneLumpAndAlwaysForTwo) {
  int found = 0;
  for (std::uint64_t table = 0; table < 400; ++table) {
    Numbers values;
    for (std::uint32_t i = 0; i < 200; ++i) values.push_back(uniform(table, i));
    std::ranges::sort(values);
    found += dip_test(values).p < 0.05;
  }
  EXPECT_NEAR(found, 20, 14);  // three standard deviations
  Numbers two;
  for (std::uint32_t i = 0; i < 2000; ++i)
    two.push_back(uniform(1, i) + uniform(2, i) + uniform(3, i) + (i % 2 == 0 ? 2.5 : 0.0));
  std::ranges::sort(two);
  EXPECT_EQ(dip_test(two).p, kLeastDipP);
}

TEST(Dip, PFallsWithTheDipAndJoinsBetweenSizes) {
  for (const double n : {4.0, 11.0, 73.0, 5'000.0, 1e5, 1e8}) {
    double last = 1.0;
    for (double root = 0.05; root < 1.2; root += 0.01) {
      const double p = dip_p(root / std::sqrt(n), n);
      EXPECT_LE(p, last);
      EXPECT_GE(p, kLeastDipP);
      last = p;
    }
  }
  for (const double n : {10.0, 50.0, 1000.0, 5000.0})
    EXPECT_NEAR(dip_p(0.3 / std::sqrt(n), n - 1e-6), dip_p(0.3 / std::sqrt(n), n + 1e-6), 1e-4);
}

TEST(Dip, Degenerate) {
  EXPECT_TRUE(std::isnan(dip({})));
  EXPECT_TRUE(std::isnan(dip(Numbers{kUndefined, 1.0})));
  EXPECT_EQ(dip(Numbers{5.0}), 0.5);
  EXPECT_EQ(dip(Numbers{5.0, 5.0, 5.0, 5.0}), 0.125);
  EXPECT_TRUE(std::isnan(dip_test(Numbers{1.0, 2.0, 3.0}).p));
  EXPECT_GT(dip_test(Numbers{5.0, 5.0, 5.0, 5.0}).p, 0.9);
  EXPECT_TRUE(std::isnan(dip_p(kUndefined, 100.0)));
}

TEST(DiscretisedMixture, FindsTheLikelihoodThatSciPyFinds) {
  for (const auto& oracle : read_oracle("mixtures")) {
    const DiscreteBimodality fit = discretised_mixture(oracle["counts"].get<Numbers>());
    // Where a second group of a few answers gains next to nothing, another one than the best may be found.
    EXPECT_NEAR(fit.delta_bic, oracle["delta_bic"].get<double>(), 0.05) << oracle.dump();
  }
}

/// Counts of 0 to 10 when so many answers are normal about a mean and cut off at the ends.
Numbers answers(double n, double mean, double sd) {
  Numbers counts(11);
  for (std::uint32_t i = 0; static_cast<double>(i) < n; ++i) {
    const double radius = std::sqrt(-2.0 * std::log1p(-uniform(i, 1)));
    const double x = std::round(mean + sd * radius * std::cos(6.283185307179586 * uniform(i, 2)));
    counts[static_cast<std::size_t>(std::clamp(x, 0.0, 10.0))] += 1.0;
  }
  return counts;
}

Numbers sum_of(Numbers a, const Numbers& b) {
  std::ranges::transform(a, b, a.begin(), std::plus<>{});
  return a;
}

TEST(DiscretisedMixture, HalfLoveItHalfHateIt) {
  const DiscreteBimodality fit = discretised_mixture(sum_of(answers(400, 1.5, 1.5), answers(400, 8.5, 1.5)));
  EXPECT_TRUE(is_bimodal(fit));
  EXPECT_LT(fit.lower.mean, 3.0);
  EXPECT_GT(fit.upper.mean, 7.0);
  EXPECT_NEAR(fit.lower.share, 0.5, 0.05);
  EXPECT_GT(fit.ashman_d, 2.0);
}

TEST(DiscretisedMixture, OneGroupIsOneWhateverItsSkew) {
  for (const double mean : {5.0, 8.0, 10.0, 12.0, 0.0}) {
    for (const double sd : {1.0, 2.0, 4.0}) {
      for (const double n : {60.0, 3000.0})
        EXPECT_FALSE(is_bimodal(discretised_mixture(answers(n, mean, sd)))) << mean << ' ' << sd << ' ' << n;
    }
  }
  EXPECT_FALSE(is_bimodal(discretised_mixture(Numbers(11, 100.0))));                                 // uniform
  EXPECT_FALSE(is_bimodal(discretised_mixture(Numbers{512, 256, 128, 64, 32, 16, 8, 4, 2, 1, 0})));  // J-shaped
}

TEST(DiscretisedMixture, OfARealSurvey) {
  // How 1,453 people like a fast-food chain, -5 to +5: a tenth hates it outright.
  const Numbers like = {152, 71, 73, 59, 58, 169, 152, 187, 229, 160, 143};
  const DiscreteBimodality fit = discretised_mixture(like);
  EXPECT_TRUE(is_bimodal(fit));
  EXPECT_NEAR(fit.lower.share, 0.2, 0.05);
  Numbers many = like;
  for (double& count : many) count *= 1e5;
  EXPECT_NEAR(discretised_mixture(many).upper.mean, fit.upper.mean, 1e-3);
}

TEST(DiscretisedMixture, AFewStraysAreNoGroup) {
  EXPECT_FALSE(is_bimodal(discretised_mixture(sum_of(answers(1000, 8.0, 1.2), answers(30, 1.0, 0.7)))));
}

TEST(DiscretisedMixture, Degenerate) {
  EXPECT_TRUE(std::isnan(discretised_mixture({}).delta_bic));
  EXPECT_TRUE(std::isnan(discretised_mixture(Numbers{5, 5, 5, 5}).delta_bic));
  EXPECT_TRUE(std::isnan(discretised_mixture(Numbers{1, 1, 1, 1, 1, 1}).delta_bic));
  EXPECT_TRUE(std::isnan(discretised_mixture(Numbers{10, kUndefined, 3, 3, 3}).delta_bic));
  EXPECT_TRUE(std::isnan(discretised_mixture(Numbers(11)).delta_bic));
  EXPECT_FALSE(is_bimodal({}));
  const DiscreteBimodality single = discretised_mixture(Numbers{0, 0, 0, 400, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_LT(single.delta_bic, 0.0);
  EXPECT_FALSE(is_bimodal(single));
}

}  // namespace
}  // namespace tessera::stats
