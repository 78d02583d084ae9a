// SPDX-License-Identifier: Apache-2.0
// What the screen on matrix units is made of: numbers of 16 bits, frames, packed centroids, the bound and the probe.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "backend/cuda/framed_centroids.hpp"
#include "backend/cuda/tensor_probe.hpp"
#include "exact/distance.hpp"
#include "support/host_kernels.hpp"
#include "support/near_ties.hpp"

namespace tessera::cuda {
namespace {

using kernels::half_bits;
using kernels::half_value;

constexpr std::uint32_t kHalves = 0x7C00;  // bits of the finite numbers that are not negative

TEST(HalfNumbers, StandForThemselves) {
  for (std::uint32_t bits = 0; bits < kHalves; ++bits) {
    ASSERT_EQ(half_bits(half_value(bits)), bits);
    ASSERT_EQ(half_bits(-half_value(bits)), bits | 0x8000U);
    ASSERT_EQ(half_value(bits | 0x8000U), -half_value(bits));
  }
}

TEST(HalfNumbers, AreTheNearestWithTiesToEven) {
  for (std::uint32_t bits = 0; bits + 1 < kHalves; ++bits) {
    const float below = half_value(bits), above = half_value(bits + 1);
    ASSERT_LT(below, above);
    const float middle = below + (above - below) / 2;
    ASSERT_EQ(half_bits(middle), bits + bits % 2);
    ASSERT_EQ(half_bits(std::nextafter(middle, 0.0F)), bits);
    ASSERT_EQ(half_bits(std::nextafter(middle, above)), bits + 1);
  }
}

TEST(HalfNumbers, KeepWithinTheirRange) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(half_value(half_bits(65519.0F)), 65504.0F);
  for (const float beyond : {65520.0F, 65536.0F, 1e30F, kInfinity}) {
    EXPECT_EQ(half_value(half_bits(beyond)), kInfinity);
    EXPECT_EQ(half_value(half_bits(-beyond)), -kInfinity);
    EXPECT_EQ(half_value(kernels::finite_half_bits(beyond)), 65504.0F);
    EXPECT_EQ(half_value(kernels::finite_half_bits(-beyond)), -65504.0F);
  }
  EXPECT_TRUE(std::isnan(half_value(half_bits(std::numeric_limits<float>::quiet_NaN()))));
  EXPECT_EQ(kernels::pack_halves(1.0F, -2.0F), 0xC0003C00U);
  EXPECT_EQ(half_bits(0x1p-26F), 0U);
  EXPECT_EQ(half_value(0x3C00), 1.0F);
  EXPECT_EQ(half_value(0x0001), 0x1p-24F);
  EXPECT_EQ(half_value(0xC000), -2.0F);
}

Matrix<float> bell_centroids(std::int64_t k, std::int64_t d, float offset, float scale) {
  std::mt19937_64 bits(5);
  std::normal_distribution<float> bell;
  Matrix<float> centroids(k, d);
  for (std::int64_t c = 0; c < k; ++c) {
    for (float& value : centroids.row(c)) value = offset + scale * bell(bits);
  }
  return centroids;
}

TEST(FrameAround, BringsCentroidsToTheMiddleOfTheRange) {
  for (const float scale : {1e-12F, 1.0F, 1e12F}) {
    const Matrix<float> centroids = bell_centroids(40, 7, 1000.0F * scale, scale);
    const Frame frame = frame_around(centroids.view());
    EXPECT_EQ(std::exp2(std::round(std::log2(frame.scale))), frame.scale);
    const FramedCentroids framed(centroids.view(), frame, 64);
    EXPECT_LT(framed.screen().largest_norm, 16.0F * 3 * std::sqrt(7.0F));
    EXPECT_GT(framed.screen().largest_norm, 8.0F);
  }
}

/// One centroid far out may not take the digits of the others.
TEST(FrameAround, IsNotLedAstrayByAnOutlier) {
  Matrix<float> centroids = bell_centroids(40, 7, 3.0F, 1.0F);
  const Frame before = frame_around(centroids.view());
  for (float& value : centroids.row(11)) value = 1e20F;
  const Frame after = frame_around(centroids.view());
  EXPECT_EQ(after.scale, before.scale);
  for (std::size_t j = 0; j < 7; ++j) EXPECT_NEAR(after.offset[j], before.offset[j], before.scale);
}

TEST(FrameAround, TakesWhateverThereIs) {
  EXPECT_EQ(frame_around(bell_centroids(1, 3, 5.0F, 1.0F).view()).scale, 1.0F);
  EXPECT_EQ(frame_around(bell_centroids(9, 3, 5.0F, 0.0F).view()).scale, 1.0F);
  Matrix<float> two = bell_centroids(9, 1, 5.0F, 0.0F);
  two(4, 0) = 6.0F;  // the usual centroid lies at the origin
  EXPECT_EQ(frame_around(two.view()).scale, 8.0F);
  const float largest = std::numeric_limits<float>::max();
  two(3, 0) = -largest;
  two(4, 0) = largest;
  EXPECT_TRUE(std::isfinite(frame_around(two.view()).scale));
}

/// Tiles hold what products want where they want it: scores of whole numbers are exact.
TEST(TensorTiles, GiveTheScoresOfEveryPlace) {
  for (const std::int64_t tile : {16, 64}) {
    for (const std::int64_t d : {1, 5, 16, 50}) {
      const std::int64_t k = tile + 3;
      Matrix<float> centroids(k, d);
      for (std::int64_t c = 0; c < k; ++c) {
        for (std::int64_t j = 0; j < d; ++j) centroids(c, j) = static_cast<float>((c * 7 + j * 5) % 11 - 5);
      }
      const FramedCentroids framed(centroids.view(),
                                   {std::vector<float>(static_cast<std::size_t>(d) + kernels::kFrameSpare), 1.0F}, tile);
      const int steps = static_cast<int>((d + 15) / 16);
      const std::vector<std::uint32_t> words = framed.tensor_tiles(steps);
      const std::int64_t words_of_tile = steps * tile / 16 * 128 + 2 * tile + 4;
      ASSERT_EQ(std::ssize(words), framed.screen().blocks() * words_of_tile);
      for (std::int64_t place = 0; place < framed.screen().blocks() * tile; ++place) {
        const std::uint32_t* block = words.data() + place / tile * words_of_tile;
        const std::int64_t within = place % tile;
        const std::int32_t c = framed.screen().place_centroid[static_cast<std::size_t>(place)];
        for (const std::int64_t copy : {0, 2}) {
          const float start = std::bit_cast<float>(block[words_of_tile - 4 - 2 * tile + within / 2 * 4 + copy + within % 2]);
          EXPECT_EQ(start, c < 0 ? kernels::kNoScore : framed.screen().packed_start[static_cast<std::size_t>(place)]);
        }
        for (std::int64_t j = 0; j < steps * 16; ++j) {  // as TensorTile says
          const std::int64_t thread = within % 8 * 4 + j % 16 / 4;
          const std::int64_t word = ((j / 16 * tile / 16 + within / 16) * 32 + thread) * 4 + within / 8 % 2 * 2 + j % 4 / 2;
          const float want = c < 0 || j >= d ? 0.0F : centroids(c, j);
          ASSERT_EQ(half_value(block[word] >> j % 2 * 16 & 0xFFFFU), want);
        }
      }
    }
  }
}

TEST(TensorTiles, RestsBoundWhatCentroidsLose) {
  const Matrix<float> centroids = bell_centroids(130, 9, 0.0F, 9.0F);
  const FramedCentroids framed(centroids.view(), {std::vector<float>(9 + kernels::kFrameSpare), 1.0F}, 64);
  const std::vector<float> rests = framed.tensor_rests();
  float largest = 0.0F;
  for (std::size_t place = 0; place < framed.screen().place_centroid.size(); ++place) {
    const std::int32_t c = framed.screen().place_centroid[place];
    if (c < 0) continue;
    double sum = 0.0;
    for (const float value : centroids.view().row(c)) {
      const double lost = static_cast<double>(value) - static_cast<double>(half_value(half_bits(value)));
      sum += lost * lost;
    }
    EXPECT_GE(static_cast<double>(rests[place / 64]), std::sqrt(sum));
    largest = std::max(largest, rests[place / 64]);
  }
  EXPECT_LT(largest, 9.0F * 4 * 3 * 0x1p-11F);
}

/// What matrix units make of a row or a centroid: centroids keep within the range.
std::vector<float> halves_of(const std::vector<float>& x, bool centroid) {
  std::vector<float> halves;
  for (const float value : x) halves.push_back(half_value(centroid ? kernels::finite_half_bits(value) : half_bits(value)));
  return halves;
}

/// A score as matrix units may make it, in either order, and tagged.
float tensor_score(const std::vector<float>& x, const std::vector<float>& c, bool backwards, std::uint32_t tag) {
  double square = 0.0;
  for (const float value : c) square += static_cast<double>(value) * static_cast<double>(value);
  const auto start = static_cast<float>(-0.5 * square);
  const std::vector<float> row = halves_of(x, false), column = halves_of(c, true);
  const auto add = [&](float sum, std::size_t first, std::size_t last) {
    for (std::size_t j = first; j < last; j += backwards ? 1 : 16) {
      auto terms = static_cast<double>(sum);
      for (std::size_t i = j; i < std::min(last, j + (backwards ? 1 : 16)); ++i) {
        const std::size_t at = backwards ? x.size() - 1 - i : i;
        terms += static_cast<double>(row[at]) * static_cast<double>(column[at]);
      }
      sum = kernels::cut_off(terms);
    }
    return sum;
  };
  if (x.size() <= kernels::kPartTerms) return kernels::tagged(add(start, 0, x.size()), 15, tag);
  float sum = start;
  for (std::size_t first = 0; first < x.size(); first += kernels::kPartTerms) {
    sum += add(0.0F, first, std::min(x.size(), first + kernels::kPartTerms));
  }
  return kernels::tagged(sum, 15, tag);
}

struct Norms {
  float norm, rest;
};
Norms norms_of(const std::vector<float>& x, bool centroid) {
  const std::vector<float> halves = halves_of(x, centroid);
  float square = 0.0F, rest = 0.0F;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const float lost = x[j] - halves[j];
    square += x[j] * x[j];
    rest += lost * lost;
  }
  const auto d = static_cast<std::int64_t>(x.size());
  return {exact::upper_norm(square, d), exact::upper_norm(rest, d)};
}

