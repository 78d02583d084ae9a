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
#include <optional>
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

#include "backend/cpu/amx_vectors-inl.hpp"
// After the vectors that it uses.
#include "backend/cpu/amx_centroids-inl.hpp"

namespace tessera {
namespace {

class AmxWorker final : public NearestWorker {
 public:
  AmxWorker(const ScreenCentroids& screen, std::unique_ptr<NearestWorker> base)
      : screen_(screen), base_(std::move(base)), plan_(plan_amx(screen.features(), screen.segments())) {}

  std::int64_t nearest(MatrixView<const float> rows, std::span<const std::int32_t> list,
                       const NearestResults& results) override {
    if (plan_.screen == AmxScreen::none || !results.second.empty() || gave_up_) return base_->nearest(rows, list, results);
    if (!centroids_) prepare();
    open_.clear();
    configure_tiles();
    const auto stretch = std::min(list.size(), static_cast<std::size_t>(kStretchBytes / (rows.columns * 4) + kGroupRows));
    for (const std::int32_t row : list.first(stretch)) ask_for_row(rows, row);
    for (std::size_t first = 0; first < list.size(); first += kGroupRows) {
      const std::size_t count = std::min<std::size_t>(kGroupRows, list.size() - first);
      const auto part = [&](auto span) { return span.empty() ? span : span.subspan(first, count); };
      pack_rows(rows, part(list), list.subspan(std::min(first + stretch, list.size())));
      screen_group(rows, part(list), {part(results.first), part(results.slack), {}}, static_cast<std::int32_t>(first));
    }
    _tile_release();
    seen_ += std::ssize(list);
    opened_ += std::ssize(open_);
    constexpr std::int64_t kTrial = 2048;
    gave_up_ = seen_ >= kTrial && opened_ > seen_ / 4;  // rows that tie or are badly conditioned: the screen is in the way
    return decide_open(rows, list, results);
  }

  void nearest_gaps(MatrixView<const float> rows, const GapRows& gaps) override { base_->nearest_gaps(rows, gaps); }

  void distances(MatrixView<const float> rows, std::span<const std::int32_t> list, std::span<const std::int32_t> labels,
                 std::span<double> distance2) override {
    base_->distances(rows, list, labels, distance2);
  }

  void move_rows(MatrixView<const float> rows, std::span<const Move> moves, const RowWeights& weights,
                 MatrixView<double> sums) override {
    base_->move_rows(rows, moves, weights, sums);
  }

 private:
  static constexpr std::int64_t kStretchBytes = std::int64_t{64} << 10;  ///< of rows that are asked for before they are packed

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

  /// Packs the centroids; here and not in the constructor, so that every thread does it for itself.
  void prepare() {
    centroids_.emplace(screen_, plan_);
    score_stride_ = centroids_->tiles() * kLanes + kLanes;  // not a power of two: rows would share cache sets
    rows_ = zeroed<std::int32_t>(2 * plan_.a_tiles * kTileDwords);
    scores_ = zeroed<float>(kGroupRows * score_stride_);
    errors_.resize(centroids_->classes().size());
  }

  /// Asks memory for a row; what the tiles do later finds it in the cache.
  static void ask_for_row(MatrixView<const float> rows, std::int32_t row) {
    const float* x = rows.data + row * rows.columns;
    for (std::int64_t j = 0; j < rows.columns; j += kLanes) _mm_prefetch(reinterpret_cast<const char*>(x + j), _MM_HINT_T1);
  }

