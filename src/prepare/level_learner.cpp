// SPDX-License-Identifier: Apache-2.0
#include "prepare/level_learner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "prepare/block_moments.hpp"
#include "prepare/cells.hpp"
#include "prepare/level_warnings.hpp"
#include "prepare/prepared_value.hpp"

namespace tessera {

void LevelLearner::take(const LevelCounts& levels) {
  for (const auto& [text, rows] : levels.texts) texts_.emplace(text, rows);
  for (const auto& [code, rows] : levels.codes) codes_.emplace(std::bit_cast<std::uint64_t>(code + 0.0), rows);
}

void LevelLearner::count(const ColumnView& view, std::int64_t rows, std::span<const std::int64_t> units) {
  const auto weight_of = [&](std::int64_t i) { return units.empty() ? std::int64_t{1} : units[static_cast<std::size_t>(i)]; };
  if (view.type == DataType::text) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::string_view cell = (*view.text)[i];
      if (cell.empty() || weight_of(i) == 0) continue;
      auto level = texts_.find(cell);
      if (level == texts_.end()) level = texts_.emplace(cell, 0).first;
      level->second += weight_of(i);
    }
    return;
  }
  std::vector<double> values(static_cast<std::size_t>(rows));
  read_cells(view, 0, rows, values.data());
  for (std::int64_t i = 0; i < rows; ++i) {
    const double x = values[static_cast<std::size_t>(i)];
    if (std::isfinite(x) && weight_of(i) != 0) codes_[std::bit_cast<std::uint64_t>(x + 0.0)] += weight_of(i);
  }
}

LearnedSource LevelLearner::finish() const {
  LearnedSource learned;
  FeatureSource& source = learned.source;
  source.name = profile_->name;
  source.kind = profile_->kind;
  source.scale = kOneHotScale;
  source.block_factor = feature_.block_factor;
  source.missing = profile_->missing;
  learned.largest_prepared = source.block_factor / source.scale;

  std::vector<std::pair<std::string, Int128>> levels(texts_.begin(), texts_.end());
  for (const auto& [bits, weight] : codes_) levels.emplace_back(number_label(std::bit_cast<double>(bits)), weight);
  std::sort(levels.begin(), levels.end(),
            [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  const auto kept = std::min(levels.size(), static_cast<std::size_t>(top_levels_));
  Int128 all = 0, merged = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    all += levels[i].second;
    if (i < kept) {
      source.levels.push_back(levels[i].first);
    } else {
      merged += levels[i].second;
    }
  }
  source.has_other = levels.size() > kept;
  source.feature_count = static_cast<int>(kept) + (source.has_other ? 1 : 0);
  learned.constant = levels.size() < 2;
  if (source.has_other) {
    learned.decisions.push_back(
        fmt::format("{}: the {} most frequent of {} levels are kept, the rest ({:.1f}% of the rows) are 'other'", source.name,
                    kept, levels.size(), 100.0 * static_cast<double>(merged) / static_cast<double>(all)));
  }
  if (profile_->missing > 0 && keeps_gaps(missing_)) learned.decisions.push_back(gaps_decision(*profile_, missing_));
  if (profile_->missing > 0 && missing_ == MissingPolicy::impute && !levels.empty()) {
    learned.decisions.push_back(fmt::format("{}: {} missing {} filled with the most frequent level, '{}'", source.name,
                                            profile_->missing, profile_->missing == 1 ? "cell" : "cells",
                                            source.levels.front()));
  }
  return learned;
}

}  // namespace tessera
