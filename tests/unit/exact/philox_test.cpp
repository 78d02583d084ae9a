// SPDX-License-Identifier: Apache-2.0
#include "exact/philox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

namespace tessera::exact {
namespace {

struct KnownAnswer {
  std::uint64_t key, low, high;
  std::array<std::uint32_t, 4> words;
};

// The vectors of philox4x32-10 that the authors publish with their library (Random123, kat_vectors).
TEST(Philox, GivesTheAuthorsKnownAnswers) {
  const KnownAnswer answers[] = {
      {0, 0, 0, {0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}},
      {~0ULL, ~0ULL, ~0ULL, {0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}},
      {0x299f31d0a4093822ULL,
       0x85a308d3243f6a88ULL,
       0x0370734413198a2eULL,
       {0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}},
  };
  for (const KnownAnswer& answer : answers) {
    const PhiloxBlock block = philox(answer.key, answer.low, answer.high);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(block.word[i], answer.words[i]);
  }
}

TEST(Philox, EveryPartOfTheAddressCounts) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed : {0ULL, 1ULL, 1ULL << 32}) {
    for (Purpose purpose : {Purpose::seeding, Purpose::sample, Purpose::generate}) {
      for (std::uint64_t row : {0ULL, 1ULL, 1ULL << 32}) {
        for (std::uint32_t draw : {0U, 1U}) seen.insert(random_bits(seed, purpose, row, draw));
      }
    }
  }
  EXPECT_EQ(seen.size(), 3U * 3U * 3U * 2U);
}

TEST(Philox, UniformsFillTheUnitInterval) {
  constexpr int kDraws = 100000;
  std::array<int, 16> counts{};
  double sum = 0.0;
  for (std::uint64_t row = 0; row < kDraws; ++row) {
    const double u = random_uniform(5, Purpose::sample, row, 0);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    ++counts[static_cast<std::size_t>(u * 16.0)];
    sum += u;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5.0 * std::sqrt(1.0 / 12.0 / kDraws));
  double chi_square = 0.0;
  for (const int count : counts) chi_square += std::pow(count - kDraws / 16.0, 2) / (kDraws / 16.0);
  EXPECT_LT(chi_square, 45.0);  // 15 degrees of freedom: P < 1e-4
}

}  // namespace
}  // namespace tessera::exact
