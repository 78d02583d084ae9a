// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/framed_centroids.hpp"

#include <algorithm>
#include <cmath>

#include "backend/cuda/tensor_probe.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/tensor_tile.hpp"

namespace tessera::cuda {
namespace {

/// The middle one, or the upper of the two. Changes the order of `values`.
float median(std::vector<float>& values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The power of two that brings `size` to [8, 16); 1 if there is none.
float scale_of(float size) {
  if (!(size > 0.0F) || !std::isfinite(size)) return 1.0F;
  constexpr int kExponent = 4;
  return std::ldexp(1.0F, std::clamp(kExponent - 1 - std::ilogb(size), -100, 100));
}

}  // namespace

Frame frame_around(MatrixView<const float> centroids) {
  const std::int64_t k = centroids.rows, d = centroids.columns;
  std::vector<float> origin(static_cast<std::size_t>(d)), values(static_cast<std::size_t>(k));
  for (std::int64_t j = 0; j < d; ++j) {
    for (std::int64_t c = 0; c < k; ++c) values[static_cast<std::size_t>(c)] = centroids(c, j);
    origin[static_cast<std::size_t>(j)] = median(values);
  }
  for (std::int64_t c = 0; c < k; ++c) {
    float& largest = values[static_cast<std::size_t>(c)] = 0.0F;
    for (std::int64_t j = 0; j < d; ++j) {
      largest = std::max(largest, std::abs(centroids(c, j) - origin[static_cast<std::size_t>(j)]));
    }
  }
  const float most = *std::ranges::max_element(values);
  const float usual = median(values);
  Frame frame{.scale = scale_of(usual > 0.0F ? usual : most)};
  for (const float at : origin) frame.offset.push_back(-at * frame.scale);
  frame.offset.resize(frame.offset.size() + kernels::kFrameSpare);
  return frame;
}

FramedCentroids::FramedCentroids(MatrixView<const float> centroids, const Frame& frame, std::int64_t tile)
    : framed_(centroids.rows, centroids.columns) {
  const kernels::ScreenFrame at{frame.offset.data(), frame.scale};
  for (std::int64_t c = 0; c < centroids.rows; ++c) {
    for (std::int64_t j = 0; j < centroids.columns; ++j) framed_(c, j) = at.at(centroids(c, j), static_cast<int>(j));
  }
  screen_ = make_screen_centroids(framed_.view(), tile);
}

std::vector<std::uint32_t> FramedCentroids::tensor_tiles(int steps) const {
  const std::int64_t d = screen_.features();
  const int tile = static_cast<int>(screen_.tile);
  std::vector<std::uint32_t> words(static_cast<std::size_t>(kernels::tensor_word(steps, tile, screen_.blocks(), 0, 0)));
  for (std::int64_t place = 0; place < screen_.blocks() * tile; ++place) {
    const std::int32_t c = screen_.place_centroid[static_cast<std::size_t>(place)];
    const std::int64_t block = place / tile;
    const int within = static_cast<int>(place % tile);
    const float start = c < 0 ? kernels::kNoScore : screen_.packed_start[static_cast<std::size_t>(place)];
    kernels::put_start(words.data(), steps, tile, block, within, start);
    for (int four = 0; c >= 0 && 4 * four < d; ++four) {
      kernels::Float4 y{};
      for (int i = 0; i < 4 && 4 * four + i < d; ++i) y.v[i] = framed_(c, 4 * four + i);
      kernels::put_features(words.data(), steps, tile, block, within, four, y);
    }
  }
  const exact::TensorBound bound = tensor_bound(steps);
  const std::vector<float> rests = tensor_rests();
  for (std::size_t block = 0; block < rests.size(); ++block) {
    kernels::put_bound(words.data(), steps, tile, static_cast<std::int64_t>(block),
                       bound.of(screen_.block_norm[block], rests[block]));
  }
  return words;
}

std::vector<float> FramedCentroids::tensor_rests() const {
  std::vector<float> rests(static_cast<std::size_t>(screen_.blocks()));
  for (std::size_t place = 0; place < screen_.place_centroid.size(); ++place) {
    const std::int32_t c = screen_.place_centroid[place];
    if (c < 0) continue;
    double sum = 0.0;
    for (const float value : framed_.view().row(c)) {
      const double lost = kernels::lost_in_half(value);
      sum += lost * lost;
    }
    float& rest = rests[place / static_cast<std::size_t>(screen_.tile)];
    rest = std::max(rest, exact::upper_norm(static_cast<float>(sum), screen_.features()));
  }
  return rests;
}

exact::TensorBound FramedCentroids::tensor_bound(int steps) const {
  return exact::make_tensor_bound(std::int64_t{steps} * kernels::kProductTerms, kernels::kPartTerms, kernels::kTensorTagBits,
                                  kTensorStep);
}

}  // namespace tessera::cuda
