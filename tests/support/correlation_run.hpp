// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/analysis_job.hpp"
#include "app/engine.hpp"
#include "correlate/correlate.hpp"
#include "prepare/learn.hpp"

namespace tessera::testing {

/// As `tessera correlate` does it, without files. Segments come from `options.by`, or from `labels`, one a row.
inline CorrelationTable correlate_rows(Table& table, const CorrelateOptions& options,
                                       const std::vector<std::int32_t>& labels = {}) {
  SilentObserver observer;
  CancelToken cancel;
  Engine engine(options.engine, observer, cancel);
  PrepareOptions prepare = options.prepare;
  if (!options.by.empty()) prepare.categories.push_back(options.by);
  std::vector<ColumnTally> tallies;
  const std::vector<ColumnProfile> profiles = profile_columns(table, prepare, engine.job(), std::int64_t{1} << 30, &tallies);
  const ProfiledColumns columns = keep_for_analysis(profiles, tallies);
  CorrelationSource source;
  source.profiles = columns.profiles;
  source.levels = columns.levels;
  source.top_levels = prepare.top_levels;
  if (!options.by.empty()) {
    const auto by = std::ranges::find(profiles, options.by, &ColumnProfile::name);
    if (by == profiles.end()) throw std::invalid_argument("no column " + options.by);
    source.by = static_cast<int>(by - profiles.begin());
    source.segments = source.labels = columns.levels[static_cast<std::size_t>(source.by)].labels;
  } else if (!labels.empty()) {
    const auto segments = *std::ranges::max_element(labels) + 1;
    for (std::int32_t s = 0; s < segments; ++s) source.segments.push_back("segment " + std::to_string(s));
    source.read_labels = [&](std::int64_t first, std::span<std::int32_t> out) {
      std::copy_n(labels.begin() + first, out.size(), out.begin());
    };
    source.used_in_fit = {"x0", "x1"};
  }
  return correlate(table, source, options, engine.backend(), engine.job(), std::int64_t{1} << 30);
}

/// Two passes in float64 over the rows that have both cells and weight.
inline double naive_correlation(const std::vector<double>& x, const std::vector<double>& y,
                                const std::vector<double>& weights = {}) {
  const auto weight = [&](std::size_t i) {
    return std::isnan(x[i]) || std::isnan(y[i]) ? 0.0 : weights.empty() ? 1.0 : weights[i];
  };
  const auto cell = [&](const std::vector<double>& cells, std::size_t i) { return weight(i) > 0.0 ? cells[i] : 0.0; };
  double n = 0, mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    n += weight(i);
    mean_x += weight(i) * cell(x, i);
    mean_y += weight(i) * cell(y, i);
  }
  mean_x /= n;
  mean_y /= n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = cell(x, i) - mean_x, b = cell(y, i) - mean_y;
    xx += weight(i) * a * a;
    yy += weight(i) * b * b;
    xy += weight(i) * a * b;
  }
  return xy / std::sqrt(xx * yy);
}

}  // namespace tessera::testing
