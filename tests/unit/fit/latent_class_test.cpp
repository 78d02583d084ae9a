// SPDX-License-Identifier: Apache-2.0
// Mixtures of numbers and categories, and of rows that lack some.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "stats/adjusted_rand.hpp"
#include "support/awkward_cases.hpp"
#include "support/mixture_fit.hpp"
#include "support/shared_data.hpp"

namespace tessera {
namespace {

using testing::expect_near;
using testing::expect_never_falls;
using testing::expect_same_bits;
using testing::fit;
using testing::Points;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
/// What the features of levels hold; not 1, so that it matters.
constexpr float kOne = 0.75F;

/// Blocks for categories of so many levels, behind the numbers.
std::vector<CategoryBlock> blocks_of(int numbers, const std::vector<int>& levels) {
  std::vector<CategoryBlock> blocks;
  for (const int count : levels) {
    const int first = blocks.empty() ? numbers : blocks.back().first + blocks.back().count;
    blocks.push_back({first, count == 2 ? 1 : count, double{kOne}});
  }
  return blocks;
}

void set_level(const CategoryBlock& block, double code, std::span<float> row) {
  for (int j = 0; j < block.count; ++j) {
    const bool set = code == (block.count == 1 ? 1 : j);
    row[static_cast<std::size_t>(block.first + j)] = std::isnan(code) ? kMissing : set ? kOne : 0.0F;
  }
}

/// A table that tests/data/make_latent_class_oracles.py made, and what StepMix makes of it.
struct LatentClassOracle {
  std::string name;
  Points points;
  MixtureOptions options;
  std::int64_t numbers = 0;
  double log_likelihood = 0.0;                  ///< mean of a row
  std::vector<std::vector<double>> components;  ///< heaviest first: weight, means, covariances, shares of levels
};

std::vector<LatentClassOracle> read_oracles() {
  std::vector<LatentClassOracle> oracles;
  std::ifstream file(TESSERA_TEST_DATA "/latent_class_oracles.txt");
  std::int64_t rows = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string what, word;
    words >> what;
    const auto next = [&] {
      words >> word;
      return word == "nan" ? std::nan("") : std::stod(word);
    };
    if (what == "case") {
      LatentClassOracle oracle;
      words >> oracle.name >> rows >> oracle.numbers >> oracle.options.segments >> word;
      oracle.options.covariance = *parse_covariance(word);
      std::vector<int> levels;
      for (int count = 0; words >> count;) levels.push_back(count);
      oracle.options.categories = blocks_of(static_cast<int>(oracle.numbers), levels);
      oracles.push_back(std::move(oracle));
    } else if (what == "rows") {
      LatentClassOracle& oracle = oracles.back();
      const CategoryBlock& last = oracle.options.categories.back();
      oracle.points.rows = Matrix<float>(rows, last.first + last.count);
      for (std::int64_t i = 0; i < rows; ++i) {
        const auto row = oracle.points.rows.row(i);
        for (std::int64_t j = 0; j < oracle.numbers; ++j) row[static_cast<std::size_t>(j)] = static_cast<float>(next());
        for (const CategoryBlock& block : oracle.options.categories) set_level(block, next(), row);
      }
    } else if (what == "log_likelihood") {
      words >> oracles.back().log_likelihood;
    } else if (what == "component") {
      std::vector<double>& numbers = oracles.back().components.emplace_back();
      for (double value = 0.0; words >> value;) numbers.push_back(value);
    }
  }
  return oracles;
}

/// One component as the oracle writes it.
std::vector<double> parameters_of(const Mixture& mixture, std::int64_t c) {
  std::vector<double> values = {mixture.weights[static_cast<std::size_t>(c)]};
  const std::vector<int> numbers = mixture.numbers();
  for (const int j : numbers) values.push_back(mixture.means(c, j));
  const auto g = static_cast<std::int64_t>(numbers.size());
  for (std::int64_t i = 0; i < g; ++i) {
    for (std::int64_t j = 0; j < g && mixture.covariance == Covariance::full; ++j) {
      values.push_back(mixture.covariances(c * g + i, j));
    }
    if (mixture.covariance == Covariance::full) continue;
    values.push_back(mixture.covariances(c, mixture.covariance == Covariance::diag ? i : 0));
  }
  for (const CategoryBlock& block : mixture.categories) {
    for (int level = 0; level < block.levels(); ++level) values.push_back(mixture.share(c, block, level));
  }
  return values;
}

TEST(LatentClassOracle, TheBestFitIsStepMixs) {
  const std::vector<LatentClassOracle> oracles = read_oracles();
  ASSERT_EQ(oracles.size(), 4U);
  for (const LatentClassOracle& oracle : oracles) {
    SCOPED_TRACE(oracle.name);
    MixtureOptions options = oracle.options;
    options.restarts = 20;
    options.tolerance = 0.0;
    options.max_iterations = 5000;
    const MixtureResult result = fit(oracle.points, options);
    EXPECT_NEAR(result.fit.log_likelihood / result.fit.weight, oracle.log_likelihood, 1e-6 * std::abs(oracle.log_likelihood));
    ASSERT_EQ(result.mixture.components(), std::ssize(oracle.components));
    for (std::int64_t c = 0; c < result.mixture.components(); ++c) {
      const std::vector<double>& wanted = oracle.components[static_cast<std::size_t>(c)];
      const std::vector<double> got = parameters_of(result.mixture, c);
      ASSERT_EQ(got.size(), wanted.size());
      for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-4 * (1.0 + std::abs(wanted[i])));
    }
  }
}

