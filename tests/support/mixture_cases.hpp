// SPDX-License-Identifier: Apache-2.0
// Made rows and mixtures, a mixture pass over them, and its twin from the formulas.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/cpu/mixture_pass.hpp"
#include "stats/cholesky.hpp"
#include "support/awkward_cases.hpp"

namespace tessera::testing {

struct Rows {
  Matrix<float> values;
  std::vector<float> weights;
  std::vector<std::uint8_t> flags;
};

inline Rows make_rows(std::int64_t n, std::int64_t d, std::uint64_t seed, double offset = 0.0) {
  AwkwardRandom random(seed);
  Rows rows{Matrix<float>(n, d), {}, {}};
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      rows.values(i, j) =
          static_cast<float>(offset + std::round(16.0 * (random.bell() + static_cast<double>(i % 3 * j))) / 16.0);
    }
  }
  return rows;
}

inline void add_weights(Rows& rows) {
  for (std::int64_t i = 0; i < rows.values.rows(); ++i) {
    rows.weights.push_back(i % 5 == 0 ? 0.0F : 0.25F * static_cast<float>(1 + i % 7));
    const bool incomplete = std::ranges::any_of(rows.values.row(i), [](float x) { return std::isnan(x); });
    const auto flag = static_cast<std::uint8_t>(incomplete ? kFlagIncomplete : 0);
    rows.flags.push_back(i % 11 == 3 ? static_cast<std::uint8_t>(kFlagRejected) : flag);
    if (i % 11 == 3) rows.values(i, 0) = std::numeric_limits<float>::quiet_NaN();
  }
}

