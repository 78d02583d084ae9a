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

  /// Tiles that 16 centroids are packed into.
  [[nodiscard]] int centroid_tiles() const { return paired ? 2 : a_tiles; }
};

/// @param d features, @param k segments
[[nodiscard]] inline AmxPlan plan_amx(std::int64_t d, std::int64_t k) {
  constexpr std::int64_t kTileFeatures = 32;
  constexpr std::int64_t kTileCentroids = 16;
  constexpr std::int64_t kLeastSegments = 12;        // below, tiles stay half empty and rows are bound by memory anyway;
  constexpr std::int64_t kLeastSegmentsOfOne = 24;   // of one tile of features: splitting rows costs more than it saves
  constexpr std::int64_t kMostSegmentsOfOne = 8192;  // of one tile of features: beyond, scores that leave the cache cost more
  constexpr std::int64_t kMostFeatures = 1024;       // packed rows stay in the first-level cache
  constexpr std::int64_t kMostCentroidTiles = 4096;  // a KiB each, for every thread
  const std::int64_t tiles = (d + kTileFeatures - 1) / kTileFeatures;
  AmxPlan plan;
  if (2 * d <= kTileFeatures) {
    plan = {.screen = AmxScreen::split, .paired = true, .a_tiles = 1, .steps = 2};
  } else if (tiles == 1) {  // three steps take about as long as the search for the best score
    plan = {.screen = AmxScreen::split, .a_tiles = 2, .steps = 3};
  } else {
    plan = {.screen = AmxScreen::single, .a_tiles = static_cast<int>(tiles), .steps = static_cast<int>(tiles)};
  }
  const std::int64_t centroid_tiles = (k + kTileCentroids - 1) / kTileCentroids * plan.centroid_tiles();
  const bool fits = d <= kMostFeatures && centroid_tiles <= kMostCentroidTiles && (tiles > 1 || k <= kMostSegmentsOfOne);
  return k >= (tiles > 1 ? kLeastSegments : kLeastSegmentsOfOne) && fits ? plan : AmxPlan{};
}

}  // namespace tessera