/// As in the test of the float32 certificate.
testing::TieTally search(double scale, double offset, int trials) {
  testing::NearTies ties(scale, offset, {1, 2, 3, 8, 33, 100, 128, 400}, 7.0, 3);
  testing::TieTally tally;
  for (int trial = 0; trial < trials; ++trial) {
    const auto [x, a, b] = ties.next();
    const bool backwards = ties.bits()() % 2 == 0;
    const float score_a = tensor_score(x, a, backwards, static_cast<std::uint32_t>(ties.bits()() % 16));
    const float score_b = tensor_score(x, b, backwards, static_cast<std::uint32_t>(ties.bits()() % 16));
    const auto features = static_cast<std::int64_t>(x.size());
    const exact::TensorBound bound = exact::make_tensor_bound((features + 15) / 16 * 16, kernels::kPartTerms, 4, kTensorStep);
    const std::vector<float>& best = score_a > score_b ? a : b;
    const std::vector<float>& other = score_a > score_b ? b : a;
    const Norms row = norms_of(x, false);
    const auto error = [&](const std::vector<float>& c) {
      const Norms centroid = norms_of(c, true);
      return bound.of(centroid.norm, centroid.rest).error(row.norm, row.rest);
    };
    const bool certified = exact::screen_is_safe(row.norm + row.rest, 0.0F) &&
                           std::max(score_a, score_b) - error(best) > std::min(score_a, score_b) + error(other);
    tally.note(certified, exact::reference_distance2(x.data(), best.data(), features) <
                              exact::reference_distance2(x.data(), other.data(), features));
  }
  return tally;
}

