// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/amx_worker.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "backend/cpu/amx_plan.hpp"
#include "exact/certificate.hpp"
#include "hwy/aligned_allocator.h"

// The functions below are compiled for these instructions; nothing that other files share is.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")
#endif

namespace tessera {
namespace {

constexpr std::int64_t kLanes = 16;      // floats in a vector, rows and columns of a tile
constexpr std::int64_t kGroupRows = 32;  // rows that are screened together: two tiles
constexpr std::int64_t kTileDwords = 16 * 16;
constexpr float kBfloat16 = 0x1p-8F;  // unit roundoff of bfloat16
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The score of padding: no centroid's is less (rows and centroids whose norms add up to 2^60 are not screened), and its bits
/// can carry a tag, which those of an infinity can't.
constexpr float kLowest = -0x1p126F;

/// One class of centroids whose norms are alike, so that one bound serves all: whole tiles.
struct NormClass {
  int first_tile = 0;
  int tiles = 0;
  float norm = 0.0F;      ///< largest ||c||
  float residual = 0.0F;  ///< largest ||c - ch||
};

/// Rounds to bfloat16, half away from zero, as a float with 16 zero bits. Values beyond 2^127 are not screened.
inline __m512 to_bfloat16(__m512 x) {
  const __m512i bits = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
  return _mm512_castsi512_ps(_mm512_and_si512(bits, _mm512_set1_epi32(static_cast<int>(0xFFFF0000U))));
}

/// Lane i holds low[i] in its lower and high[i] in its upper half, both rounded already.
inline __m512i pair_lanes(__m512 low, __m512 high) {
  return _mm512_or_si512(_mm512_srli_epi32(_mm512_castps_si512(low), 16), _mm512_castps_si512(high));
}

inline __mmask16 lanes_left(std::int64_t count) {
  return count >= kLanes ? __mmask16{0xFFFF} : static_cast<__mmask16>((1U << std::max<std::int64_t>(count, 0)) - 1U);
}

/// A row (or centroid) in bfloat16 parts, 32 features to a step of 16 lanes: lane i pairs features i and 16 + i of the step,
/// the order of the terms of a sum being free.
struct Split {
  __m512i high;
  __m512i low;
  __m512 square;    ///< sum of x^2 so far
  __m512 residual;  ///< sum of (x - xh)^2 so far
};

inline void split_step(const float* x, std::int64_t d, std::int64_t first, Split& split) {
  const __m512 a = _mm512_maskz_loadu_ps(lanes_left(d - first), x + first);
  const __m512 b = _mm512_maskz_loadu_ps(lanes_left(d - first - kLanes), x + first + kLanes);
  const __m512 a_high = to_bfloat16(a), b_high = to_bfloat16(b);
  const __m512 a_rest = _mm512_sub_ps(a, a_high), b_rest = _mm512_sub_ps(b, b_high);  // exact
  split.high = pair_lanes(a_high, b_high);
  split.low = pair_lanes(to_bfloat16(a_rest), to_bfloat16(b_rest));
  split.square = _mm512_fmadd_ps(b, b, _mm512_fmadd_ps(a, a, split.square));
  split.residual = _mm512_fmadd_ps(b_rest, b_rest, _mm512_fmadd_ps(a_rest, a_rest, split.residual));
}

/// The same for d <= 16, xh and xl of a feature side by side.
inline void split_paired(const float* x, std::int64_t d, Split& split) {
  const __m512 a = _mm512_maskz_loadu_ps(lanes_left(d), x);
  const __m512 high = to_bfloat16(a);
  const __m512 rest = _mm512_sub_ps(a, high);
  const __m512 low = to_bfloat16(rest);
  split.high = pair_lanes(high, low);
  split.square = _mm512_mul_ps(a, a);
  split.residual = _mm512_mul_ps(rest, rest);
}

inline __m512 low_pairs(__m512 a, __m512 b) {
  return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}
inline __m512 high_pairs(__m512 a, __m512 b) {
  return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

/// Combines 16 vectors into one whose lane i is vector i reduced over its lanes. combine(i, halves) sets vector i of the next
/// round from vectors 2 i and 2 i + 1, given a function that splits a pair of them into the halves to be combined.
template <typename Combine>
inline void reduce_sixteen(const Combine& combine) {
  const auto words = [](__m512 a, __m512 b) { return std::pair(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)); };
  const auto pairs = [](__m512 a, __m512 b) { return std::pair(low_pairs(a, b), high_pairs(a, b)); };
  const auto quarters = [](__m512 a, __m512 b) {
    return std::pair(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD));
  };
  for (int i = 0; i < 8; ++i) combine(i, words);
  for (int i = 0; i < 4; ++i) combine(i, pairs);
  for (int i = 0; i < 2; ++i) combine(i, quarters);
  combine(0, quarters);
}

/// Sums of 16 vectors over their lanes.
inline __m512 sum_rows(__m512* sums) {
  reduce_sixteen([&](int i, const auto& halves) {
    const auto [a, b] = halves(sums[2 * i], sums[2 * i + 1]);
    sums[i] = _mm512_add_ps(a, b);
  });
  return sums[0];
}

/// The two largest tagged scores of each of 16 rows, whose candidates lie on the lanes of best[i] and second[i]: one row a
/// lane.
inline void best_of_rows(__m512* best, __m512* second) {
  reduce_sixteen([&](int i, const auto& halves) {
    const auto [best_a, best_b] = halves(best[2 * i], best[2 * i + 1]);
    const auto [second_a, second_b] = halves(second[2 * i], second[2 * i + 1]);
    best[i] = _mm512_max_ps(best_a, best_b);
    second[i] = _mm512_max_ps(_mm512_max_ps(second_a, second_b), _mm512_min_ps(best_a, best_b));
  });
}

class AmxWorker final : public NearestWorker {
 public:
  AmxWorker(const ScreenCentroids& screen, std::unique_ptr<NearestWorker> base)
      : screen_(screen), base_(std::move(base)), plan_(plan_amx(screen.features(), screen.segments())) {}

