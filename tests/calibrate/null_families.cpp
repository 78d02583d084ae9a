// SPDX-License-Identifier: Apache-2.0
#include "calibrate/null_families.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>

#include "fit/random_stream.hpp"
#include "support/memory_table.hpp"
#include "support/prepare_run.hpp"

namespace tessera::calibrate {
namespace {

constexpr std::uint64_t kSeed = 20261121;

RandomStream stream(std::uint32_t number) { return {kSeed, exact::Purpose::generate, number}; }

using Cell = std::function<double(RandomStream&, std::int64_t j, std::int64_t d)>;

Matrix<double> independent(RandomStream random, std::int64_t n, std::int64_t d, const Cell& cell) {
  Matrix<double> raw(n, d);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) raw(i, j) = cell(random, j, d);
  }
  return raw;
}

/// Rows mixed by a random rotation: Gram-Schmidt on random directions.
void rotate(Matrix<double>& raw, RandomStream& random) {
  const std::int64_t d = raw.columns();
  Matrix<double> axes(d, d);
  for (std::int64_t a = 0; a < d; ++a) {
    for (double& x : axes.row(a)) x = random.normal();
    for (std::int64_t b = 0; b < a; ++b) {
      double along = 0.0;
      for (std::int64_t j = 0; j < d; ++j) along += axes(a, j) * axes(b, j);
      for (std::int64_t j = 0; j < d; ++j) axes(a, j) -= along * axes(b, j);
    }
    double length = 0.0;
    for (const double x : axes.row(a)) length += x * x;
    for (double& x : axes.row(a)) x /= std::sqrt(length);
  }
  std::vector<double> mixed(static_cast<std::size_t>(d));
  for (std::int64_t i = 0; i < raw.rows(); ++i) {
    std::ranges::fill(mixed, 0.0);
    for (std::int64_t a = 0; a < d; ++a) {
      for (std::int64_t j = 0; j < d; ++j) mixed[static_cast<std::size_t>(j)] += raw(i, a) * axes(a, j);
    }
    std::ranges::copy(mixed, raw.row(i).begin());
  }
}

Matrix<double> correlated(std::int64_t n, std::int64_t d, std::uint32_t number) {
  RandomStream random = stream(number);
  Matrix<double> raw(n, d);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      // Variances from 25 down to 1.
      const double variance = std::exp2(std::log2(25.0) * static_cast<double>(d - 1 - j) / static_cast<double>(d - 1));
      raw(i, j) = std::sqrt(variance) * random.normal();
    }
  }
  rotate(raw, random);
  return raw;
}

double t5(RandomStream& random) {
  double chi = 0.0;
  for (int i = 0; i < 5; ++i) {
    const double z = random.normal();
    chi += z * z;
  }
  return random.normal() / std::sqrt(chi / 5.0);
}

Matrix<double> multivariate_t5(std::int64_t n, std::int64_t d, std::uint32_t number) {
  RandomStream random = stream(number);
  Matrix<double> raw(n, d);
  for (std::int64_t i = 0; i < n; ++i) {
    double chi = 0.0;
    for (int k = 0; k < 5; ++k) {
      const double z = random.normal();
      chi += z * z;
    }
    for (double& x : raw.row(i)) x = random.normal() / std::sqrt(chi / 5.0);
  }
  return raw;
}

double answer(RandomStream& random, std::initializer_list<double> shares) {
  double u = random.uniform();
  double value = 1.0;
  for (const double share : shares) {
    u -= share;
    if (u < 0.0) break;
    value += 1.0;
  }
  return std::min(value, static_cast<double>(shares.size()));
}

/// One common factor with correlations of 1/2 between the latent columns; `value` makes a column of the latent one.
template <typename Value>
Matrix<double> one_factor(std::int64_t n, std::int64_t d, std::uint32_t number, const Value& value) {
  RandomStream random = stream(number);
  Matrix<double> raw(n, d);
  for (std::int64_t i = 0; i < n; ++i) {
    const double factor = random.normal();
    for (std::int64_t j = 0; j < d; ++j) raw(i, j) = value(std::sqrt(0.5) * (factor + random.normal()), j);
  }
  return raw;
}

double skewed_answer(double latent) {  // most people are content: 5 % 10 % 15 % 40 % 30 %
  return 1.0 + (latent > -1.645) + (latent > -1.036) + (latent > -0.524) + (latent > 0.524);
}

using Family = std::function<Matrix<double>(std::int64_t n, std::int64_t d, std::uint32_t number)>;

Family columns(Cell cell) {
  return [cell = std::move(cell)](std::int64_t n, std::int64_t d, std::uint32_t number) {
    return independent(stream(number), n, d, cell);
  };
}

