// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

/// How the AMX level screens a task. Rows and centroids are split into bfloat16 parts, x = xh + xl + ..., c = ch + cl + ...
enum class AmxScreen {
  none,    ///< leaves everything to the float32 screen
  single,  ///< xh.ch: least work, one row in ten or so needs a second look
  split,   ///< xh.ch + xl.ch + xh.cl: hardly any row does
};

struct AmxPlan {
  AmxScreen screen = AmxScreen::none;
  bool paired = false;  ///< split, with xh and xl of a feature side by side: fewer steps for d <= 16
  int a_tiles = 0;      ///< tiles that 16 rows are packed into
  int steps = 0;        ///< tile products per 16 rows x 16 centroids
};

/// @param d features, @param k segments
[[nodiscard]] inline AmxPlan plan_amx(std::int64_t d, std::int64_t k) {
  constexpr std::int64_t kTileFeatures = 32;
  constexpr std::int64_t kLeastSegments = 12;   // below, tiles stay half empty and rows are bound by memory anyway
  constexpr std::int64_t kMostSegments = 2048;  // the scores of 32 rows stay in the second-level cache
  constexpr std::int64_t kMostFeatures = 1024;  // as do the packed rows and tiles
  if (k < kLeastSegments || k > kMostSegments || d > kMostFeatures) return {};
  const auto tiles = static_cast<int>((d + kTileFeatures - 1) / kTileFeatures);
  if (2 * d <= kTileFeatures) return {.screen = AmxScreen::split, .paired = true, .a_tiles = 1, .steps = 2};
  // The search for the best score takes about as long as three steps.
  if (tiles == 1) return {.screen = AmxScreen::split, .a_tiles = 2, .steps = 3};
  return {.screen = AmxScreen::single, .a_tiles = tiles, .steps = tiles};
}

}  // namespace tessera