// StepMix's best of 50 starts (tests/data/make_latent_class_oracles.py --answers mcdonalds.csv).
TEST(LatentClassOracle, YesAndNoAnswersOfCustomers) {
  const auto path = testing::data_folder() / "mcdonalds" / "mcdonalds.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  Points points{Matrix<float>(0, 11), {}, {}};
  MixtureOptions options;
  for (int j = 0; j < 11; ++j) options.categories.push_back({.first = j, .count = 1, .one = 1.0});
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    points.rows.resize_rows(points.rows.rows() + 1);
    for (float& value : points.rows.row(points.rows.rows() - 1)) {
      std::string cell;
      std::getline(cells, cell, ',');
      value = cell == "Yes" ? 1.0F : 0.0F;
    }
  }
  ASSERT_EQ(points.rows.rows(), 1453);
  options.tolerance = 1e-9;
  options.max_iterations = 1000;
  for (const auto& [k, wanted] : {std::pair(2, -7610.83609), std::pair(3, -7311.47784), std::pair(4, -7111.10813)}) {
    options.segments = k;
    const MixtureResult result = fit(points, options);
    EXPECT_NEAR(result.fit.log_likelihood, wanted, 1e-6 * std::abs(wanted));
    EXPECT_EQ(result.fit.parameters, 12 * k - 1);
  }
}

/// Groups of two correlated numbers, a colour and a yes or no, some of it missing. @param gaps  share of cells
Points mixed_groups(std::int64_t n, double gaps, std::uint64_t seed = 31) {
  testing::AwkwardRandom random(seed);
  Points points{Matrix<float>(n, 6), {}, {}};
  const std::vector<CategoryBlock> blocks = blocks_of(2, {3, 2});
  for (std::int64_t i = 0; i < n; ++i) {
    const int group = static_cast<int>(i % 3);
    const auto row = points.rows.row(i);
    const double x = random.bell(), y = 0.8 * x + 0.6 * random.bell();
    row[0] = static_cast<float>(std::round(64.0 * (x + 2.5 * group)) / 64.0);
    row[1] = static_cast<float>(std::round(64.0 * (group == 1 ? -y : y)) / 64.0);
    set_level(blocks[0], random.uniform() < 0.7 ? group : static_cast<int>(3.0 * random.uniform()), row);
    set_level(blocks[1], random.uniform() < (group == 2 ? 0.9 : 0.2) ? 1 : 0, row);
    if (random.uniform() < gaps) row[0] = kMissing;
    if (random.uniform() < gaps) row[1] = kMissing;
    for (const CategoryBlock& block : blocks) {
      if (random.uniform() < gaps) set_level(block, std::nan(""), row);
    }
    if (std::isnan(row[0]) && std::isnan(row[1])) row[0] = static_cast<float>(2.5 * group);
    points.truth.push_back(group);
  }
  return points;
}

