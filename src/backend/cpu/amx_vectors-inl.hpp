// SPDX-License-Identifier: Apache-2.0
// Included by amx_worker.cpp only, inside the part that is compiled for AVX-512 and AMX.
#pragma once

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

template <typename T>
hwy::AlignedFreeUniquePtr<T[]> zeroed(std::int64_t count) {
  auto values = hwy::AllocateAligned<T>(static_cast<std::size_t>(count));
  if (!values) throw std::bad_alloc();
  std::fill_n(values.get(), count, T{});
  return values;
}

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

/// exact::slack_of of vectors; there are at least two centroids.
inline __m512 slack_of(__m512 norm, __m512 threshold, __m512 rival) {
  const __m512 loose = _mm512_set1_ps(1.0F + exact::kSlackLoose), tight = _mm512_set1_ps(1.0F - exact::kSlackLoose);
  const __m512 square = _mm512_mul_ps(norm, norm);
  const __m512 twice = _mm512_add_ps(threshold, threshold);
  const __m512 rounding = _mm512_mul_ps(_mm512_add_ps(square, _mm512_abs_ps(twice)), _mm512_set1_ps(exact::kSlackRounding));
  const __m512 nearest2 = _mm512_max_ps(_mm512_setzero_ps(), _mm512_add_ps(_mm512_sub_ps(square, twice), rounding));
  const __m512 difference = _mm512_mul_ps(_mm512_set1_ps(2.0F), _mm512_sub_ps(threshold, rival));
  const __m512 farther = _mm512_mul_ps(_mm512_sqrt_ps(_mm512_add_ps(nearest2, difference)), loose);
  const __m512 gap =
      _mm512_div_ps(_mm512_mul_ps(difference, tight), _mm512_add_ps(farther, _mm512_mul_ps(_mm512_sqrt_ps(nearest2), loose)));
  return _mm512_max_ps(_mm512_setzero_ps(), _mm512_fnmadd_ps(farther, _mm512_set1_ps(exact::kSlackRounding), gap));
}

inline float dot(std::span<const float> x, std::span<const float> c) {
  __m512 sum = _mm512_setzero_ps();
  const std::int64_t d = std::ssize(x);
  for (std::int64_t j = 0; j < d; j += kLanes) {
    const __mmask16 lanes = lanes_left(d - j);
    sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, x.data() + j), _mm512_maskz_loadu_ps(lanes, c.data() + j), sum);
  }
  return _mm512_reduce_add_ps(sum);
}

}  // namespace
}  // namespace tessera