  /// Packs the rows of a group, with norms and residuals (upper bounds of ||x|| and ||x - xh||).
  /// @param ahead  rows to ask memory for meanwhile
  void pack_rows(MatrixView<const float> rows, std::span<const std::int32_t> list, std::span<const std::int32_t> ahead) {
    const std::int64_t d = screen_.features();
    const float slack = exact::norm_slack(d);
    __m512 square[kLanes], rest[kLanes];
    for (std::int64_t half = 0; half < kGroupRows; half += kLanes) {
      for (std::int64_t i = 0; i < kLanes; ++i) {
        Split split{};
        if (half + i < std::ssize(ahead)) ask_for_row(rows, ahead[static_cast<std::size_t>(half + i)]);
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
      _mm512_store_ps(norm_ + half, upper(sum_rows(square)));
      _mm512_store_ps(residual_ + half, upper(sum_rows(rest)));
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
    for (int tile = 0; tile < centroids_->tiles(); tile += 2) {
      const std::int32_t* b = centroids_->tile(tile);
      const std::int32_t* b_right = centroids_->tile(tile + 1);
      _tile_loadd(0, centroids_->start(tile), 0);
      _tile_loadd(1, centroids_->start(tile + 1), 0);
      _tile_loadd(2, centroids_->start(tile), 0);
      _tile_loadd(3, centroids_->start(tile + 1), 0);
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

  /// The two best tagged scores of 16 rows within a class.
  void search(const NormClass& group, std::int64_t first_row, __m512& best, __m512& second) const {
    __m512 bests[kLanes], seconds[kLanes];
    const __m512i keep = _mm512_set1_epi32(static_cast<int>(~0U << static_cast<unsigned>(group.tag_bits())));
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const auto tagged = [&](const float* score, __m512i tag) {  // (score & keep) | tag
      return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_load_si512(score), keep, tag, 0xEA));
    };
    for (std::int64_t i = 0; i < kLanes; i += 4) {
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
  void certify(std::int64_t first_row, Found& found) {
    const __m512 norm = _mm512_load_ps(norm_ + first_row);
    const __m512 residual = _mm512_load_ps(residual_ + first_row);
    __m512 best = _mm512_set1_ps(-kInfinity), best_error = _mm512_setzero_ps(), rival = best;
    __m512i place = _mm512_setzero_si512();
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      const NormClass& group = centroids_->classes()[i];
      const __m512 error = centroids_->error_of(group, norm, residual);
      _mm512_store_ps(errors_[i].of_row, error);
      __m512 first, second;
      search(group, first_row, first, second);
      const __m512i tag = _mm512_and_si512(_mm512_set1_epi32((1 << group.tag_bits()) - 1), _mm512_castps_si512(first));
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

  /// Decides the packed rows. @param at  place of the first in the whole list
  void screen_group(MatrixView<const float> rows, std::span<const std::int32_t> list, const NearestResults& results,
                    std::int32_t at) {
    multiply();
    for (std::int64_t half = 0; half < std::ssize(list); half += kLanes) {
      Found found;
      certify(half, found);
      const std::int64_t count = std::min(kLanes, std::ssize(list) - half);
      for (std::int64_t lane = 0; lane < count; ++lane) {
        results.first[static_cast<std::size_t>(half + lane)] = centroids_->at(found.place[lane]);
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
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      const __m512 error = _mm512_set1_ps(errors_[i].of_row[lane]);
      const NormClass& group = centroids_->classes()[i];
      for (int tile = group.first_tile; tile < group.first_tile + group.tiles; ++tile) {
        const __m512 score = _mm512_load_ps(scores_.get() + row * score_stride_ + tile * kLanes);
        const __mmask16 within = _mm512_cmp_ps_mask(_mm512_add_ps(score, error), _mm512_set1_ps(threshold), _CMP_GE_OQ);
        for (unsigned left = within; left != 0; left &= left - 1) {
          if (++candidates > kMostCandidates) return false;
          const std::int32_t c = centroids_->at(tile * kLanes + std::countr_zero(left));
          const auto number = static_cast<std::size_t>(c);
          float value = dot(x, screen_.centroids.row(c)) - screen_.half_square[number];
          float bound = screen_.bound.error(norm, screen_.norm[number]);
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
  std::optional<AmxCentroids> centroids_;
  std::int64_t score_stride_ = 0;
  hwy::AlignedFreeUniquePtr<std::int32_t[]> rows_;  ///< [2 x a_tiles x 16 x 16] of the present group
  alignas(64) float norm_[kGroupRows];              ///< of its rows
  alignas(64) float residual_[kGroupRows];
  hwy::AlignedFreeUniquePtr<float[]> scores_;  ///< [32 x score_stride]
  std::vector<ClassError> errors_;
  std::vector<std::int32_t> open_;  ///< places in the list that neither screen nor second look decided
  std::vector<std::int32_t> open_rows_, open_first_;
  std::vector<float> open_slack_;
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