  std::int64_t nearest(MatrixView<const float> rows, std::span<const std::int32_t> list,
                       const NearestResults& results) override {
    if (plan_.screen == AmxScreen::none || !results.second.empty() || gave_up_) return base_->nearest(rows, list, results);
    if (!centroids_) pack_centroids();
    open_.clear();
    configure_tiles();
    for (std::size_t first = 0; first < list.size(); first += kGroupRows) {
      const std::size_t count = std::min<std::size_t>(kGroupRows, list.size() - first);
      const auto part = [&](auto span) { return span.empty() ? span : span.subspan(first, count); };
      upcoming_ = list.subspan(first + count);
      upcoming_ = upcoming_.first(std::min<std::size_t>(kGroupRows, upcoming_.size()));
      screen_group(rows, part(list), {part(results.first), part(results.slack), {}}, static_cast<std::int32_t>(first));
    }
    _tile_release();
    seen_ += std::ssize(list);
    opened_ += std::ssize(open_);
    constexpr std::int64_t kTrial = 2048;
    gave_up_ = seen_ >= kTrial && opened_ > seen_ / 4;  // rows that tie or are badly conditioned: the screen is in the way
    return decide_open(rows, list, results);
  }

  void distances(MatrixView<const float> rows, std::span<const std::int32_t> list, std::span<const std::int32_t> labels,
                 std::span<double> distance2) override {
    base_->distances(rows, list, labels, distance2);
  }

  void move_rows(MatrixView<const float> rows, std::span<const Move> moves, const RowWeights& weights,
                 MatrixView<double> sums) override {
    base_->move_rows(rows, moves, weights, sums);
  }

 private:
  /// What the screen found for 16 rows.
  struct Found {
    alignas(64) float threshold[kLanes];  ///< what a score plus its bound must reach; -infinity: not safe to screen
    alignas(64) float slack[kLanes];
    alignas(64) std::int32_t place[kLanes];
    alignas(64) float norm[kLanes];
    __mmask16 certified;
  };

  /// Bounds of a class's scores for 16 rows.
  struct ClassError {
    alignas(64) float of_row[kLanes];
  };

