// SPDX-License-Identifier: Apache-2.0
// Included by amx_worker.cpp only, inside the part that is compiled for AVX-512 and AMX.
#pragma once

namespace tessera {
namespace {

/// One class of centroids whose norms are alike, so that one bound serves all: whole tiles.
struct NormClass {
  int first_tile = 0;
  int tiles = 0;
  float norm = 0.0F;      ///< largest ||c||
  float residual = 0.0F;  ///< largest ||c - ch||

  /// Bits of the tag that numbers the centroids of the class.
  [[nodiscard]] int tag_bits() const { return 4 + static_cast<int>(std::bit_width(static_cast<unsigned>(tiles - 1))); }
};

/// The centroids of a pass in tiles of 16, by norm, and what scores against them are off by.
class AmxCentroids {
 public:
  AmxCentroids(const ScreenCentroids& screen, const AmxPlan& plan)
      : screen_(screen),
        plan_(plan),
        places_(make_screen_centroids(screen.centroids, kLanes)),
        tiles_(static_cast<int>((places_.blocks() + 1) / 2 * 2)),
        tiles_each_(plan.centroid_tiles()),
        values_(zeroed<std::int32_t>(tiles_ * tiles_each_ * kTileDwords)),
        start_(zeroed<float>(tiles_ * kLanes)) {
    std::fill_n(start_.get(), tiles_ * kLanes, kLowest);
    for (std::int64_t tile = 0; tile < places_.blocks(); ++tile) pack_tile(tile, screen.features());
  }

  /// Tiles of 16 centroids: an even number, as products are made two by two.
  [[nodiscard]] int tiles() const { return tiles_; }
  [[nodiscard]] const std::vector<NormClass>& classes() const { return classes_; }
  /// The centroid at a place, -1 for padding.
  [[nodiscard]] std::int32_t at(std::int64_t place) const { return places_.place_centroid[static_cast<std::size_t>(place)]; }
  /// [plan.centroid_tiles() x 16 x 16] pairs of bfloat16.
  [[nodiscard]] const std::int32_t* tile(int number) const {
    return values_.get() + static_cast<std::int64_t>(number) * tiles_each_ * kTileDwords;
  }
  /// [16] -||c||^2 / 2.
  [[nodiscard]] const float* start(int number) const { return start_.get() + number * kLanes; }

  /// What separates a tagged score from the exact one for the centroids of a class, and the order of the reference distances;
  /// derived in docs/numerics.md.
  [[nodiscard]] __m512 error_of(const NormClass& group, __m512 norm, __m512 residual) const {
    constexpr float kLoose = 1.0F + 0x1p-6F;  // (1 + 2^-8) of the parts' own norms and the float32 roundings here
    const __m512 c = _mm512_set1_ps(group.norm * kLoose);
    const __m512 c_rest = _mm512_set1_ps(group.residual * kLoose);
    __m512 parts;
    if (plan_.screen == AmxScreen::single) {  // (x - xh).ch + x.(c - ch)
      parts = _mm512_fmadd_ps(residual, c, _mm512_mul_ps(norm, c_rest));
    } else {  // xl.cl (but for paired ones), and what the second parts were rounded by
      const __m512 rounded = _mm512_fmadd_ps(residual, c, _mm512_mul_ps(norm, c_rest));
      parts = _mm512_fmadd_ps(residual, c_rest, _mm512_mul_ps(_mm512_set1_ps(kBfloat16 * kLoose), rounded));
    }
    const auto steps = static_cast<float>(3 * screen_.features() + 16);
    const float unit =
        steps * 0x1p-23F + std::ldexp(1.0F, group.tag_bits() - 22);  // accumulation; the bits that the tag replaced
    const __m512 scale = _mm512_fmadd_ps(norm, c, _mm512_mul_ps(c, c));
    __m512 error = _mm512_fmadd_ps(_mm512_set1_ps(unit * kLoose), scale, parts);
    error = _mm512_fmadd_ps(_mm512_mul_ps(norm, norm), _mm512_set1_ps(screen_.bound.row), error);
    return _mm512_fmadd_ps(error, _mm512_set1_ps(kLoose), _mm512_set1_ps(screen_.bound.underflow * 4.0F));
  }

 private:
  void pack_tile(std::int64_t tile, std::int64_t d) {
    const float norm = places_.block_norm[static_cast<std::size_t>(tile)];
    constexpr int kTagTiles = 16;  // a tag has 8 bits: 16 tiles of 16 centroids
    if (classes_.empty() || classes_.back().tiles == kTagTiles || tile_starts_class(tile)) {
      classes_.push_back({.first_tile = static_cast<int>(tile)});
    }
    NormClass& group = classes_.back();
    ++group.tiles;
    group.norm = std::max(group.norm, norm);
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const auto place = static_cast<std::size_t>(tile * kLanes + lane);
      const std::int32_t c = places_.place_centroid[place];
      if (c < 0) continue;
      start_[place] = places_.packed_start[place];
      group.residual = std::max(group.residual, pack_centroid(tile, lane, screen_.centroids.row(c).data(), d));
    }
  }

  /// Norms of a class stay within four times the least (or the lower quartile), as in ScreenCentroids.
  [[nodiscard]] bool tile_starts_class(std::int64_t tile) {
    const float norm = places_.block_norm[static_cast<std::size_t>(tile)];
    const float least = places_.block_norm[static_cast<std::size_t>(classes_.back().first_tile)];
    return norm > 4.0F * least;
  }

  /// Writes one centroid into its tile; returns an upper bound of ||c - ch||.
  float pack_centroid(std::int64_t tile, std::int64_t lane, const float* c, std::int64_t d) {
    Split split{};
    alignas(64) std::int32_t lanes[kLanes];
    const auto put = [&](int b_tile, __m512i values) {
      _mm512_store_si512(lanes, values);
      std::int32_t* into = values_.get() + (tile * tiles_each_ + b_tile) * kTileDwords;
      for (std::int64_t i = 0; i < kLanes; ++i) into[i * kLanes + lane] = lanes[i];
    };
    if (plan_.paired) {
      split_paired(c, d, split);
      const __m512i even = _mm512_and_si512(split.high, _mm512_set1_epi32(0xFFFF));
      const __m512i odd = _mm512_srli_epi32(split.high, 16);
      put(0, _mm512_or_si512(even, _mm512_slli_epi32(even, 16)));  // ch for xh and for xl
      put(1, _mm512_or_si512(odd, _mm512_slli_epi32(odd, 16)));    // cl for both
    } else {
      for (int step = 0; step * 32 < d; ++step) {
        split_step(c, d, step * 32, split);
        if (plan_.screen == AmxScreen::single) {
          put(step, split.high);
        } else {
          put(2 * step, split.high);
          put(2 * step + 1, split.low);
        }
      }
    }
    return exact::upper_norm(_mm512_reduce_add_ps(split.residual), d);
  }

  const ScreenCentroids& screen_;
  AmxPlan plan_;
  ScreenCentroids places_;  ///< in tiles of 16, by norm
  int tiles_;
  int tiles_each_;
  hwy::AlignedFreeUniquePtr<std::int32_t[]> values_;
  hwy::AlignedFreeUniquePtr<float[]> start_;
  std::vector<NormClass> classes_;
};

}  // namespace
}  // namespace tessera
