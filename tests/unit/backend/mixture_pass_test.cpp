// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/mixture_pass.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "stats/cholesky.hpp"
#include "support/awkward_cases.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

struct Rows {
  Matrix<float> values;
  std::vector<float> weights;
  std::vector<std::uint8_t> flags;
};

Rows make_rows(std::int64_t n, std::int64_t d, std::uint64_t seed, double offset = 0.0) {
  testing::AwkwardRandom random(seed);
  Rows rows{Matrix<float>(n, d), {}, {}};
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      rows.values(i, j) =
          static_cast<float>(offset + std::round(16.0 * (random.bell() + static_cast<double>(i % 3 * j))) / 16.0);
    }
  }
  return rows;
}

void add_weights(Rows& rows) {
  for (std::int64_t i = 0; i < rows.values.rows(); ++i) {
    rows.weights.push_back(i % 5 == 0 ? 0.0F : 0.25F * static_cast<float>(1 + i % 7));
    rows.flags.push_back(i % 11 == 3 ? kFlagRejected : 0);
    if (i % 11 == 3) rows.values(i, 0) = std::numeric_limits<float>::quiet_NaN();
  }
}

Mixture make_mixture(Covariance covariance, std::int64_t k, std::int64_t d, std::uint64_t seed, double offset = 0.0) {
  testing::AwkwardRandom random(seed);
  Mixture mixture;
  mixture.covariance = covariance;
  mixture.center.assign(static_cast<std::size_t>(d), offset + 0.5);
  mixture.means = Matrix<double>(k, d);
  double total = 0.0;
  for (std::int64_t c = 0; c < k; ++c) {
    mixture.weights.push_back(0.1 + random.uniform());
    total += mixture.weights.back();
    for (std::int64_t j = 0; j < d; ++j) mixture.means(c, j) = offset + random.bell() + static_cast<double>(c % 3 * j);
  }
  for (double& weight : mixture.weights) weight /= total;
  if (covariance == Covariance::diag || covariance == Covariance::spherical) {
    mixture.covariances = Matrix<double>(k, covariance == Covariance::diag ? d : 1);
    for (std::int64_t i = 0; i < k * mixture.covariances.columns(); ++i) mixture.covariances.data()[i] = 0.2 + random.uniform();
    return mixture;
  }
  const std::int64_t matrices = covariance == Covariance::tied ? 1 : k;
  mixture.covariances = Matrix<double>(matrices * d, d);
  for (std::int64_t c = 0; c < matrices; ++c) {
    Matrix<double> root(d, d);
    for (std::int64_t i = 0; i < d * d; ++i) root.data()[i] = random.bell() / std::sqrt(static_cast<double>(d));
    for (std::int64_t i = 0; i < d; ++i) {
      for (std::int64_t j = 0; j < d; ++j) {
        double sum = i == j ? 0.3 : 0.0;
        for (std::int64_t l = 0; l < d; ++l) sum += root(i, l) * root(j, l);
        mixture.covariances(c * d + i, j) = sum;
      }
    }
  }
  return mixture;
}

struct Answer {
  MixtureStatistics sums;
  std::vector<std::int32_t> segment, runner_up;
  std::vector<double> probability, second, distance2;
  std::vector<float> all;
};