  void configure_tiles() {
    struct alignas(64) {
      std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t column_bytes[16] = {};
      std::uint8_t rows[16] = {};
    } config;
    for (int tile = 0; tile < 8; ++tile) {
      config.column_bytes[tile] = 64;
      config.rows[tile] = 16;
    }
    _tile_loadconfig(&config);
  }

  void pack_centroids() {
    const std::int64_t d = screen_.features();
    places_ = make_screen_centroids(screen_.centroids, kLanes);
    tiles_ = static_cast<int>((places_.blocks() + 1) / 2 * 2);  // an even number: products are made two by two
    b_tiles_ = plan_.centroid_tiles();
    score_stride_ = tiles_ * kLanes + kLanes;  // not a power of two: rows would share cache sets
    centroids_ = zeroed<std::int32_t>(tiles_ * b_tiles_ * kTileDwords);
    start_ = zeroed<float>(tiles_ * kLanes);
    rows_ = zeroed<std::int32_t>(2 * plan_.a_tiles * kTileDwords);
    scores_ = zeroed<float>(kGroupRows * score_stride_);
    std::fill_n(start_.get(), tiles_ * kLanes, kLowest);
    for (std::int64_t tile = 0; tile < places_.blocks(); ++tile) pack_tile(tile, d);
    errors_.resize(classes_.size());
  }

  /// Asks for some rows of the next group, so that memory works while this one is screened: all of them in so many calls.
  void prefetch_rows(MatrixView<const float> rows, std::size_t calls) const {
    const std::size_t count = std::min((kGroupRows + calls - 1) / calls, upcoming_.size());
    for (const std::int32_t row : upcoming_.first(count)) {
      const float* x = rows.data + row * rows.columns;
      for (std::int64_t j = 0; j < rows.columns; j += kLanes) _mm_prefetch(reinterpret_cast<const char*>(x + j), _MM_HINT_T0);
    }
    upcoming_ = upcoming_.subspan(count);
  }

  template <typename T>
  static hwy::AlignedFreeUniquePtr<T[]> zeroed(std::int64_t count) {
    auto values = hwy::AllocateAligned<T>(static_cast<std::size_t>(count));
    if (!values) throw std::bad_alloc();
    std::fill_n(values.get(), count, T{});
    return values;
  }

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
    if (classes_.empty()) return true;
    const float least = places_.block_norm[static_cast<std::size_t>(classes_.back().first_tile)];
    return norm > 4.0F * least;
  }

