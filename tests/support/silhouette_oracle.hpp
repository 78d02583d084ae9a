// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tessera/matrix.hpp"

namespace tessera::testing {

/// What tests/data/make_silhouette_oracle.py has recorded.
struct SilhouetteOracle {
  std::map<std::string, double> scores;
  Matrix<float> rows;                      ///< [60 x 3]
  std::vector<std::int32_t> label, other;  ///< [60]
  std::vector<double> weights;             ///< [60] whole numbers
};

inline SilhouetteOracle read_silhouette_oracle() {
  const std::string path = std::string(TESSERA_TEST_DATA) + "/silhouette_oracle.txt";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  SilhouetteOracle oracle;
  oracle.rows = Matrix<float>(0, 3);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    if (line.starts_with("silhouette") || line.starts_with("rand")) {
      std::string name;
      double value = 0.0;
      words >> name >> value;
      oracle.scores[name] = value;
      continue;
    }
    oracle.rows.resize_rows(oracle.rows.rows() + 1);
    for (float& x : oracle.rows.row(oracle.rows.rows() - 1)) words >> x;
    std::int32_t first = 0, second = 0;
    double weight = 0.0;
    words >> first >> second >> weight;
    oracle.label.push_back(first);
    oracle.other.push_back(second);
    oracle.weights.push_back(weight);
  }
  return oracle;
}

}  // namespace tessera::testing