Answer run(const Rows& rows, const Mixture& mixture, SecondMoments moments, const std::string& level, int threads,
           std::int64_t chunk_rows, bool outputs) {
  ThreadPool pool(threads);
  CpuMixturePass pass({.mixture = &mixture, .second = moments}, level, pool);
  const std::int64_t n = rows.values.rows();
  Answer answer;
  const auto size = static_cast<std::size_t>(outputs ? n : 0);
  for (auto* values : {&answer.segment, &answer.runner_up}) values->resize(size, -7);
  for (auto* values : {&answer.probability, &answer.second, &answer.distance2}) values->resize(size, -7.0);
  answer.all.resize(size * static_cast<std::size_t>(mixture.components()), -7.0F);
  for (std::int64_t first = 0; first < n; first += chunk_rows) {
    const std::int64_t count = std::min(chunk_rows, n - first);
    const auto part = [&](auto& values, std::int64_t width = 1) {
      using Value = typename std::remove_reference_t<decltype(values)>::value_type;
      if (values.empty()) return std::span<Value>{};
      return std::span<Value>(const_cast<Value*>(values.data()) + first * width, static_cast<std::size_t>(count * width));
    };
    pass.consume({.first_row = first,
                  .rows = rows.values.view().slice(first, count),
                  .weights = part(rows.weights),
                  .flags = part(rows.flags)},
                 {part(answer.segment), part(answer.runner_up), part(answer.probability), part(answer.second),
                  part(answer.distance2), part(answer.all, mixture.components())});
  }
  answer.sums = pass.finish();
  return answer;
}

template <typename Values>
bool same_bits(const Values& a, const Values& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
}

void expect_same(const Answer& a, const Answer& b) {
  EXPECT_EQ(a.sums.log_likelihood, b.sums.log_likelihood);
  EXPECT_EQ(a.sums.completed_log_likelihood, b.sums.completed_log_likelihood);
  EXPECT_EQ(a.sums.weights, b.sums.weights);
  EXPECT_EQ(a.sums.first, b.sums.first);
  EXPECT_EQ(a.sums.second, b.sums.second);
  EXPECT_EQ(a.segment, b.segment);
  EXPECT_EQ(a.runner_up, b.runner_up);
  EXPECT_TRUE(same_bits(a.probability, b.probability));
  EXPECT_TRUE(same_bits(a.second, b.second));
  EXPECT_TRUE(same_bits(a.distance2, b.distance2));
  EXPECT_TRUE(same_bits(a.all, b.all));
}

/// The covariance of component c as a full matrix.
Matrix<double> covariance_of(const Mixture& mixture, std::int64_t c) {
  const std::int64_t d = mixture.features();
  Matrix<double> full(d, d);
  for (std::int64_t i = 0; i < d; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      switch (mixture.covariance) {
        case Covariance::full:
          full(i, j) = mixture.covariances(c * d + i, j);
          break;
        case Covariance::tied:
          full(i, j) = mixture.covariances(i, j);
          break;
        case Covariance::diag:
          full(i, j) = i == j ? mixture.covariances(c, i) : 0.0;
          break;
        case Covariance::spherical:
          full(i, j) = i == j ? mixture.covariances(c, 0) : 0.0;
          break;
      }
    }
  }
  return full;
}

