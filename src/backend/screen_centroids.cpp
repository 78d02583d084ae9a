// SPDX-License-Identifier: Apache-2.0
#include "backend/screen_centroids.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace tessera {
namespace {

/// Fills the list of places: by norm, a new block where the norm exceeds four times the block's least. Norms below the lower
/// quartile count as the quartile: they suffer from their neighbours' bounds, but a handful of blocks more would cost every
/// row.
void arrange(ScreenCentroids& screen) {
  std::vector<std::int32_t> order(screen.norm.size());
  std::iota(order.begin(), order.end(), 0);
  const auto norm = [&](std::int32_t c) { return screen.norm[static_cast<std::size_t>(c)]; };
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return norm(a) < norm(b); });
  const float quartile = norm(order[order.size() / 4]);
  const auto tile = static_cast<std::size_t>(screen.tile);
  std::size_t used = 0;
  float least = 0.0F;
  for (const std::int32_t c : order) {
    if (used % tile == 0 || norm(c) > 4.0F * least) {
      used = (used + tile - 1) / tile * tile;
      screen.place_centroid.resize(used + tile, -1);
      screen.block_norm.push_back(0.0F);
      least = std::max(norm(c), quartile);
    }
    screen.place_centroid[used++] = c;
    screen.block_norm.back() = norm(c);
  }
}

void pack(ScreenCentroids& screen) {
  const std::int64_t d = screen.features();
  const std::size_t places = screen.place_centroid.size();
  screen.packed.assign(places * static_cast<std::size_t>(d), 0.0F);
  screen.packed_start.assign(places, -std::numeric_limits<float>::infinity());
  for (std::size_t place = 0; place < places; ++place) {
    const std::int32_t c = screen.place_centroid[place];
    if (c < 0) continue;
    screen.packed_start[place] = -screen.half_square[static_cast<std::size_t>(c)];
    const std::int64_t block = static_cast<std::int64_t>(place) / screen.tile;
    const std::int64_t within = static_cast<std::int64_t>(place) % screen.tile;
    for (std::int64_t j = 0; j < d; ++j) {
      screen.packed[static_cast<std::size_t>((block * d + j) * screen.tile + within)] = screen.centroids(c, j);
    }
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
  arrange(screen);
  pack(screen);
  return screen;
}

}  // namespace tessera