const std::map<std::string, Family>& families() {
  static const std::map<std::string, Family> all = {
      {"gaussian", columns([](RandomStream& r, std::int64_t, std::int64_t) { return r.normal(); })},
      {"correlated", correlated},
      {"uniform", columns([](RandomStream& r, std::int64_t, std::int64_t) { return r.uniform(); })},
      {"lognormal", columns([](RandomStream& r, std::int64_t, std::int64_t) { return std::exp(r.normal()); })},
      {"t5", columns([](RandomStream& r, std::int64_t, std::int64_t) { return t5(r); })},
      {"likert", columns([](RandomStream& r, std::int64_t, std::int64_t) { return 1.0 + static_cast<double>(r.below(5)); })},
      {"elliptical_t5", multivariate_t5},
      {"exponential", columns([](RandomStream& r, std::int64_t, std::int64_t) { return -std::log(1.0 - r.uniform()); })},
      {"bell_likert", columns([](RandomStream& r, std::int64_t, std::int64_t) {
         return answer(r, {0.1, 0.2, 0.4, 0.2, 0.1});
       })},
      {"skewed_likert", columns([](RandomStream& r, std::int64_t, std::int64_t) {
         return answer(r, {0.04, 0.06, 0.1, 0.3, 0.5});
       })},
      {"polar_likert", columns([](RandomStream& r, std::int64_t, std::int64_t) {
         return answer(r, {0.4, 0.1, 0.05, 0.1, 0.35});
       })},
      {"nps", columns([](RandomStream& r, std::int64_t, std::int64_t) { return static_cast<double>(r.below(11)); })},
      {"binary", columns([](RandomStream& r, std::int64_t j, std::int64_t d) {
         return r.uniform() < (static_cast<double>(j) + 1.0) / (static_cast<double>(d) + 1.0) ? 1.0 : 0.0;
       })},
      {"factor_gaussian",
       [](auto n, auto d, auto number) { return one_factor(n, d, number, [](double x, std::int64_t) { return x; }); }},
      {"factor_likert",
       [](auto n, auto d, auto number) {
         return one_factor(n, d, number, [](double x, std::int64_t) { return skewed_answer(x); });
       }},
      {"factor_exponential",
       [](auto n, auto d, auto number) {
         return one_factor(n, d, number, [](double x, std::int64_t) { return std::exp(x); });
       }},
      {"mixed", columns([](RandomStream& r, std::int64_t j, std::int64_t) {
         switch (j % 5) {
           case 0:
             return r.normal();
           case 1:
             return std::exp(r.normal());
           case 2:
             return r.uniform() < 0.3 ? 1.0 : 0.0;
           case 3:
             return 1.0 + static_cast<double>(r.below(5));
           default:
             return std::floor(20.0 + 60.0 * r.uniform());
         }
       })},
  };
  return all;
}

}  // namespace

std::vector<std::string> required_null_families() { return {"gaussian", "correlated", "uniform", "lognormal", "t5", "likert"}; }

std::vector<std::string> further_null_families() {
  std::vector<std::string> names;
  const auto required = required_null_families();
  for (const auto& [name, family] : families()) {
    if (std::ranges::find(required, name) == required.end()) names.push_back(name);
  }
  return names;
}

PreparedTable prepare_columns(const Matrix<double>& raw) {
  testing::MemoryTable table;
  for (std::int64_t j = 0; j < raw.columns(); ++j) {
    std::vector<double> cells(static_cast<std::size_t>(raw.rows()));
    for (std::int64_t i = 0; i < raw.rows(); ++i) cells[static_cast<std::size_t>(i)] = raw(i, j);
    table.add("x" + std::to_string(j + 1), cells);
  }
  FeaturePlan plan = testing::learn(table);
  Matrix<float> rows = testing::apply(plan, table).rows;
  return {std::move(rows), std::move(plan)};
}

Matrix<double> mall_columns(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);  // CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)
  Matrix<double> raw(0, 2);
  while (std::getline(file, line)) {
    const std::size_t score = line.rfind(',');
    const std::size_t income = line.rfind(',', score - 1);
    raw.resize_rows(raw.rows() + 1);
    raw(raw.rows() - 1, 0) = std::stod(line.substr(income + 1));
    raw(raw.rows() - 1, 1) = std::stod(line.substr(score + 1));
  }
  return raw;
}

PreparedTable null_table(const std::string& family, std::int64_t n, std::int64_t d, std::uint32_t number) {
  const auto found = families().find(family);
  if (found == families().end()) throw std::invalid_argument("no family of tables is called " + family);
  return prepare_columns(found->second(n, d, number));
}

PreparedTable blob_table(int k, std::int64_t n, std::int64_t d, double distance, std::uint32_t number) {
  RandomStream random = stream(number);
  Matrix<double> centres(k, d);
  double side = distance;
  for (int c = 0; c < k;) {
    for (double& x : centres.row(c)) x = side * random.uniform();
    bool apart = true;
    for (int other = 0; other < c; ++other) {
      double square = 0.0;
      for (std::int64_t j = 0; j < d; ++j) square += (centres(c, j) - centres(other, j)) * (centres(c, j) - centres(other, j));
      apart = apart && square >= distance * distance;
    }
    if (apart) {
      ++c;
    } else {
      side *= 1.001;
    }
  }
  Matrix<double> raw(n, d);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) raw(i, j) = centres(i % k, j) + random.normal();
  }
  return prepare_columns(raw);
}

}  // namespace tessera::calibrate