/// The expectation step from the formula of the density, in long double, row after row: no log-sum-exp, no centre, no whitening
/// beyond a forward substitution.
void expect_naive(const Answer& got, const Rows& rows, const Mixture& mixture, SecondMoments moments) {
  const std::int64_t k = mixture.components(), d = mixture.features();
  std::vector<Matrix<double>> lower;
  for (std::int64_t c = 0; c < k; ++c) lower.push_back(*stats::cholesky(covariance_of(mixture, c).view()));
  MixtureStatistics wanted;
  wanted.weights.resize(static_cast<std::size_t>(k));
  wanted.first = Matrix<double>(k, d);
  wanted.second = Matrix<double>(k, got.sums.second.columns());
  double scale = 0.0, total = 0.0;
  for (std::int64_t row = 0; row < rows.values.rows(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    const bool rejected = !rows.flags.empty() && rows.flags[i] == kFlagRejected;
    if (rejected) {
      EXPECT_EQ(got.segment[i], -1);
      EXPECT_TRUE(std::isnan(got.probability[i]));
      continue;
    }
    std::vector<long double> density(static_cast<std::size_t>(k)), distance2(static_cast<std::size_t>(k));
    long double sum = 0.0;
    for (std::int64_t c = 0; c < k; ++c) {
      const auto at = static_cast<std::size_t>(c);
      std::vector<long double> y(static_cast<std::size_t>(d));
      long double determinant = 1.0;
      for (std::int64_t a = 0; a < d; ++a) {
        long double rest = static_cast<long double>(rows.values(row, a)) - mixture.means(c, a);
        for (std::int64_t b = 0; b < a; ++b) rest -= lower[at](a, b) * y[static_cast<std::size_t>(b)];
        y[static_cast<std::size_t>(a)] = rest / lower[at](a, a);
        determinant *= lower[at](a, a);
        distance2[at] += y[static_cast<std::size_t>(a)] * y[static_cast<std::size_t>(a)];
      }
      density[at] = mixture.weights[at] * std::exp(-0.5L * distance2[at]) /
                    (determinant * std::pow(2.0L * std::acos(-1.0L), 0.5L * static_cast<long double>(d)));
      sum += density[at];
    }
    const double weight = rows.weights.empty() ? 1.0 : double{rows.weights[i]};
    const auto best = std::ranges::max_element(density) - density.begin();
    total += weight;
    wanted.log_likelihood += weight * static_cast<double>(std::log(sum));
    wanted.completed_log_likelihood += weight * static_cast<double>(std::log(density[static_cast<std::size_t>(best)]));
    EXPECT_EQ(got.segment[i], best);
    EXPECT_NEAR(got.probability[i], static_cast<double>(density[static_cast<std::size_t>(best)] / sum), 1e-11);
    EXPECT_NEAR(got.distance2[i], static_cast<double>(distance2[static_cast<std::size_t>(best)]), 1e-10);
    for (std::int64_t c = 0; c < k; ++c) {
      const auto at = static_cast<std::size_t>(c);
      const auto share = static_cast<double>(density[at] / sum);
      EXPECT_NEAR(got.all[i * static_cast<std::size_t>(k) + at], share, 1e-7);
      if (c == got.runner_up[i]) {
        EXPECT_NEAR(got.second[i], share, 1e-11);
      } else if (c != best) {
        EXPECT_LE(share, got.second[i] + 1e-11);
      }
      wanted.weights[at] += weight * share;
      std::int64_t pair = 0;
      for (std::int64_t a = 0; a < d; ++a) {
        const double z = double{rows.values(row, a)} - mixture.center[static_cast<std::size_t>(a)];
        scale = std::max(scale, z * z);
        wanted.first(c, a) += weight * share * z;
        if (moments == SecondMoments::variances) wanted.second(c, a) += weight * share * z * z;
        for (std::int64_t b = a; moments == SecondMoments::covariances && b < d; ++b) {
          wanted.second(c, pair++) +=
              weight * share * z * (double{rows.values(row, b)} - mixture.center[static_cast<std::size_t>(b)]);
        }
      }
    }
  }
  const double near = 1e-11 * total * std::max(1.0, scale);
  EXPECT_NEAR(got.sums.log_likelihood, wanted.log_likelihood, 1e-11 * std::abs(wanted.log_likelihood));
  EXPECT_NEAR(got.sums.completed_log_likelihood, wanted.completed_log_likelihood, 1e-11 * std::abs(wanted.log_likelihood));
  for (std::int64_t c = 0; c < k; ++c) {
    EXPECT_NEAR(got.sums.weights[static_cast<std::size_t>(c)], wanted.weights[static_cast<std::size_t>(c)], 1e-11 * total);
    for (std::int64_t a = 0; a < d; ++a) EXPECT_NEAR(got.sums.first(c, a), wanted.first(c, a), near);
    for (std::int64_t s = 0; s < wanted.second.columns(); ++s) EXPECT_NEAR(got.sums.second(c, s), wanted.second(c, s), near);
  }
}

struct Shape {
  std::int64_t n, d, k;
};

class MixturePass : public ::testing::TestWithParam<Covariance> {};

INSTANTIATE_TEST_SUITE_P(Covariances, MixturePass,
                         ::testing::Values(Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(MixturePass, EqualsTheFormula) {
  for (const Shape& shape : {Shape{200, 1, 1}, Shape{90, 2, 3}, Shape{300, 5, 4}, Shape{130, 9, 11}, Shape{64, 16, 8}}) {
    for (const bool weighted : {false, true}) {
      for (const SecondMoments moments : {SecondMoments::none, SecondMoments::variances, SecondMoments::covariances}) {
        SCOPED_TRACE(::testing::Message() << shape.d << " features, " << shape.k << " components, weighted " << weighted);
        Rows rows = make_rows(shape.n, shape.d, 3);
        if (weighted) add_weights(rows);
        const Mixture mixture = make_mixture(GetParam(), shape.k, shape.d, 4);
        expect_naive(run(rows, mixture, moments, "auto", 1, 4096, true), rows, mixture, moments);
      }
    }
  }
}

TEST_P(MixturePass, SameBitsForLevelsThreadsChunksAndOutputs) {
  for (const Shape& shape : {Shape{40000, 3, 2}, Shape{9001, 7, 5}, Shape{4500, 17, 9}}) {
    Rows rows = make_rows(shape.n, shape.d, 5);
    add_weights(rows);
    const Mixture mixture = make_mixture(GetParam(), shape.k, shape.d, 6);
    const Answer plain = run(rows, mixture, SecondMoments::covariances, "eigen", 1, 4096, true);
    for (const CpuLevel& level : supported_cpu_levels()) {
      for (const int threads : {1, 2, 7}) {
        SCOPED_TRACE(level.name + ", threads " + std::to_string(threads));
        expect_same(plain, run(rows, mixture, SecondMoments::covariances, level.name, threads, 4096 * threads, true));
        const Answer sums = run(rows, mixture, SecondMoments::covariances, level.name, threads, 1 << 20, false);
        EXPECT_EQ(plain.sums.second, sums.sums.second);
        EXPECT_EQ(plain.sums.log_likelihood, sums.sums.log_likelihood);
      }
    }
  }
}

TEST_P(MixturePass, AnOffsetOfAMillionChangesNothing) {
  const Rows near = make_rows(500, 4, 7), far = make_rows(500, 4, 7, 1e6);
  const Answer a = run(near, make_mixture(GetParam(), 3, 4, 8), SecondMoments::covariances, "auto", 1, 4096, true);
  const Answer b = run(far, make_mixture(GetParam(), 3, 4, 8, 1e6), SecondMoments::covariances, "auto", 1, 4096, true);
  EXPECT_EQ(a.segment, b.segment);
  EXPECT_NEAR(a.sums.log_likelihood, b.sums.log_likelihood, 1e-6 * std::abs(a.sums.log_likelihood));
  for (std::int64_t i = 0; i < 3 * a.sums.second.columns(); ++i) {
    EXPECT_NEAR(a.sums.second.data()[i], b.sums.second.data()[i], 1e-6 * (1.0 + std::abs(a.sums.second.data()[i])));
  }
}

TEST_P(MixturePass, FarRowsAreStillShared) {
  Rows rows = make_rows(2, 2, 9);
  rows.values(0, 0) = 1e30F;  // every density is 0 in float64
  const Answer answer = run(rows, make_mixture(GetParam(), 2, 2, 10), SecondMoments::none, "auto", 1, 4096, true);
  EXPECT_NEAR(answer.probability[0] + answer.second[0], 1.0, 1e-12);
  EXPECT_TRUE(std::isfinite(answer.sums.log_likelihood));
}

TEST(MixturePassErrors, NamesTheComponentThatHasNoWidth) {
  Mixture mixture = make_mixture(Covariance::full, 3, 2, 11);
  mixture.covariances(2, 0) = mixture.covariances(2, 1) = mixture.covariances(3, 0) = mixture.covariances(3, 1) = 1.0;
  ThreadPool pool(1);
  try {
    CpuMixturePass pass({.mixture = &mixture}, "auto", pool);
    FAIL() << "no error";
  } catch (const NumericalError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("component 1"));
  }
}

}  // namespace
}  // namespace tessera