  /// Writes one centroid into its tile; returns an upper bound of ||c - ch||.
  float pack_centroid(std::int64_t tile, std::int64_t lane, const float* c, std::int64_t d) {
    Split split{};
    alignas(64) std::int32_t lanes[kLanes];
    const auto put = [&](int b_tile, __m512i values) {
      _mm512_store_si512(lanes, values);
      std::int32_t* into = centroids_.get() + (tile * b_tiles_ + b_tile) * kTileDwords;
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

  /// Packs the rows of a group; norms and residuals (upper bounds of ||x|| and ||x - xh||) [32].
  void pack_rows(MatrixView<const float> rows, std::span<const std::int32_t> list, float* norm, float* residual) {
    const std::int64_t d = screen_.features();
    const float slack = exact::norm_slack(d);
    __m512 square[kLanes], rest[kLanes];
    for (std::int64_t half = 0; half < kGroupRows; half += kLanes) {
      for (std::int64_t i = 0; i < kLanes; ++i) {
        Split split{};
        if (half + i < std::ssize(list)) {
          pack_row(rows.data + list[static_cast<std::size_t>(half + i)] * d, d,
                   rows_.get() + half / kLanes * plan_.a_tiles * kTileDwords + i * kLanes, split);
        }
        square[i] = split.square;
        rest[i] = split.residual;
      }
      const auto upper = [&](__m512 sum) {  // as exact::upper_norm
        return _mm512_fmadd_ps(_mm512_sqrt_ps(sum), _mm512_set1_ps(slack), _mm512_set1_ps(exact::kFlushedNorm));
      };
      _mm512_store_ps(norm + half, upper(sum_rows(square)));
      _mm512_store_ps(residual + half, upper(sum_rows(rest)));
    }
  }

  /// Writes one row into its place in the tiles.
  void pack_row(const float* x, std::int64_t d, std::int32_t* into, Split& split) const {
    if (plan_.paired) {
      split_paired(x, d, split);
      _mm512_store_si512(into, split.high);
      return;
    }
    for (int step = 0; step * 32 < d; ++step) {
      split_step(x, d, step * 32, split);
      if (plan_.screen == AmxScreen::single) {
        _mm512_store_si512(into + step * kTileDwords, split.high);
      } else {
        _mm512_store_si512(into + 2 * step * kTileDwords, split.high);
        _mm512_store_si512(into + (2 * step + 1) * kTileDwords, split.low);
      }
    }
  }

  /// Scores of 32 packed rows against all centroids, the accumulators starting at -||c||^2 / 2.
  void multiply() {
    const std::int32_t* a = rows_.get();
    const std::int32_t* a_lower = a + plan_.a_tiles * kTileDwords;
    const auto stride = static_cast<std::size_t>(score_stride_) * sizeof(float);
    for (int tile = 0; tile < tiles_; tile += 2) {
      const std::int32_t* b = centroids_.get() + static_cast<std::int64_t>(tile) * b_tiles_ * kTileDwords;
      const std::int32_t* b_right = b + b_tiles_ * kTileDwords;
      _tile_loadd(0, start_.get() + tile * kLanes, 0);
      _tile_loadd(1, start_.get() + (tile + 1) * kLanes, 0);
      _tile_loadd(2, start_.get() + tile * kLanes, 0);
      _tile_loadd(3, start_.get() + (tile + 1) * kLanes, 0);
      const auto product = [&](int a_tile, int b_tile) {
        _tile_loadd(4, a + a_tile * kTileDwords, 64);
        _tile_loadd(6, b + b_tile * kTileDwords, 64);
        _tile_loadd(7, b_right + b_tile * kTileDwords, 64);
        _tile_loadd(5, a_lower + a_tile * kTileDwords, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      };
      if (plan_.paired) {
        product(0, 0);
        product(0, 1);
      } else if (plan_.screen == AmxScreen::single) {
        for (int step = 0; step < plan_.steps; ++step) product(step, step);
      } else {
        for (int step = 0; step < plan_.a_tiles; step += 2) {
          product(step, step);      // xh.ch
          product(step + 1, step);  // xl.ch
          product(step, step + 1);  // xh.cl
        }
      }
      float* into = scores_.get() + tile * kLanes;
      _tile_stored(0, into, stride);
      _tile_stored(1, into + kLanes, stride);
      _tile_stored(2, into + kLanes * score_stride_, stride);
      _tile_stored(3, into + kLanes * score_stride_ + kLanes, stride);
    }
  }

  /// What separates a tagged score from the exact one for the centroids of a class, and the order of the reference distances;
  /// derived in docs/numerics.md.
  [[nodiscard]] __m512 error_of(const NormClass& group, int tag_bits, __m512 norm, __m512 residual) const {
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
    const float unit = steps * 0x1p-23F + std::ldexp(1.0F, tag_bits - 22);  // accumulation; the bits that the tag replaced
    const __m512 scale = _mm512_fmadd_ps(norm, c, _mm512_mul_ps(c, c));
    __m512 error = _mm512_fmadd_ps(_mm512_set1_ps(unit * kLoose), scale, parts);
    error = _mm512_fmadd_ps(_mm512_mul_ps(norm, norm), _mm512_set1_ps(screen_.bound.row), error);
    return _mm512_fmadd_ps(error, _mm512_set1_ps(kLoose), _mm512_set1_ps(screen_.bound.underflow * 4.0F));
  }

  /// The two best tagged scores of 16 rows within a class.
  void search(MatrixView<const float> rows, const NormClass& group, std::int64_t first_row, int tag_bits, __m512& best,
              __m512& second) const {
    __m512 bests[kLanes], seconds[kLanes];
    const __m512i keep = _mm512_set1_epi32(static_cast<int>(~0U << static_cast<unsigned>(tag_bits)));
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const auto tagged = [&](const float* score, __m512i tag) {  // (score & keep) | tag
      return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_load_si512(score), keep, tag, 0xEA));
    };
    for (std::int64_t i = 0; i < kLanes; i += 4) {
      prefetch_rows(rows, kGroupRows / 4);
      const float* score = scores_.get() + (first_row + i) * score_stride_ + group.first_tile * kLanes;
      __m512i tag = lanes;
      __m512 b[4], s[4];
      for (int q = 0; q < 4; ++q) {
        b[q] = tagged(score + q * score_stride_, tag);
        s[q] = _mm512_set1_ps(-kInfinity);
      }
      for (int tile = 1; tile < group.tiles; ++tile) {
        tag = _mm512_add_epi32(tag, _mm512_set1_epi32(16));
        for (int q = 0; q < 4; ++q) {
          const __m512 t = tagged(score + q * score_stride_ + tile * kLanes, tag);
          s[q] = _mm512_max_ps(s[q], _mm512_min_ps(b[q], t));
          b[q] = _mm512_max_ps(b[q], t);
        }
      }
      for (int q = 0; q < 4; ++q) {
        bests[i + q] = b[q];
        seconds[i + q] = s[q];
      }
    }
    best_of_rows(bests, seconds);
    best = bests[0];
    second = seconds[0];
  }

  /// Finds the best centroid of 16 screened rows and whether it is certified.
  void certify(MatrixView<const float> rows, std::int64_t first_row, const float* norms, const float* residuals, Found& found) {
    const __m512 norm = _mm512_load_ps(norms + first_row);
    const __m512 residual = _mm512_load_ps(residuals + first_row);
    __m512 best = _mm512_set1_ps(-kInfinity), best_error = _mm512_setzero_ps(), rival = best;
    __m512i place = _mm512_setzero_si512();
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      const NormClass& group = classes_[i];
      const int tag_bits = 4 + static_cast<int>(std::bit_width(static_cast<unsigned>(group.tiles - 1)));
      const __m512 error = error_of(group, tag_bits, norm, residual);
      _mm512_store_ps(errors_[i].of_row, error);
      __m512 first, second;
      search(rows, group, first_row, tag_bits, first, second);
      const __m512i tag = _mm512_andnot_si512(_mm512_set1_epi32(static_cast<int>(~0U << static_cast<unsigned>(tag_bits))),
                                              _mm512_castps_si512(first));
      const __mmask16 better = _mm512_cmp_ps_mask(first, best, _CMP_GT_OQ);
      const __m512 loser = _mm512_mask_blend_ps(better, _mm512_add_ps(first, error), _mm512_add_ps(best, best_error));
      rival = _mm512_max_ps(rival, _mm512_max_ps(loser, _mm512_add_ps(second, error)));
      best = _mm512_mask_blend_ps(better, best, first);
      best_error = _mm512_mask_blend_ps(better, best_error, error);
      place = _mm512_mask_blend_epi32(better, place, _mm512_add_epi32(tag, _mm512_set1_epi32(group.first_tile * 16)));
    }
    const __m512 threshold = _mm512_sub_ps(best, best_error);
    const __m512 reach = _mm512_add_ps(norm, _mm512_set1_ps(screen_.largest_norm));
    const __mmask16 safe = _mm512_cmp_ps_mask(reach, _mm512_set1_ps(kSafeReach), _CMP_LT_OQ);
    found.certified = static_cast<__mmask16>(safe & _mm512_cmp_ps_mask(threshold, rival, _CMP_GT_OQ));
    _mm512_store_ps(found.threshold, _mm512_mask_blend_ps(safe, _mm512_set1_ps(-kInfinity), threshold));
    _mm512_store_ps(found.slack, _mm512_maskz_mov_ps(found.certified, slack_of(norm, threshold, rival)));
    _mm512_store_si512(found.place, place);
    _mm512_store_ps(found.norm, norm);
  }

