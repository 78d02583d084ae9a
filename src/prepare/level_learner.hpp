// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "prepare/column_tally.hpp"
#include "prepare/distinct.hpp"
#include "prepare/feature_settings.hpp"
#include "prepare/numeric_learner.hpp"
#include "tessera/int128.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Learns the levels of one nominal column, of text or of numeric codes.
class LevelLearner {
 public:
  LevelLearner(const ColumnProfile& profile, const FeatureSettings& feature, int top_levels, MissingPolicy missing)
      : profile_(&profile), feature_(feature), top_levels_(top_levels), missing_(missing) {}

  /// All cells at once, every row counting once.
  void take(const LevelCounts& levels);
  /// The cells of a chunk. @param units integer weights [rows], or empty: one each
  void count(const ColumnView& view, std::int64_t rows, std::span<const std::int64_t> units);
  [[nodiscard]] LearnedSource finish() const;

 private:
  const ColumnProfile* profile_;
  FeatureSettings feature_;
  int top_levels_;
  MissingPolicy missing_;
  TextMap<Int128> texts_;
  std::unordered_map<std::uint64_t, Int128> codes_;  // by bit pattern
};

}  // namespace tessera