inline Mixture make_mixture(Covariance covariance, std::int64_t k, std::int64_t d, std::uint64_t seed, double offset = 0.0) {
  AwkwardRandom random(seed);
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

/// A whole pass over the rows.
inline Answer run(const Rows& rows, const Mixture& mixture, MixturePass& pass, std::int64_t chunk_rows, bool outputs) {
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

inline Answer run(const Rows& rows, const Mixture& mixture, SecondMoments moments, const std::string& level, int threads,
                  std::int64_t chunk_rows, bool outputs) {
  ThreadPool pool(threads);
  CpuMixturePass pass({.mixture = &mixture, .second = moments}, level, pool);
  return run(rows, mixture, pass, chunk_rows, outputs);
}

template <typename Values>
bool same_bits(const Values& a, const Values& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0);
}

inline void expect_same(const Answer& a, const Answer& b) {
  EXPECT_EQ(a.sums.log_likelihood, b.sums.log_likelihood);
  EXPECT_EQ(a.sums.completed_log_likelihood, b.sums.completed_log_likelihood);
  EXPECT_EQ(a.sums.weights, b.sums.weights);
  EXPECT_EQ(a.sums.first, b.sums.first);
  EXPECT_EQ(a.sums.second, b.sums.second);
  EXPECT_EQ(a.sums.levels, b.sums.levels);
  EXPECT_EQ(a.sums.observed, b.sums.observed);
  EXPECT_EQ(a.sums.incomplete, b.sums.incomplete);
  EXPECT_EQ(a.segment, b.segment);
  EXPECT_EQ(a.runner_up, b.runner_up);
  EXPECT_TRUE(same_bits(a.probability, b.probability));
  EXPECT_TRUE(same_bits(a.second, b.second));
  EXPECT_TRUE(same_bits(a.distance2, b.distance2));
  EXPECT_TRUE(same_bits(a.all, b.all));
}

/// The covariance of component c as a full matrix.
inline Matrix<double> covariance_of(const Mixture& mixture, std::int64_t c) {
  const std::int64_t d = std::ssize(mixture.numbers());
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

/// A category of three levels at features 1..3, one of two levels at the last.
inline std::vector<CategoryBlock> make_categories(std::int64_t d) {
  return {{.first = 1, .count = 3, .one = 0.75}, {.first = static_cast<int>(d - 1), .count = 1, .one = 2.0}};
}

/// Turns features into levels of the categories; some rows have none.
inline void add_levels(Rows& rows, const std::vector<CategoryBlock>& categories, std::uint64_t seed) {
  AwkwardRandom random(seed);
  for (std::int64_t i = 0; i < rows.values.rows(); ++i) {
    for (const CategoryBlock& category : categories) {
      const int level = static_cast<int>(random.uniform() * (category.levels() + 1)) - 1;
      const bool unseen = random.uniform() < 0.5;  // or missing
      for (int j = 0; j < category.count; ++j) {
        const float none = unseen ? 0.0F : std::numeric_limits<float>::quiet_NaN();
        const bool set = category.count == 1 ? level == 1 : level == j;
        rows.values(i, category.first + j) = level < 0 ? none : set ? static_cast<float>(category.one) : 0.0F;
      }
    }
  }
}

/// Takes every number from a row with this probability.
inline void add_gaps(Rows& rows, const std::vector<int>& numbers, double probability, std::uint64_t seed) {
  AwkwardRandom random(seed);
  for (std::int64_t i = 0; i < rows.values.rows(); ++i) {
    for (const int j : numbers) {
      if (random.uniform() < probability) rows.values(i, j) = std::numeric_limits<float>::quiet_NaN();
    }
  }
}

/// A mixture of numbers with categories among them.
inline Mixture make_mixed(Covariance covariance, std::int64_t k, std::int64_t d, const std::vector<CategoryBlock>& categories,
                          std::uint64_t seed) {
  const std::vector<int> numbers = number_features(d, categories);
  const Mixture plain = make_mixture(covariance, k, std::ssize(numbers), seed);
  AwkwardRandom random(seed + 1);
  Mixture mixture = plain;
  mixture.categories = categories;
  mixture.center.assign(static_cast<std::size_t>(d), 0.0);
  mixture.means = Matrix<double>(k, d);
  for (std::size_t j = 0; j < numbers.size(); ++j) {
    mixture.center[static_cast<std::size_t>(numbers[j])] = plain.center[j];
    for (std::int64_t c = 0; c < k; ++c) mixture.means(c, numbers[j]) = plain.means(c, static_cast<std::int64_t>(j));
  }
  for (const CategoryBlock& category : categories) {
    for (std::int64_t c = 0; c < k; ++c) {
      double total = category.count == 1 ? 1.0 + random.uniform() : 0.0;
      for (int j = 0; j < category.count; ++j) total += mixture.means(c, category.first + j) = 0.1 + random.uniform();
      for (int j = 0; j < category.count; ++j) mixture.means(c, category.first + j) *= category.one / total;
    }
  }
  return mixture;
}

/// The inverse of a positive definite matrix by elimination without pivots.
inline Matrix<double> inverse(Matrix<double> a) {
  const std::int64_t m = a.rows();
  Matrix<double> b(m, m);
  for (std::int64_t i = 0; i < m; ++i) b(i, i) = 1.0;
  for (std::int64_t p = 0; p < m; ++p) {
    const double pivot = a(p, p);
    for (std::int64_t j = 0; j < m; ++j) a(p, j) /= pivot, b(p, j) /= pivot;
    for (std::int64_t i = 0; i < m; ++i) {
      const double factor = i == p ? 0.0 : a(i, p);
      for (std::int64_t j = 0; j < m; ++j) a(i, j) -= factor * a(p, j), b(i, j) -= factor * b(p, j);
    }
  }
  return b;
}

inline Matrix<double> part_of(const Matrix<double>& matrix, const std::vector<std::int64_t>& rows,
                              const std::vector<std::int64_t>& columns) {
  Matrix<double> part(std::ssize(rows), std::ssize(columns));
  for (std::int64_t i = 0; i < part.rows(); ++i) {
    for (std::int64_t j = 0; j < part.columns(); ++j) {
      part(i, j) = matrix(rows[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(j)]);
    }
  }
  return part;
}

/// What one component says of one row: from the formulas, in long double where that is easy; what is absent is expected by way
/// of the inverse of the whole covariance.
struct TwinView {
  long double density = 0.0, distance2 = 0.0;
  std::vector<double> first;  // [g] expected z
  Matrix<double> second;      // [g x g] expected z z'
};

inline TwinView twin_view(const float* row, const Mixture& mixture, std::int64_t c) {
  const std::vector<int> numbers = mixture.numbers();
  const Matrix<double> covariance = covariance_of(mixture, c);
  std::vector<std::int64_t> present, absent;
  for (std::int64_t j = 0; j < std::ssize(numbers); ++j) {
    (std::isnan(row[numbers[static_cast<std::size_t>(j)]]) ? absent : present).push_back(j);
  }
  const auto number = [&](std::int64_t j) { return static_cast<std::size_t>(numbers[static_cast<std::size_t>(j)]); };
  const auto mean = [&](std::int64_t j) { return mixture.means(c, static_cast<std::int64_t>(number(j))); };
  const Matrix<double> lower = *stats::cholesky(part_of(covariance, present, present).view());
  TwinView view;
  long double determinant = 1.0;
  std::vector<long double> y(present.size());
  for (std::size_t a = 0; a < present.size(); ++a) {
    long double rest = static_cast<long double>(row[number(present[a])]) - mean(present[a]);
    for (std::size_t b = 0; b < a; ++b) rest -= lower(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b)) * y[b];
    y[a] = rest / lower(static_cast<std::int64_t>(a), static_cast<std::int64_t>(a));
    determinant *= lower(static_cast<std::int64_t>(a), static_cast<std::int64_t>(a));
    view.distance2 += y[a] * y[a];
  }
  view.density = mixture.weights[static_cast<std::size_t>(c)] * std::exp(-0.5L * view.distance2) /
                 (determinant * std::pow(2.0L * std::acos(-1.0L), 0.5L * static_cast<long double>(present.size())));
  for (const CategoryBlock& category : mixture.categories) {
    const int level = category.level_of(row);
    if (level >= 0) view.density *= mixture.share(c, category, level);
  }
  view.first.resize(numbers.size());
  for (const std::int64_t j : present) {
    view.first[static_cast<std::size_t>(j)] = double{row[number(j)]} - mixture.center[number(j)];
  }
  Matrix<double> left;
  if (!absent.empty()) {
    const Matrix<double> precision = inverse(covariance);
    left = inverse(part_of(precision, absent, absent));
    const Matrix<double> across = part_of(precision, absent, present);
    for (std::int64_t a = 0; a < std::ssize(absent); ++a) {
      const std::int64_t j = absent[static_cast<std::size_t>(a)];
      double& expected = view.first[static_cast<std::size_t>(j)] = mean(j) - mixture.center[number(j)];
      for (std::int64_t b = 0; b < std::ssize(absent); ++b) {
        for (std::int64_t p = 0; p < std::ssize(present); ++p) {
          const std::int64_t of = present[static_cast<std::size_t>(p)];
          expected -= left(a, b) * across(b, p) * (double{row[number(of)]} - mean(of));
        }
      }
    }
  }
  view.second = Matrix<double>(std::ssize(numbers), std::ssize(numbers));
  for (std::int64_t i = 0; i < view.second.rows(); ++i) {
    for (std::int64_t j = 0; j < view.second.rows(); ++j) {
      view.second(i, j) = view.first[static_cast<std::size_t>(i)] * view.first[static_cast<std::size_t>(j)];
    }
  }
  for (std::size_t a = 0; a < absent.size(); ++a) {
    for (std::size_t b = 0; b < absent.size(); ++b) {
      view.second(absent[a], absent[b]) += left(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
    }
  }
  return view;
}

/// The expectation step row after row: no log-sum-exp, no centre, no whitening beyond a forward substitution.
inline void expect_naive(const Answer& got, const Rows& rows, const Mixture& mixture, SecondMoments moments) {
  const std::int64_t k = mixture.components();
  MixtureStatistics wanted;
  wanted.weights.resize(static_cast<std::size_t>(k));
  wanted.first = Matrix<double>(k, got.sums.first.columns());
  wanted.second = Matrix<double>(k, got.sums.second.columns());
  wanted.levels = Matrix<double>(k, got.sums.levels.columns());
  wanted.observed.resize(got.sums.observed.size());
  double scale = 0.0, total = 0.0;
  for (std::int64_t row = 0; row < rows.values.rows(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    if (!rows.flags.empty() && rows.flags[i] == kFlagRejected) {
      EXPECT_EQ(got.segment[i], -1);
      EXPECT_TRUE(std::isnan(got.probability[i]));
      continue;
    }
    const float* const values = rows.values.row(row).data();
    std::vector<TwinView> views;
    long double sum = 0.0;
    for (std::int64_t c = 0; c < k; ++c) {
      views.push_back(twin_view(values, mixture, c));
      sum += views.back().density;
    }
    const double weight = rows.weights.empty() ? 1.0 : double{rows.weights[i]};
    const auto best = std::ranges::max_element(views, {}, &TwinView::density) - views.begin();
    const TwinView& of_best = views[static_cast<std::size_t>(best)];
    total += weight;
    wanted.log_likelihood += weight * static_cast<double>(std::log(sum));
    wanted.completed_log_likelihood += weight * static_cast<double>(std::log(of_best.density));
    EXPECT_EQ(got.segment[i], best);
    EXPECT_NEAR(got.probability[i], static_cast<double>(of_best.density / sum), 1e-11);
    EXPECT_NEAR(got.distance2[i], static_cast<double>(of_best.distance2), 1e-10);
    const std::vector<int> numbers = mixture.numbers();
    bool complete = true;
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      const bool present = !std::isnan(values[numbers[j]]);
      complete = complete && present;
      if (present) wanted.observed[j] += weight;
    }
    if (!complete) wanted.incomplete += weight;
    for (std::int64_t c = 0; c < k; ++c) {
      const TwinView& view = views[static_cast<std::size_t>(c)];
      const auto share = static_cast<double>(view.density / sum);
      EXPECT_NEAR(got.all[i * static_cast<std::size_t>(k) + static_cast<std::size_t>(c)], share, 1e-7);
      if (c == got.runner_up[i]) {
        EXPECT_NEAR(got.second[i], share, 1e-11);
      } else if (c != best) {
        EXPECT_LE(share, got.second[i] + 1e-11);
      }
      wanted.weights[static_cast<std::size_t>(c)] += weight * share;
      std::int64_t level_begin = 0;
      for (const CategoryBlock& category : mixture.categories) {
        const int level = category.level_of(values);
        if (level >= 0) wanted.levels(c, level_begin + level) += weight * share;
        level_begin += category.levels();
      }
      std::int64_t pair = 0;
      for (std::int64_t a = 0; a < wanted.first.columns(); ++a) {
        scale = std::max(scale, view.second(a, a));
        wanted.first(c, a) += weight * share * view.first[static_cast<std::size_t>(a)];
        if (moments == SecondMoments::variances) wanted.second(c, a) += weight * share * view.second(a, a);
        for (std::int64_t b = a; moments == SecondMoments::covariances && b < wanted.first.columns(); ++b) {
          wanted.second(c, pair++) += weight * share * view.second(a, b);
        }
      }
    }
  }
  const double near = 1e-11 * total * std::max(1.0, scale);
  EXPECT_NEAR(got.sums.log_likelihood, wanted.log_likelihood, 1e-11 * std::abs(wanted.log_likelihood));
  EXPECT_NEAR(got.sums.completed_log_likelihood, wanted.completed_log_likelihood, 1e-11 * std::abs(wanted.log_likelihood));
  EXPECT_NEAR(got.sums.incomplete, wanted.incomplete, 1e-11 * total);
  for (std::size_t j = 0; j < wanted.observed.size(); ++j) EXPECT_NEAR(got.sums.observed[j], wanted.observed[j], 1e-11 * total);
  for (std::int64_t c = 0; c < k; ++c) {
    EXPECT_NEAR(got.sums.weights[static_cast<std::size_t>(c)], wanted.weights[static_cast<std::size_t>(c)], 1e-11 * total);
    for (std::int64_t a = 0; a < wanted.first.columns(); ++a) EXPECT_NEAR(got.sums.first(c, a), wanted.first(c, a), near);
    for (std::int64_t s = 0; s < wanted.second.columns(); ++s) EXPECT_NEAR(got.sums.second(c, s), wanted.second(c, s), near);
    for (std::int64_t l = 0; l < wanted.levels.columns(); ++l) EXPECT_NEAR(got.sums.levels(c, l), wanted.levels(c, l), near);
  }
}

}  // namespace tessera::testing