  /// As in screen_tile-inl.hpp.
  static __m512 slack_of(__m512 norm, __m512 threshold, __m512 rival) {
    const __m512 loose = _mm512_set1_ps(1.0F + 0x1p-18F), tight = _mm512_set1_ps(1.0F - 0x1p-18F);
    const __m512 square = _mm512_mul_ps(norm, norm);
    const __m512 twice = _mm512_add_ps(threshold, threshold);
    const __m512 rounding = _mm512_mul_ps(_mm512_add_ps(square, _mm512_abs_ps(twice)), _mm512_set1_ps(0x1p-20F));
    const __m512 nearest2 = _mm512_max_ps(_mm512_setzero_ps(), _mm512_add_ps(_mm512_sub_ps(square, twice), rounding));
    const __m512 difference = _mm512_mul_ps(_mm512_set1_ps(2.0F), _mm512_sub_ps(threshold, rival));
    const __m512 farther = _mm512_mul_ps(_mm512_sqrt_ps(_mm512_add_ps(nearest2, difference)), loose);
    const __m512 gap =
        _mm512_div_ps(_mm512_mul_ps(difference, tight), _mm512_add_ps(farther, _mm512_mul_ps(_mm512_sqrt_ps(nearest2), loose)));
    return _mm512_max_ps(_mm512_setzero_ps(), _mm512_fnmadd_ps(farther, _mm512_set1_ps(0x1p-20F), gap));
  }