TEST(TensorCertificate, NeverLies) {
  struct Setting {
    double scale, offset;
  };
  // Ordinary, off the middle, numbers of 16 bits that are subnormal or vanish, and such as lie beyond their range.
  for (const Setting& setting : {Setting{1.0, 0.0}, Setting{8.0, 3.0}, Setting{1.0, 30.0}, Setting{1e-4, 0.0},
                                 Setting{1e-6, 0.0}, Setting{1e-9, 1.0}, Setting{3e4, 0.0}, Setting{1e6, 1.0}}) {
    const testing::TieTally found = search(setting.scale, setting.offset, 20000);
    EXPECT_EQ(found.lies, 0) << setting.scale << ' ' << setting.offset;
    EXPECT_GT(found.naive_lies, 0) << "the search is too easy: scores alone would have been right";
    EXPECT_GT(found.open, 0);
  }
}

TEST(TensorCertificate, CertifiesOrdinaryRows) {
  // Disturbances go down to 1e-7 of the distance; numbers of 16 bits tell about 1e-3.
  EXPECT_GT(search(4.0, 0.0, 20000).certified, 20000 / 4);
}

/// A score as bad as the bound allows for: every product is added by itself, and `u` of every sum is lost.
double worst_score(const std::vector<float>& x, const std::vector<float>& c, double u) {
  const auto lose = [&](double sum) { return static_cast<float>(sum - std::fabs(sum) * (u - 0x1p-24)); };
  const auto add = [&](float sum, std::size_t first, std::size_t last) {
    for (std::size_t j = first; j < last; ++j) {
      sum = lose(static_cast<double>(sum) + static_cast<double>(x[j]) * static_cast<double>(c[j]));
    }
    return sum;
  };
  double square = 0.0;
  for (const float value : c) square += static_cast<double>(value) * static_cast<double>(value);
  auto sum = static_cast<float>(-0.5 * square);
  if (x.size() <= kernels::kPartTerms) return static_cast<double>(add(sum, 0, x.size()));
  for (std::size_t first = 0; first < x.size(); first += kernels::kPartTerms) {
    sum += add(0.0F, first, std::min(x.size(), first + kernels::kPartTerms));
  }
  return static_cast<double>(sum);
}

