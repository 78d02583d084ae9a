// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/screen_centroids.hpp"

#include <algorithm>
#include <limits>

namespace tessera {
namespace {

void pack(ScreenCentroids& screen) {
  const std::int64_t d = screen.features();
  screen.packed.assign(static_cast<std::size_t>(screen.blocks() * screen.tile * d), 0.0F);
  screen.packed_start.assign(static_cast<std::size_t>(screen.blocks() * screen.tile), -std::numeric_limits<float>::infinity());
  screen.block_norm.assign(static_cast<std::size_t>(screen.blocks()), 0.0F);
  for (std::int64_t c = 0; c < screen.segments(); ++c) {
    const std::int64_t block = c / screen.tile;
    const std::int64_t place = c % screen.tile;
    for (std::int64_t j = 0; j < d; ++j) {
      screen.packed[static_cast<std::size_t>((block * d + j) * screen.tile + place)] = screen.centroids(c, j);
    }
    const auto centroid = static_cast<std::size_t>(c);
    screen.packed_start[centroid] = -screen.half_square[centroid];
    float& norm = screen.block_norm[static_cast<std::size_t>(block)];
    norm = std::max(norm, screen.norm[centroid]);
  }
}

}  // namespace

ScreenCentroids make_screen_centroids(MatrixView<const float> centroids, std::int64_t tile) {
  ScreenCentroids screen;
  screen.centroids = centroids;
  screen.bound = exact::make_screen_bound(centroids.columns);
  screen.tile = tile;
  screen.half_square.reserve(static_cast<std::size_t>(centroids.rows));
  screen.norm.reserve(static_cast<std::size_t>(centroids.rows));
  for (std::int64_t c = 0; c < centroids.rows; ++c) {
    double sum = 0.0;
    for (const float value : centroids.row(c)) sum += static_cast<double>(value) * static_cast<double>(value);
    screen.half_square.push_back(static_cast<float>(0.5 * sum));
    screen.norm.push_back(exact::upper_norm(static_cast<float>(sum), centroids.columns));
    screen.largest_norm = std::max(screen.largest_norm, screen.norm.back());
  }
  pack(screen);
  return screen;
}

}  // namespace tessera