  /// @param at place of the group's first row in the whole list
  void screen_group(MatrixView<const float> rows, std::span<const std::int32_t> list, const NearestResults& results,
                    std::int32_t at) {
    alignas(64) float norm[kGroupRows], residual[kGroupRows];
    pack_rows(rows, list, norm, residual);
    multiply();
    for (std::int64_t half = 0; half < std::ssize(list); half += kLanes) {
      Found found;
      certify(rows, half, norm, residual, found);
      const std::int64_t count = std::min(kLanes, std::ssize(list) - half);
      for (std::int64_t lane = 0; lane < count; ++lane) {
        results.first[static_cast<std::size_t>(half + lane)] =
            places_.place_centroid[static_cast<std::size_t>(found.place[lane])];
      }
      if (!results.slack.empty()) std::copy_n(found.slack, count, results.slack.data() + half);
      for (unsigned left = ~unsigned{found.certified} & unsigned{lanes_left(count)}; left != 0; left &= left - 1) {
        const std::int64_t lane = std::countr_zero(left);
        const std::span<const float> x = rows.row(list[static_cast<std::size_t>(half + lane)]);
        if (!decide_row(x, half + lane, found, results)) open_.push_back(at + static_cast<std::int32_t>(half + lane));
      }
    }
  }

  /// A second look, in float32, at the centroids that the screen leaves a row; returns whether that certifies one of them.
  bool decide_row(std::span<const float> x, std::int64_t row, const Found& found, const NearestResults& results) {
    constexpr std::size_t kMostCandidates = 32;
    const std::int64_t lane = row % kLanes;
    const float threshold = found.threshold[lane];
    const float norm = found.norm[lane];
    std::int32_t best_centroid = -1;
    float best = -kInfinity, best_error = 0.0F, rival = -kInfinity;
    std::size_t candidates = 0;
    if (!(threshold > -kInfinity)) return false;
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      const __m512 error = _mm512_set1_ps(errors_[i].of_row[lane]);
      for (int tile = classes_[i].first_tile; tile < classes_[i].first_tile + classes_[i].tiles; ++tile) {
        const __m512 score = _mm512_load_ps(scores_.get() + row * score_stride_ + tile * kLanes);
        const __mmask16 within = _mm512_cmp_ps_mask(_mm512_add_ps(score, error), _mm512_set1_ps(threshold), _CMP_GE_OQ);
        for (unsigned left = within; left != 0; left &= left - 1) {
          if (++candidates > kMostCandidates) return false;
          const std::int32_t c = places_.place_centroid[static_cast<std::size_t>(tile * kLanes + std::countr_zero(left))];
          const auto number = static_cast<std::size_t>(c);
          const float exact_error = screen_.bound.error(norm, screen_.norm[number]);
          float value = dot(x, screen_.centroids.row(c)) - screen_.half_square[number];
          float bound = exact_error;
          if (value > best) {
            std::swap(value, best);
            std::swap(bound, best_error);
            best_centroid = c;
          }
          rival = std::max(rival, value + bound);
        }
      }
    }
    const float lower = best - best_error;
    if (!(lower > rival)) return false;
    results.first[static_cast<std::size_t>(row)] = best_centroid;
    if (!results.slack.empty()) {  // of the others, none scores more than the threshold that it missed
      const float most = std::max(rival, threshold);
      results.slack[static_cast<std::size_t>(row)] =
          lower > most ? _mm512_cvtss_f32(slack_of(_mm512_set1_ps(norm), _mm512_set1_ps(lower), _mm512_set1_ps(most))) : 0.0F;
    }
    return true;
  }

  static float dot(std::span<const float> x, std::span<const float> c) {
    __m512 sum = _mm512_setzero_ps();
    const std::int64_t d = std::ssize(x);
    for (std::int64_t j = 0; j < d; j += kLanes) {
      const __mmask16 lanes = lanes_left(d - j);
      sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, x.data() + j), _mm512_maskz_loadu_ps(lanes, c.data() + j), sum);
    }
    return _mm512_reduce_add_ps(sum);
  }

  /// Gives the rows that are still open to the float32 screen.
  std::int64_t decide_open(MatrixView<const float> rows, std::span<const std::int32_t> list, const NearestResults& results) {
    if (open_.empty()) return 0;
    open_rows_.clear();
    for (const std::int32_t place : open_) open_rows_.push_back(list[static_cast<std::size_t>(place)]);
    open_first_.resize(open_.size());
    open_slack_.resize(results.slack.empty() ? 0 : open_.size());
    const std::int64_t reference_rows = base_->nearest(rows, open_rows_, {open_first_, open_slack_, {}});
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const auto place = static_cast<std::size_t>(open_[i]);
      results.first[place] = open_first_[i];
      if (!results.slack.empty()) results.slack[place] = open_slack_[i];
    }
    return reference_rows;
  }

  const ScreenCentroids& screen_;
  std::unique_ptr<NearestWorker> base_;
  AmxPlan plan_;
  ScreenCentroids places_;  ///< the centroids in tiles of 16, by norm
  std::vector<NormClass> classes_;
  int tiles_ = 0;
  int b_tiles_ = 0;  ///< per tile of centroids
  std::int64_t score_stride_ = 0;
  hwy::AlignedFreeUniquePtr<std::int32_t[]> centroids_;  ///< [tiles x b_tiles x 16 x 16] pairs of bfloat16
  hwy::AlignedFreeUniquePtr<float[]> start_;             ///< [tiles x 16] -||c||^2 / 2
  hwy::AlignedFreeUniquePtr<std::int32_t[]> rows_;       ///< [2 x a_tiles x 16 x 16] of the present group
  hwy::AlignedFreeUniquePtr<float[]> scores_;            ///< [32 x score_stride]
  std::vector<ClassError> errors_;
  std::vector<std::int32_t> open_;  ///< places in the list that neither screen nor second look decided
  std::vector<std::int32_t> open_rows_, open_first_;
  std::vector<float> open_slack_;
  mutable std::span<const std::int32_t> upcoming_;  ///< rows of the next group that were not asked for yet
  std::int64_t seen_ = 0;
  std::int64_t opened_ = 0;
  bool gave_up_ = false;
};

}  // namespace

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace {

/// Whether the processor has the instructions and the system keeps tiles across context switches, which it must be asked to.
bool amx_works() {
  constexpr int kRequestState = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  const bool has = (d >> 22 & 1U) != 0 && (d >> 24 & 1U) != 0;  // AMX-BF16, AMX-TILE
  return has && syscall(SYS_arch_prctl, kRequestState, kTileData) == 0;
}

}  // namespace

std::optional<CpuLevel> amx_level(const CpuLevel& base) {
  if (base.name != "avx3" || !amx_works()) return std::nullopt;
  return CpuLevel{"amx", base.tile_centroids, [base](const ScreenCentroids& centroids) -> std::unique_ptr<NearestWorker> {
                    return std::make_unique<AmxWorker>(centroids, base.make_worker(centroids));
                  }};
}

}  // namespace tessera

#else

namespace tessera {

std::optional<CpuLevel> amx_level(const CpuLevel&) { return std::nullopt; }

}  // namespace tessera

#endif