/// Not only decisions: every score.
TEST(TensorCertificate, BoundsTheWorstScore) {
  for (const std::size_t d : {1U, 16U, 128U, 129U, 400U, 1500U}) {
    for (const float others : {8.0F, 0x1p-10F}) {  // sums that grow all the way, and such as are large from the start
      std::vector<float> x(d, others);
      for (std::size_t j = 0; j < d; j += kernels::kPartTerms) x[j] = 8.0F;
      double square = 0.0;
      for (const float value : x) square += static_cast<double>(value) * static_cast<double>(value);
      const auto terms = static_cast<std::int64_t>((d + 15) / 16 * 16);
      const exact::TensorBound bound = exact::make_tensor_bound(terms, kernels::kPartTerms, 0, kTensorStep);
      const Norms norms = norms_of(x, true);
      const auto error = static_cast<double>(bound.of(norms.norm, norms.rest).error(norms.norm, norms.rest));
      const double found = std::fabs(worst_score(x, x, kTensorStep) - 0.5 * square);
      EXPECT_LE(found, error) << d << " features";
      EXPECT_TRUE(d < 128 || found > 0.05 * error) << d << " features: " << found << " of " << error;
    }
  }
}

/// Rows and a frame for the screens.
struct ScreenedRows {
  explicit ScreenedRows(std::int64_t d)
      : offset(static_cast<std::size_t>(d) + kernels::kFrameSpare),
        x(static_cast<std::size_t>(kCount * d) + kernels::kSpareFeatures) {
    std::mt19937_64 bits(11);
    std::normal_distribution<float> bell;
    for (float& value : x) value = 5.0F + bell(bits);
    for (std::int64_t j = 0; j < d; ++j) offset[static_cast<std::size_t>(j)] = -10.0F;
    arguments.screen.slab = {.rows = x.data(), .n = kCount, .d = static_cast<std::int32_t>(d)};
    arguments.screen.centroids.frame = {offset.data(), 2.0F};
    arguments.shape.steps = static_cast<std::int32_t>((d + 15) / 16);
  }
  static constexpr std::int32_t kCount = 61;
  std::vector<float> offset, x;
  kernels::TensorScreenArguments arguments;
};

