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

/// Which rows are looked at.
struct SamplePlan {
  std::int64_t block_step;  ///< every how many-th block
  std::int64_t row_step;    ///< and which rows of it
};

SamplePlan plan_sample(std::int64_t columns, std::int64_t rows) {
  const std::int64_t wanted = std::clamp<std::int64_t>(kMostCells / std::max<std::int64_t>(columns, 1), 256, kMostRows);
  const std::int64_t blocks = (rows + kReductionRows - 1) / kReductionRows;
  constexpr std::int64_t kSpread = 16;
  const std::int64_t step = std::max<std::int64_t>(blocks / kSpread, 1);
  const std::int64_t looked_at = std::min(rows, (blocks + step - 1) / step * kReductionRows);
  return {step, std::max<std::int64_t>((looked_at + wanted - 1) / wanted, 1)};
}

using Sample = std::vector<std::vector<double>>;  // [columns][rows]

/// Adds the rows looked at of a run of rows that begins with such a block.
void take_rows(const RawChunk& raw, const LearnColumns& columns, SamplePlan plan, ThreadPool& threads, Sample& sample) {
  std::vector<double> values;
  convert_values(raw, columns, threads, values);
  for (std::int64_t begin = 0; begin < raw.rows; begin += kReductionRows * plan.block_step) {
    const std::int64_t end = std::min(begin + kReductionRows, raw.rows);
    for (std::size_t j = 0; j < sample.size(); ++j) {
      const double* const column = values.data() + static_cast<std::int64_t>(j) * raw.rows;
      for (std::int64_t i = begin; i < end; i += plan.row_step) sample[j].push_back(column[i]);
    }
  }
}

/// Blocks that lie within one long read are read together: each read may have to unpack all that is near.
Sample read_sample(Table& table, const LearnColumns& columns, std::int64_t rows_at_once, const JobContext& job) {
  const std::int64_t rows = table.info().rows;
  const SamplePlan plan = plan_sample(std::ssize(columns.numeric), rows);
  const std::int64_t step = plan.block_step * kReductionRows;
  Sample sample(columns.numeric.size());
  RawChunk raw;
  for (std::int64_t first = 0; first < rows;) {
    job.cancel.check();
    const std::int64_t further = std::max<std::int64_t>(rows_at_once - kReductionRows, 0) / step;
    const std::int64_t last = first + further * step;
    table.read(first, std::min(last + kReductionRows, rows) - first, columns.numeric, raw);
    take_rows(raw, columns, plan, job.threads, sample);
    first = last + step;
  }
  return sample;
}

}  // namespace

std::vector<std::string> find_collinear(Table& table, const LearnColumns& learned, std::span<const std::string> names,
                                        std::int64_t rows_at_once, const JobContext& job) {
  constexpr std::size_t kFewRows = 10;
  constexpr int kShown = 5;
  std::vector<std::string> found;
  if (std::ssize(names) < 2 || std::ssize(names) > kMostColumns || table.info().rows == 0) return found;
  const Sample sample = read_sample(table, learned, rows_at_once, job);
  if (sample.front().size() < kFewRows) return found;
  std::vector<std::vector<double>> columns;
  for (const auto& values : sample) columns.push_back(standardized(values));
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
