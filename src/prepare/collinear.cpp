// SPDX-License-Identifier: Apache-2.0
#include "prepare/collinear.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "prepare/block_moments.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMostCells = std::int64_t{1} << 21;
constexpr std::int64_t kMostRows = 16'384;
constexpr std::int64_t kMostColumns = 400;
constexpr double kTogether = 0.98;

/// Centred and of length 1; empty if constant. Missing cells become the mean.
std::vector<double> standardized(const std::vector<double>& values) {
  double sum = 0.0, count = 0.0;
  for (const double x : values) {
    sum += std::isnan(x) ? 0.0 : x;
    count += std::isnan(x) ? 0.0 : 1.0;
  }
  const double mean = sum / count;
  double reach = 0.0;
  std::vector<double> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = std::isnan(values[i]) ? 0.0 : values[i] - mean;
    reach = std::max(reach, std::fabs(out[i]));
  }
  if (!(reach > 0.0) || !std::isfinite(reach)) return {};
  double squares = 0.0;
  for (double& x : out) {
    x /= reach;
    squares += x * x;
  }
  for (double& x : out) x /= std::sqrt(squares);
  return out;
}

}  // namespace

CollinearityCheck::CollinearityCheck(std::int64_t columns, std::int64_t rows)
    : columns_(columns <= kMostColumns ? columns : 0) {
  const std::int64_t wanted = std::clamp<std::int64_t>(kMostCells / std::max<std::int64_t>(columns, 1), 256, kMostRows);
  const std::int64_t blocks = (rows + kReductionRows - 1) / kReductionRows;
  constexpr std::int64_t kSpread = 16;
  block_step_ = std::max<std::int64_t>(blocks / kSpread, 1);
  const std::int64_t looked_at = std::min(rows, (blocks + block_step_ - 1) / block_step_ * kReductionRows);
  row_step_ = std::max<std::int64_t>((looked_at + wanted - 1) / wanted, 1);
  sample_.resize(static_cast<std::size_t>(columns_));
}

void CollinearityCheck::consume(const ValueChunk& chunk) {
  for (std::int64_t begin = 0; begin < chunk.rows; begin += kReductionRows) {
    if ((chunk.first_row + begin) / kReductionRows % block_step_ != 0) continue;
    const std::int64_t end = std::min(begin + kReductionRows, chunk.rows);
    for (std::int64_t j = 0; j < columns_; ++j) {
      const auto values = chunk.column(j);
      for (std::int64_t i = begin; i < end; i += row_step_) {
        sample_[static_cast<std::size_t>(j)].push_back(values[static_cast<std::size_t>(i)]);
      }
    }
  }
}

std::vector<std::string> CollinearityCheck::findings(std::span<const std::string> names) const {
  constexpr std::size_t kFewRows = 10;
  constexpr int kShown = 5;
  std::vector<std::string> found;
  if (sample_.empty() || sample_.front().size() < kFewRows) return found;
  std::vector<std::vector<double>> columns;
  for (const auto& values : sample_) columns.push_back(standardized(values));
  int pairs = 0;
  for (std::size_t a = 0; a < columns.size(); ++a) {
    for (std::size_t b = a + 1; b < columns.size(); ++b) {
      if (columns[a].empty() || columns[b].empty()) continue;
      double r = 0.0;
      for (std::size_t i = 0; i < columns[a].size(); ++i) r += columns[a][i] * columns[b][i];
      if (std::fabs(r) <= kTogether || ++pairs > kShown) continue;
      const bool copies = std::fabs(r) > 1.0 - 1e-9;
      found.push_back(
          fmt::format("{} and {} {} (r = {:.3f}): what they share counts twice; --ignore one of them, or put them in a "
                      "--weight-block",
                      names[a], names[b], copies ? "say the same thing" : "move together", r));
    }
  }
  if (pairs > kShown)
    found.push_back(fmt::format("{} more pairs of features move together (|r| > {})", pairs - kShown, kTogether));
  return found;
}

}  // namespace tessera