/// The norms are upper bounds, and close ones.
template <std::size_t kRows>
void expect_norms(const ScreenedRows& rows, const kernels::TensorNorms<kRows>& norms) {
  const std::int64_t d = rows.arguments.screen.slab.d;
  for (int i = 0; i < ScreenedRows::kCount; ++i) {
    double square = 0.0, rest = 0.0;
    for (std::int64_t j = 0; j < d; ++j) {
      const float y = std::fma(rows.x[static_cast<std::size_t>(i * d + j)], 2.0F, -10.0F);
      const double lost = static_cast<double>(y) - static_cast<double>(half_value(half_bits(y)));
      square += static_cast<double>(y) * static_cast<double>(y);
      rest += lost * lost;
    }
    const auto expect_close = [&](float bound, double norm) {
      EXPECT_GE(static_cast<double>(bound), norm) << "row " << i << ", " << d << " features";
      EXPECT_LE(static_cast<double>(bound), 1.001 * norm + 1e-12) << "row " << i << ", " << d << " features";
    };
    expect_close(norms.norm[i], std::sqrt(square));
    expect_close(norms.rest[i], std::sqrt(rest));
  }
}

template <std::size_t kRows, std::size_t kTile>
void expect_norms_of_wide_rows(std::int64_t d) {
  using Shape = kernels::WideShape<kRows, kTile>;
  const ScreenedRows rows(d);
  const auto memory = std::make_unique<kernels::WideScreenMemory<kRows, kTile>>();
  std::vector<kernels::WideStep> steps(static_cast<std::size_t>(rows.arguments.shape.steps) * Shape::kRowWarps);
  for (int t = 0; t < Shape::kThreads; ++t) {
    kernels::load_wide_rows<false, kRows, kTile>(t, rows.arguments, 0, steps.data(), *memory);
  }
  for (int t = 0; t < static_cast<int>(kRows); ++t) {
    memory->before.squares.join(t, static_cast<int>(d), memory->norms);
  }
  expect_norms(rows, memory->norms);
}

template <std::size_t kSteps>
void expect_norms_of_narrow_rows(std::int64_t d) {
  const ScreenedRows rows(d);
  const auto memory = std::make_unique<kernels::TensorScreenMemory<kSteps, 16>>();
  kernels::TensorScreenState<kSteps, 16> state;
  for (int t = 0; t < kernels::kTensorThreads; ++t) {
    kernels::load_all_steps<false>(t, rows.arguments.screen, 0, state.rows, memory->squares);
  }
  for (int t = 0; t < kernels::kTensorThreads; ++t) memory->squares.join(t, static_cast<int>(d), memory->norms);
  expect_norms(rows, memory->norms);
}

TEST(TensorRows, NormsBoundRowsAndWhatTheyLose) {
  for (const std::int64_t d : {1, 6, 16}) expect_norms_of_narrow_rows<1>(d);
  for (const std::int64_t d : {97, 110, 128}) expect_norms_of_narrow_rows<8>(d);
  for (const std::int64_t d : {129, 150, 400}) {
    expect_norms_of_wide_rows<64, 16>(d);
    expect_norms_of_wide_rows<64, 64>(d);
    expect_norms_of_wide_rows<128, 16>(d);
    expect_norms_of_wide_rows<128, 64>(d);
  }
}

/// What one thread of a warp is given of one row: scores and errors of all its centroids, by place.
struct OfferedScores {
  std::map<std::int32_t, std::pair<float, float>> score_and_error;

  /// The greatest of what score + sign * error is, without what tags are allowed for, of all places but one.
  [[nodiscard]] double greatest(double sign, std::int32_t but = -1) const {
    double found = -INFINITY;
    for (const auto& [place, of] : score_and_error) {
      const double error = static_cast<double>(of.second) - 0x1p-20 * kLargest;
      if (place != but) found = std::max(found, static_cast<double>(of.first) + sign * error);
    }
    return found;
  }

  static constexpr double kLargest = 4.0;
};

struct BestTally {
  int certain = 0;
  int open = 0;

