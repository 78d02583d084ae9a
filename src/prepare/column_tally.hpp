// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "prepare/block_moments.hpp"
#include "prepare/distinct.hpp"
#include "prepare/quantile.hpp"

namespace tessera {

/// How many rows have each level of a column: of numeric codes or of text, every row counting once.
struct LevelCounts {
  std::vector<std::pair<double, std::int64_t>> codes;
  TextMap<std::int64_t> texts;
};

/// What the sweep that profiles a column learns besides its profile, every row counting once, in original units. It saves
/// learn_plan a sweep of its own.
struct ColumnTally {
  MomentFrame frame;
  Moments sums;  ///< about `frame`, over the cells present
  MomentFrame log_frame;
  std::optional<Moments> log_sums;                  ///< of log1p of the cells, about `log_frame`, if they look like amounts
  std::array<std::optional<Quantile>, 3> quarters;  ///< of the cells present, where they were wanted and are known
  std::optional<LevelCounts> levels;                ///< nominal columns, where all are known and fit the memory budget
};

}  // namespace tessera