class LatentClasses : public ::testing::TestWithParam<Covariance> {
 protected:
  [[nodiscard]] static MixtureOptions options(int k = 3) {
    MixtureOptions options;
    options.segments = k;
    options.covariance = GetParam();
    options.categories = blocks_of(2, {3, 2});
    options.restarts = 3;
    options.seed = 5;
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Covariances, LatentClasses,
                         ::testing::Values(Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(LatentClasses, TheLogLikelihoodNeverFalls) {
  for (const double gaps : {0.0, 0.25}) {
    MixtureOptions own = options(4);
    own.tolerance = 0.0;
    own.max_iterations = 300;
    own.restarts = 1;
    expect_never_falls(fit(mixed_groups(900, gaps), own));
  }
}

TEST_P(LatentClasses, SameBitsForThreadsChunksAndLevels) {
  MixtureOptions own = options();
  own.max_iterations = 6;
  expect_same_bits(mixed_groups(10'000, 0.2), own);
}

TEST_P(LatentClasses, WeightTwoIsTheRowTwice) {
  Points weighted = mixed_groups(400, 0.2);
  const Points twice = testing::twice_for_weight_two(weighted);
  MixtureOptions own = options();
  own.start = fit(weighted, own).mixture;
  const MixtureResult a = fit(weighted, own), b = fit(twice, own);
  expect_near(a.mixture.means, b.mixture.means, 1e-9);
  expect_near(a.mixture.covariances, b.mixture.covariances, 1e-9);
  EXPECT_NEAR(a.fit.bic(), b.fit.bic(), 1e-10 * std::abs(b.fit.bic()));
}

/// Rows completed by the columns' means, and by the most frequent levels.
Points completed(Points points, const std::vector<CategoryBlock>& blocks) {
  Matrix<float>& rows = points.rows;
  const auto fill = [&](std::int64_t first, std::int64_t count, const std::vector<float>& values) {
    for (std::int64_t i = 0; i < rows.rows(); ++i) {
      if (!std::isnan(rows(i, first))) continue;
      for (std::int64_t j = 0; j < count; ++j) rows(i, first + j) = values[static_cast<std::size_t>(j)];
    }
  };
  for (const int j : number_features(rows.columns(), blocks)) {
    double sum = 0.0, present = 0.0;
    for (std::int64_t i = 0; i < rows.rows(); ++i) {
      if (std::isnan(rows(i, j))) continue;
      sum += double{rows(i, j)};
      present += 1.0;
    }
    fill(j, 1, {static_cast<float>(sum / present)});
  }
  for (const CategoryBlock& block : blocks) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(block.levels()));
    for (std::int64_t i = 0; i < rows.rows(); ++i) {
      const int level = block.level_of(rows.row(i).data());
      if (level >= 0) ++counts[static_cast<std::size_t>(level)];
    }
    std::vector<float> most(static_cast<std::size_t>(block.first + block.count));
    set_level(block, static_cast<double>(std::ranges::max_element(counts) - counts.begin()), most);
    fill(block.first, block.count, {most.begin() + block.first, most.end()});
  }
  return points;
}

TEST_P(LatentClasses, MissingCellsLeftOutAreBetterThanFilled) {
  const Points points = mixed_groups(3000, 0.35);
  std::vector<std::int32_t> kept, filled;
  (void)fit(points, options(), {}, &kept);
  (void)fit(completed(points, options().categories), options(), {}, &filled);
  EXPECT_GT(stats::adjusted_rand_index(kept, points.truth), stats::adjusted_rand_index(filled, points.truth) + 0.05);
}

TEST_P(LatentClasses, CategoriesTellGroupsThatNumbersDoNot) {
  testing::AwkwardRandom random(41);
  Points points{Matrix<float>(1200, 6), {}, {}};
  const MixtureOptions own = options(2);
  for (std::int64_t i = 0; i < 1200; ++i) {
    const auto row = points.rows.row(i);
    const int group = static_cast<int>(i % 2);
    row[0] = static_cast<float>(random.bell());
    row[1] = static_cast<float>(random.bell());
    set_level(own.categories[0], group == 0 ? 0 : 1 + static_cast<int>(2.0 * random.uniform()), row);
    set_level(own.categories[1], random.uniform() < (group == 0 ? 0.05 : 0.95) ? 1 : 0, row);
    points.truth.push_back(group);
  }
  std::vector<std::int32_t> labels;
  const MixtureResult result = fit(points, own, {}, &labels);
  EXPECT_GT(stats::adjusted_rand_index(labels, points.truth), 0.8);
  // The group that never has level 0 is not without it, which would make a new customer impossible.
  for (std::int64_t c = 0; c < 2; ++c) {
    double sum = 0.0;
    for (int level = 0; level < 3; ++level) {
      EXPECT_GT(result.mixture.share(c, own.categories[0], level), 0.0);
      sum += result.mixture.share(c, own.categories[0], level);
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
  }
}

TEST_P(LatentClasses, CategoriesWithoutNumbers) {
  Points mixed = mixed_groups(900, 0.1), points{Matrix<float>(900, 4), {}, {}};
  for (std::int64_t i = 0; i < 900; ++i) std::ranges::copy(mixed.rows.row(i).subspan(2), points.rows.row(i).begin());
  MixtureOptions own = options(2);
  own.categories = blocks_of(0, {3, 2});
  const MixtureResult result = fit(points, own);
  EXPECT_EQ(result.mixture.components(), 2);
  EXPECT_EQ(result.fit.parameters, 1 + 2 * 3);
  EXPECT_TRUE(std::isfinite(result.fit.bic()));
}

TEST_P(LatentClasses, AStartOfOtherCategoriesIsRefused) {
  MixtureOptions own = options();
  own.start = fit(mixed_groups(300, 0.0), own).mixture;
  own.start->categories.pop_back();
  EXPECT_THROW((void)fit(mixed_groups(300, 0.0), own), ConfigError);
}

}  // namespace
}  // namespace tessera