  /// Checks what was found against what was offered.
  void expect_bounds(const kernels::BestScore<false>& best, const OfferedScores& all) {
    EXPECT_LE(best.lower, all.greatest(-1.0));
    EXPECT_GE(std::max(best.upper, best.rival), all.greatest(1.0));
    EXPECT_GE(best.lower, all.greatest(-1.0) - 0x1p-18 * OfferedScores::kLargest) << "not close";
    if (best.is_certain()) {
      ++certain;
      EXPECT_TRUE(all.score_and_error.contains(best.place));
      EXPECT_GE(best.rival, all.greatest(1.0, best.place));
      EXPECT_LE(best.rival, all.greatest(1.0, best.place) + 0x1p-18 * OfferedScores::kLargest) << "not close";
    } else {
      ++open;
      // Two that are this far apart must be told from each other.
      std::vector<float> scores;
      for (const auto& entry : all.score_and_error) scores.push_back(entry.second.first);
      std::ranges::sort(scores, std::greater());
      EXPECT_LE(scores[0] - scores[1], 0x1p-17 * OfferedScores::kLargest);
    }
  }
};

/// Scores that lie `spread` apart, and errors.
class RandomScores {
 public:
  RandomScores(std::uint32_t seed, double spread) : bits_(seed), spread_(spread) {}

  float score() {
    const double steps = std::round(uniform_(bits_) * 4.0);  // several are equal
    return static_cast<float>(-3.0 + spread_ * (steps + 0.01 * uniform_(bits_)));
  }
  float error() { return static_cast<float>(0x1p-20 * OfferedScores::kLargest * (1.0 + std::fabs(uniform_(bits_)))); }

 private:
  std::mt19937_64 bits_;
  std::uniform_real_distribution<double> uniform_{-1.0, 1.0};
  double spread_;
};

/// Gives a thread tiles.
template <std::uint32_t kGroups>
void offer_tiles(int t, int tiles, std::uint32_t part, std::uint32_t parts, RandomScores& random, BestTally& tally) {
  OfferedScores offered[kernels::kRowsOfTensorThread];
  kernels::TensorNorms<kernels::kRowsOfWarp> norms{};
  kernels::TensorBest<kGroups> found;
  found.begin();
  for (int b = 0; b < tiles; ++b) {
    const float error = random.error();
    found.begin_tile();
    for (std::uint32_t group = 0; group < kGroups; ++group) {
      kernels::PairScores score;
      for (int i = 0; i < kernels::kRowsOfTensorThread; ++i) {
        for (int j = 0; j < 4; ++j) {
          const float value = random.score();
          score[i / 2][j / 2][i % 2 * 2 + j % 2] = value;
          const auto pair = (static_cast<std::uint32_t>(b) * parts + part) * kGroups + group;
          const auto place = static_cast<std::int32_t>(pair) * 16 + j / 2 * 8 + t % 4 * 2 + j % 2;
          offered[i].score_and_error[place] = {value, error};
        }
      }
      found.take_group(group, score);
    }
    found.take_tile(t, b, {0.0F, 0.0F, 0.0F, error}, 0, norms);
  }
  for (int i = 0; i < kernels::kRowsOfTensorThread; ++i) tally.expect_bounds(found.of(t, i, part, parts), offered[i]);
}

template <std::uint32_t kGroups>
void expect_best_is_bounded() {
  BestTally tally;
  for (const double spread : {1e-7, 1e-6, 1e-5, 1e-4, 0.2}) {
    RandomScores random(kGroups, spread);
    for (int trial = 0; trial < 500; ++trial) {
      const std::uint32_t parts = trial % 2 == 0 ? 1 : 4 / kGroups;
      const std::uint32_t part = static_cast<std::uint32_t>(trial) / 2 % parts;
      offer_tiles<kGroups>(trial % 32, 1 + trial % 3, part, parts, random, tally);
    }
  }
  EXPECT_GT(tally.certain, 500);
  EXPECT_GT(tally.open, 500);
}

TEST(TensorBest, BoundsTheBestAndAllOthers) {
  expect_best_is_bounded<1>();
  expect_best_is_bounded<2>();
  expect_best_is_bounded<4>();
}

