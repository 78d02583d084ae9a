// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/shared_data.hpp"
#include "tessera/mixture.hpp"

namespace tessera::testing {

/// What tests/data/make_mixture_oracles.py wrote down: a table, a mixture to start from, and the one EM comes to.
struct MixtureOracle {
  std::string name;
  Matrix<float> rows;
  int iterations = 0;
  Mixture start, end;
  double log_likelihood = 0.0, bic = 0.0, aic = 0.0;
  std::string labels;  ///< may be empty
};

inline Covariance parse_covariance(const std::string& word) {
  for (const Covariance each : {Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical}) {
    if (word == to_string(each)) return each;
  }
  throw std::runtime_error("unknown covariance " + word);
}

/// Columns of mean 0 and standard deviation 1, rounded to float32.
inline Matrix<float> standardized(const Matrix<double>& values) {
  Matrix<float> result(values.rows(), values.columns());
  const auto n = static_cast<double>(values.rows());
  for (std::int64_t j = 0; j < values.columns(); ++j) {
    double mean = 0.0, variance = 0.0;
    for (std::int64_t i = 0; i < values.rows(); ++i) mean += values(i, j) / n;
    for (std::int64_t i = 0; i < values.rows(); ++i) variance += (values(i, j) - mean) * (values(i, j) - mean) / n;
    for (std::int64_t i = 0; i < values.rows(); ++i) {
      result(i, j) = static_cast<float>((values(i, j) - mean) / std::sqrt(variance));
    }
  }
  return result;
}

/// @param folder  of the public sets; cases of sets that are not in it are left out
inline std::vector<MixtureOracle> read_mixture_oracles(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::vector<MixtureOracle> oracles;
  std::ifstream file(path);
  std::int64_t n = 0, d = 0, k = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    const auto fill = [&](auto& matrix) {
      for (std::int64_t i = 0; i < matrix.rows() * matrix.columns(); ++i) words >> matrix.data()[i];
    };
    if (what == "case") {
      MixtureOracle& oracle = oracles.emplace_back();
      std::string covariance;
      words >> oracle.name >> n >> d >> k >> oracle.iterations >> covariance;
      oracle.rows = Matrix<float>(n, d);
      for (Mixture* mixture : {&oracle.start, &oracle.end}) {
        mixture->covariance = parse_covariance(covariance);
        mixture->weights.resize(static_cast<std::size_t>(k));
        mixture->means = Matrix<double>(k, d);
        const bool full = covariance == "full", tied = covariance == "tied";
        mixture->covariances = Matrix<double>(full ? k * d : tied ? d : k, covariance == "spherical" ? 1 : d);
      }
      continue;
    }
    if (oracles.empty()) continue;  // remarks
    MixtureOracle& oracle = oracles.back();
    Mixture& mixture = what.starts_with("start") ? oracle.start : oracle.end;
    if (what == "rows") fill(oracle.rows);
    if (what == "file") oracle.rows = standardized(read_numbers(folder / oracle.name, 1));
    if (what.ends_with("weights")) {
      for (double& weight : mixture.weights) words >> weight;
    }
    if (what.ends_with("means")) fill(mixture.means);
    if (what.ends_with("covariances")) fill(mixture.covariances);
    if (what == "criteria") words >> oracle.log_likelihood >> oracle.bic >> oracle.aic;
    if (what == "labels") words >> oracle.labels;
    if (what == "start_weights") oracle.start.center.assign(static_cast<std::size_t>(d), 0.0);
  }
  return oracles;
}

}  // namespace tessera::testing
