// SPDX-License-Identifier: Apache-2.0
#include "table/generate_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "table/generate_random.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

// Draws of a row: its segment, then features, missing cells, KPIs and nominals, four to a block of random words.
constexpr std::uint32_t kRowDraw = 0;
constexpr std::uint32_t kFeatureDraws = 1;
constexpr std::uint32_t kMissingDraws = 1U << 24;
constexpr std::uint32_t kKpiDraws = 2U << 24;
constexpr std::uint32_t kNominalDraws = 3U << 24;

constexpr double kNoiseMargin = 3.0;  // sd around the centres
constexpr double kFavouriteShare = 0.7;
constexpr double kKpiSd = 10.0;

std::uint32_t word_of(std::uint64_t seed, std::uint64_t row, std::uint32_t base, int index) {
  return random_words(seed, row, base + static_cast<std::uint32_t>(index / 4)).word[index % 4];
}

void check_share(double value, const char* name, bool one_allowed) {
  if (value >= 0.0 && (value < 1.0 || (one_allowed && value == 1.0))) return;
  throw ConfigError(fmt::format("--{} {} is not a share", name, value),
                    one_allowed ? "give 0 to 1" : "give 0 or more, and less than 1");
}

void check_range(std::int64_t value, std::int64_t least, std::int64_t most, const char* name) {
  if (value >= least && value <= most) return;
  throw ConfigError(fmt::format("--{} {} is out of range", name, value), fmt::format("give {} to {}", least, most));
}

}  // namespace

void check_options(const GenerateOptions& options) {
  check_range(options.rows, 1, std::int64_t{1} << 48, "rows");
  check_range(options.features, 1, 16'384, "features");
  check_range(options.segments, 1, std::min<std::int64_t>(65'535, options.rows), "segments");
  check_range(options.nominals, 0, 1'000, "nominals");
  check_range(options.kpis, 0, 1'000, "kpis");
  check_share(options.overlap, "overlap", true);
  check_share(options.imbalance, "imbalance", false);
  check_share(options.noise, "noise", false);
  check_share(options.missing, "missing", false);
  if (!(std::fabs(options.offset) <= 1e30)) throw ConfigError(fmt::format("--offset {} is out of range", options.offset));
}

RowGenerator::RowGenerator(const GenerateOptions& options) : options_(options), centers_(segment_centers(options)) {
  const std::int64_t k = centers_.rows();
  double sum = 0.0;
  for (std::int64_t i = 0; i < k; ++i) {
    sum = sum + (1.0 - options.imbalance * static_cast<double>(i) / static_cast<double>(std::max<std::int64_t>(k - 1, 1)));
    cumulative_.push_back(sum);
  }
  for (double& share : cumulative_) share = share / sum;
  for (std::int64_t j = 0; j < centers_.columns(); ++j) {
    double low = centers_(0, j);
    double high = low;
    for (std::int64_t i = 1; i < k; ++i) {
      low = std::min(low, centers_(i, j));
      high = std::max(high, centers_(i, j));
    }
    low_.push_back(low - kNoiseMargin);
    high_.push_back(high + kNoiseMargin);
  }
}

std::int32_t RowGenerator::segment(std::int64_t row) const {
  if (row < centers_.rows()) return static_cast<std::int32_t>(row);
  const exact::PhiloxBlock words = random_words(options_.seed, static_cast<std::uint64_t>(row), kRowDraw);
  if (open_uniform(words.word[0]) < options_.noise) return -1;
  const double u = open_uniform(words.word[1]);
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, u);
  return static_cast<std::int32_t>(found - cumulative_.begin());
}

void RowGenerator::features(std::int64_t row, std::int32_t segment, std::span<float> out) const {
  const auto address = static_cast<std::uint64_t>(row);
  const auto d = static_cast<std::uint32_t>(out.size());
  for (std::uint32_t first = 0; first < d; first += 4) {
    const exact::PhiloxBlock words = random_words(options_.seed, address, kFeatureDraws + first / 4);
    for (std::uint32_t j = first; j < std::min(first + 4, d); ++j) {
      const double u = open_uniform(words.word[j - first]);
      const double value = segment < 0 ? low_[j] + u * (high_[j] - low_[j]) : centers_(segment, j) + normal_quantile(u);
      out[j] = static_cast<float>(value);
    }
  }
  if (options_.missing <= 0.0) return;
  for (std::uint32_t first = 0; first < d; first += 4) {
    const exact::PhiloxBlock words = random_words(options_.seed, address, kMissingDraws + first / 4);
    for (std::uint32_t j = first; j < std::min(first + 4, d); ++j) {
      if (open_uniform(words.word[j - first]) < options_.missing) out[j] = std::numeric_limits<float>::quiet_NaN();
    }
  }
}

double RowGenerator::kpi(std::int64_t row, std::int32_t segment, int index) const {
  const std::uint64_t group = kSegmentRows + static_cast<std::uint64_t>(segment + 1);
  const double mean = 50.0 + 200.0 * open_uniform(word_of(options_.seed, group, kKpiDraws, index));
  const double u = open_uniform(word_of(options_.seed, static_cast<std::uint64_t>(row), kKpiDraws, index));
  return std::rint((mean + kKpiSd * normal_quantile(u)) * 100.0) / 100.0;
}

std::string_view RowGenerator::nominal(std::int64_t row, std::int32_t segment, int index) const {
  const std::uint32_t word = word_of(options_.seed, static_cast<std::uint64_t>(row), kNominalDraws, index);
  const double u = open_uniform(word);
  const auto levels = static_cast<int>(kNominalLevels.size());
  if (segment >= 0 && u < kFavouriteShare) return kNominalLevels[static_cast<std::size_t>((segment + index) % levels)];
  return kNominalLevels[word % kNominalLevels.size()];  // the low bits know little of the high ones
}

}  // namespace tessera
