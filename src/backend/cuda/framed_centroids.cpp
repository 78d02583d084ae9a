// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/framed_centroids.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "exact/certificate.hpp"
#include "kernels/tensor_screen.hpp"

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
  const auto half = [&](std::int32_t c, std::int64_t j) {
    return c < 0 || j >= d ? 0U : kernels::finite_half_bits(framed_(c, j));
  };
  for (std::int64_t place = 0; place < screen_.blocks() * tile; ++place) {
    const std::int32_t c = screen_.place_centroid[static_cast<std::size_t>(place)];
    const std::int64_t block = place / tile;
    const int within = static_cast<int>(place % tile);
    for (int four = 0; four < steps * kernels::kProductTerms / 4; ++four) {
      std::uint32_t* two = words.data() + kernels::tensor_word(steps, tile, block, within, four);
      two[0] = half(c, 4 * four) | half(c, 4 * four + 1) << 16;
      two[1] = half(c, 4 * four + 2) | half(c, 4 * four + 3) << 16;
    }
    const float start = c < 0 ? kernels::kNoScore : screen_.packed_start[static_cast<std::size_t>(place)];
    std::uint32_t* starts = words.data() + kernels::tensor_start_word(steps, tile, block, within);
    starts[0] = starts[2] = std::bit_cast<std::uint32_t>(start);
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
      const double lost =
          static_cast<double>(value) - static_cast<double>(kernels::half_value(kernels::finite_half_bits(value)));
      sum += lost * lost;
    }
    float& rest = rests[place / static_cast<std::size_t>(screen_.tile)];
    rest = std::max(rest, exact::upper_norm(static_cast<float>(sum), screen_.features()));
  }
  return rests;
}

}  // namespace tessera::cuda
