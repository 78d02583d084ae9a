// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "tessera/analysis_passes.hpp"

namespace tessera::testing {

/// Made raw rows: numbers about an offset with missing cells, codes with some -1, and weights.
struct RawRows {
  std::vector<std::vector<double>> numbers;
  std::vector<std::vector<std::int32_t>> codes;
  std::vector<double> weights;
  std::vector<std::int64_t> units;

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(codes.front().size()); }
  [[nodiscard]] std::vector<AnalysisBlock> blocks() const {
    std::vector<AnalysisBlock> blocks;
    for (std::int64_t first = 0; first < rows(); first += kAnalysisBlockRows) {
      AnalysisBlock& block = blocks.emplace_back();
      block.first_row = first;
      block.rows = std::min(kAnalysisBlockRows, rows() - first);
      for (const auto& column : numbers) block.numbers.push_back(column.data() + first);
      for (const auto& column : codes) block.codes.push_back(column.data() + first);
      if (weights.empty()) continue;
      block.weights = weights.data() + first;
      block.units = units.data() + first;
    }
    return blocks;
  }
};

/// @param missing share of the cells of every column but the first, which is complete
inline RawRows make_raw_rows(std::int64_t rows, int columns, const std::vector<std::int32_t>& sizes, double missing,
                             bool weighted, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  RawRows raw;
  raw.numbers.resize(static_cast<std::size_t>(columns));
  raw.codes.resize(sizes.size());
  for (std::int64_t i = 0; i < rows; ++i) {
    double last = 0.0;
    for (int j = 0; j < columns; ++j) {
      last = 0.5 * last + normal(random);
      const double x = 1000.0 * j + last * (1.0 + j);
      const bool gone = j > 0 && uniform(random) < missing;
      raw.numbers[static_cast<std::size_t>(j)].push_back(gone ? std::numeric_limits<double>::quiet_NaN() : x);
    }
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      raw.codes[c].push_back(uniform(random) < 0.05 ? -1 : static_cast<std::int32_t>(uniform(random) * sizes[c]));
    }
    if (!weighted) continue;
    raw.units.push_back(static_cast<std::int64_t>(uniform(random) * 4.0));
    raw.weights.push_back(static_cast<double>(raw.units.back()));
  }
  return raw;
}

/// A whole pass of moments or counts, `at_once` blocks at a time.
template <typename Pass>
auto run(const std::vector<AnalysisBlock>& blocks, Pass& pass, std::size_t at_once) {
  for (std::size_t i = 0; i < blocks.size(); i += at_once) {
    pass.consume(std::span(blocks).subspan(i, std::min(at_once, blocks.size() - i)));
  }
  return pass.finish();
}

}  // namespace tessera::testing