/// Gives two warps narrow tiles.
void offer_narrow_tiles(int tiles, RandomScores& random, BestTally& tally) {
  constexpr int kRows = 2 * kernels::kRowsOfWarp;
  const auto shared = std::make_unique<kernels::NarrowScores<kRows>>();
  std::vector<OfferedScores> offered(kRows);
  std::vector<kernels::BestScore<false>> best(kRows);
  for (int b = 0; b < tiles; ++b) {
    const float error = random.error();
    for (int t = 0; t < kRows; ++t) {
      const int first = t / kernels::kWarp * kernels::kRowsOfWarp;
      kernels::PairScores score;
      for (int i = 0; i < kernels::kRowsOfTensorThread; ++i) {
        for (int j = 0; j < 4; ++j) {
          const float value = random.score();
          score[i / 2][j / 2][i % 2 * 2 + j % 2] = value;
          const std::int32_t place = b * 16 + j / 2 * 8 + t % 4 * 2 + j % 2;
          offered[static_cast<std::size_t>(first + kernels::row_of_warp(t, i))].score_and_error[place] = {value, error};
        }
      }
      shared->put(t, first, score);
    }
    for (int row = 0; row < kRows; ++row) shared->take(row, error, b, best[static_cast<std::size_t>(row)]);
  }
  for (std::size_t row = 0; row < offered.size(); ++row) tally.expect_bounds(best[row], offered[row]);
}

TEST(NarrowScores, BoundTheBestAndAllOthers) {
  BestTally tally;
  for (const double spread : {1e-7, 1e-6, 1e-5, 1e-4, 0.2}) {
    RandomScores random(7, spread);
    for (int trial = 0; trial < 100; ++trial) offer_narrow_tiles(1 + trial % 2, random, tally);
  }
  EXPECT_GT(tally.certain, 500);
  EXPECT_GT(tally.open, 500);
}

std::vector<float> run_probe(TensorProbe probe, bool backwards) {
  testing::run_tensor_probe({probe.rows.data(), probe.columns.data(), probe.sums.data(), probe.count}, backwards);
  return probe.sums;
}

TEST(TensorProbe, HoldsForUnitsThatCutOffTheirSums) {
  const TensorProbe probe = make_tensor_probe();
  EXPECT_TRUE(probe_holds(probe, run_probe(probe, false)));
  EXPECT_TRUE(probe_holds(probe, run_probe(probe, true)));
}

TEST(TensorProbe, FailsUnitsThatAreWorse) {
  const TensorProbe probe = make_tensor_probe();
  const std::vector<float> right = run_probe(probe, false);
  const auto changed = [&](auto change) {
    std::vector<float> sums = right;
    for (float& sum : sums) sum = change(sum);
    return sums;
  };
  // Sums of 17 bits, sums of 11 bits, nothing added at all, a single wrong sum, NaN.
  EXPECT_FALSE(
      probe_holds(probe, changed([](float sum) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(sum) & ~0x7FU); })));
  EXPECT_FALSE(probe_holds(probe, changed([](float sum) { return half_value(half_bits(sum)); })));
  EXPECT_FALSE(probe_holds(probe, probe.sums));
  for (const std::size_t at : {std::size_t{0}, right.size() / 2, right.size() - 1}) {
    std::vector<float> sums = right;
    sums[at] *= 1.01F;
    EXPECT_FALSE(probe_holds(probe, sums)) << at;
    sums[at] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(probe_holds(probe, sums)) << at;
  }
}

/// Operands whose products are flushed to zero where they are subnormal numbers of 16 bits.
TEST(TensorProbe, FailsUnitsThatFlushSubnormalNumbers) {
  const TensorProbe probe = make_tensor_probe();
  TensorProbe flushed = probe;
  const auto flush = [](std::uint32_t word) {
    const auto half = [](std::uint32_t bits) { return (bits & 0x7C00U) == 0 ? 0U : bits; };
    return half(word & 0xFFFFU) | half(word >> 16) << 16;
  };
  std::ranges::transform(flushed.rows, flushed.rows.begin(), flush);
  EXPECT_FALSE(probe_holds(probe, run_probe(flushed, false)));
}

}  // namespace
}  // namespace tessera::cuda
