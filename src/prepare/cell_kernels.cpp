// SPDX-License-Identifier: Apache-2.0
#include "prepare/cell_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/highway_targets.hpp"
#include "prepare/distinct.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "prepare/cell_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h, as Highway asks for.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Lanes of a float64 sum; see sum_block.
constexpr std::size_t kLanes = 8;
using Double = hn::CappedTag<double, kLanes>;
template <typename T>
using Wide = hn::ScalableTag<T>;

/// Calls visit(vector, cells) for the cells in row order, `step` at a time; the last vector is filled up with NaN.
template <typename T, typename Visit>
HWY_INLINE void for_vectors(std::span<const T> values, Visit visit) {
  const Wide<T> tag;
  const std::size_t step = hn::Lanes(tag);
  std::size_t i = 0;
  for (; i + step <= values.size(); i += step) visit(hn::LoadU(tag, values.data() + i), step);
  if (i == values.size()) return;
  HWY_ALIGN T rest[hn::MaxLanes(Wide<T>())];
  std::fill(std::begin(rest), std::end(rest), std::numeric_limits<T>::quiet_NaN());
  std::copy(values.begin() + static_cast<std::ptrdiff_t>(i), values.end(), rest);
  visit(hn::Load(tag, rest), values.size() - i);
}

template <typename T>
HWY_INLINE auto present_cells(Wide<T> tag, hn::Vec<Wide<T>> x) {
  return hn::Le(hn::Abs(x), hn::Set(tag, std::numeric_limits<T>::max()));
}

template <typename T>
CellCounts count(std::span<const T> values) {
  const Wide<T> tag;
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const auto zero = hn::Zero(tag);
  auto low = hn::Set(tag, kInfinity);
  auto high = hn::Set(tag, -kInfinity);
  std::size_t present = 0, zeros = 0, negatives = 0;
  for_vectors(values, [&](auto x, std::size_t) {
    const auto finite = present_cells<T>(tag, x);
    present += hn::CountTrue(tag, finite);
    zeros += hn::CountTrue(tag, hn::Eq(x, zero));
    negatives += hn::CountTrue(tag, hn::And(finite, hn::Lt(x, zero)));
    low = hn::Min(low, hn::IfThenElse(finite, x, hn::Set(tag, kInfinity)));
    high = hn::Max(high, hn::IfThenElse(finite, x, hn::Set(tag, -kInfinity)));
  });
  CellCounts counts;
  counts.missing = static_cast<std::int64_t>(values.size() - present);
  counts.zeros = static_cast<std::int64_t>(zeros);
  counts.negatives = static_cast<std::int64_t>(negatives);
  counts.min = static_cast<double>(hn::GetLane(hn::MinOfLanes(tag, low))) + 0.0;  // -0 becomes +0
  counts.max = static_cast<double>(hn::GetLane(hn::MaxOfLanes(tag, high))) + 0.0;
  if (counts.missing == 0) return counts;
  for (const T x : values) counts.infinite += std::isinf(x) ? 1 : 0;
  return counts;
}

/// Cells as float64, as many as Double has lanes.
HWY_INLINE hn::Vec<Double> load_double(const double* values) { return hn::LoadU(Double(), values); }
HWY_INLINE hn::Vec<Double> load_double(const float* values) {
  return hn::PromoteTo(Double(), hn::LoadU(hn::Rebind<float, Double>(), values));
}

HWY_INLINE double fold(const double* lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/// What is known of the cells of a block: none is missing; some may be, and add 0; or they have weights as well.
enum class Cells { complete, gaps, weighted };

/// The eight lanes of the sums: see sum_block. A weight of 1 is left out.
template <Cells kCells>
class Sums {
 public:
  explicit Sums(MomentFrame frame)
      : pivot_(hn::Set(Double(), frame.pivot)), inverse_unit_(hn::Set(Double(), frame.inverse_unit)) {
    for (std::size_t r = 0; r < kVectors; ++r) first_[r] = second_[r] = third_[r] = weight_[r] = hn::Zero(Double());
  }
  /// Eight cells. @param weights theirs, if they have any
  template <typename T>
  HWY_INLINE void add(const T* values, const double* weights) {
    const Double tag;
    for (std::size_t r = 0; r < kVectors; ++r) {
      const auto x = load_double(values + r * kStep);
      auto d = hn::Mul(hn::Sub(x, pivot_), inverse_unit_);
      auto w = hn::Set(tag, 1.0);
      if constexpr (kCells != Cells::complete) {
        const auto present = hn::Le(hn::Abs(x), hn::Set(tag, std::numeric_limits<double>::max()));
        if constexpr (kCells == Cells::weighted) w = hn::LoadU(tag, weights + r * kStep);
        d = hn::IfThenElseZero(present, d);
        w = hn::IfThenElseZero(present, w);
        weight_[r] = hn::Add(weight_[r], w);
      }
      const auto square = hn::Mul(d, d);
      const auto cube = hn::Mul(square, d);
      const auto times_weight = [&](auto power) { return kCells == Cells::weighted ? hn::Mul(w, power) : power; };
      first_[r] = hn::Add(first_[r], times_weight(d));
      second_[r] = hn::Add(second_[r], times_weight(square));
      third_[r] = hn::Add(third_[r], times_weight(cube));
    }
  }
  [[nodiscard]] Moments total(std::size_t cells) const {
    const double weight = kCells == Cells::complete ? static_cast<double>(cells) : folded(weight_);
    return {weight, folded(first_), folded(second_), folded(third_)};
  }

 private:
  static constexpr std::size_t kStep = hn::MaxLanes(Double());
  static constexpr std::size_t kVectors = kLanes / kStep;
  using Vector = hn::Vec<Double>;
  [[nodiscard]] static double folded(const Vector (&sums)[kVectors]) {
    HWY_ALIGN double lanes[kLanes];
    for (std::size_t r = 0; r < kVectors; ++r) hn::Store(sums[r], Double(), lanes + r * kStep);
    return fold(lanes);
  }
  Vector pivot_, inverse_unit_;
  Vector first_[kVectors], second_[kVectors], third_[kVectors], weight_[kVectors];
};

template <Cells kCells, typename T>
Moments sum_block_of(std::span<const T> values, std::span<const double> weights, MomentFrame frame) {
  const std::size_t whole = values.size() / kLanes * kLanes;
  Sums<kCells> sums(frame);
  for (std::size_t i = 0; i < whole; i += kLanes) {
    sums.add(values.data() + i, kCells == Cells::weighted ? weights.data() + i : nullptr);
  }
  if (whole != values.size()) {
    std::array<T, kLanes> rest;
    std::array<double, kLanes> rest_weights{};
    rest.fill(std::numeric_limits<T>::quiet_NaN());
    std::copy(values.begin() + static_cast<std::ptrdiff_t>(whole), values.end(), rest.begin());
    if (!weights.empty()) std::copy(weights.begin() + static_cast<std::ptrdiff_t>(whole), weights.end(), rest_weights.begin());
    sums.add(rest.data(), rest_weights.data());
  }
  return sums.total(values.size());
}

template <typename T>
Moments sum(std::span<const T> values, MomentFrame frame, bool complete) {
  if (complete && values.size() % kLanes == 0) return sum_block_of<Cells::complete>(values, {}, frame);
  return sum_block_of<Cells::gaps>(values, {}, frame);
}

template <typename T>
bool whole(std::span<const T> values, double limit) {
  const Wide<T> tag;
  const std::size_t step = hn::Lanes(tag);
  const auto below = hn::Set(tag, static_cast<T>(limit));
  const auto odd = [&](auto x) {
    const auto fits = hn::And(hn::Lt(hn::Abs(x), below), hn::Eq(hn::Trunc(x), x));
    return hn::AndNot(fits, present_cells<T>(tag, x));
  };
  std::size_t i = 0;
  for (; i + step <= values.size(); i += step) {
    if (!hn::AllFalse(tag, odd(hn::LoadU(tag, values.data() + i)))) return false;
  }
  for (; i < values.size(); ++i) {
    const T x = values[i];
    const bool fits = std::fabs(x) < static_cast<T>(limit) && std::trunc(x) == x;
    if (!fits && std::fabs(x) <= std::numeric_limits<T>::max()) return false;
  }
  return true;
}

template <typename V>
HWY_INLINE V mix(V key) {
  const hn::DFromV<V> tag;
  const auto factor = hn::Set(tag, kMixFactor);
  key = hn::Mul(hn::Xor(key, hn::ShiftRight<32>(key)), factor);
  key = hn::Mul(hn::Xor(key, hn::ShiftRight<32>(key)), factor);
  return hn::Xor(key, hn::ShiftRight<32>(key));
}

template <typename T>
std::size_t hashes(std::span<const T> values, std::uint64_t threshold, std::uint64_t* out) {
  const Double tag;
  const hn::RebindToUnsigned<Double> bits;
  const auto limit = hn::Set(bits, threshold);
  const std::size_t step = hn::Lanes(tag);
  std::size_t found = 0;
  std::size_t i = 0;
  for (; i + step <= values.size(); i += step) {
    const auto x = load_double(values.data() + i);
    const auto hash = mix(hn::BitCast(bits, hn::Add(x, hn::Zero(tag))));
    const auto present = hn::Le(hn::Abs(x), hn::Set(tag, std::numeric_limits<double>::max()));
    const auto wanted = hn::And(hn::Lt(hash, limit), hn::RebindMask(bits, present));
    if (HWY_UNLIKELY(!hn::AllFalse(bits, wanted))) found += hn::CompressBlendedStore(hash, wanted, bits, out + found);
  }
  for (; i < values.size(); ++i) {
    const std::uint64_t hash = level_hash(static_cast<double>(values[i]));
    if (std::isfinite(values[i]) && hash < threshold) out[found++] = hash;
  }
  return found;
}

template <typename T>
BracketCounts split(std::span<const T> values, T low, T high, T* between_out) {
  const Wide<T> tag;
  const auto lows = hn::Set(tag, low);
  const auto highs = hn::Set(tag, high);
  std::size_t below = 0, at_low = 0, between = 0, at_high = 0;
  for_vectors(values, [&](auto x, std::size_t) {
    below += hn::CountTrue(tag, hn::Lt(x, lows));
    at_low += hn::CountTrue(tag, hn::Eq(x, lows));
    at_high += hn::CountTrue(tag, hn::Eq(x, highs));
    const auto inside = hn::And(hn::Gt(x, lows), hn::Lt(x, highs));
    if (!hn::AllFalse(tag, inside)) between += hn::CompressBlendedStore(x, inside, tag, between_out + between);
  });
  return {static_cast<std::int64_t>(below), static_cast<std::int64_t>(at_low), static_cast<std::int64_t>(between),
          static_cast<std::int64_t>(at_high)};
}

#if HWY_TARGET != HWY_SCALAR
constexpr std::int64_t kTile = 4;
using Quad = hn::FixedTag<float, 4>;

HWY_INLINE void transpose_tile(const std::byte* data, std::ptrdiff_t stride_bytes, float* out, std::int64_t out_stride) {
  const Quad tag;
  const hn::Repartition<double, Quad> pairs;
  const auto row = [&](int i) {
    HWY_ALIGN float cells[kTile];
    std::memcpy(cells, data + i * stride_bytes, sizeof(cells));
    return hn::Load(tag, cells);
  };
  const auto a = row(0), b = row(1), c = row(2), d = row(3);
  const auto ab_low = hn::BitCast(pairs, hn::InterleaveLower(tag, a, b));
  const auto ab_high = hn::BitCast(pairs, hn::InterleaveUpper(tag, a, b));
  const auto cd_low = hn::BitCast(pairs, hn::InterleaveLower(tag, c, d));
  const auto cd_high = hn::BitCast(pairs, hn::InterleaveUpper(tag, c, d));
  hn::StoreU(hn::BitCast(tag, hn::InterleaveLower(pairs, ab_low, cd_low)), tag, out);
  hn::StoreU(hn::BitCast(tag, hn::InterleaveUpper(pairs, ab_low, cd_low)), tag, out + out_stride);
  hn::StoreU(hn::BitCast(tag, hn::InterleaveLower(pairs, ab_high, cd_high)), tag, out + 2 * out_stride);
  hn::StoreU(hn::BitCast(tag, hn::InterleaveUpper(pairs, ab_high, cd_high)), tag, out + 3 * out_stride);
}
#else
constexpr std::int64_t kTile = 1;
HWY_INLINE void transpose_tile(const std::byte* data, std::ptrdiff_t, float* out, std::int64_t) {
  std::memcpy(out, data, sizeof(float));
}
#endif

void transpose(const std::byte* data, std::ptrdiff_t stride_bytes, std::int64_t rows, std::int64_t columns, float* out,
               std::int64_t out_stride) {
  constexpr auto kBytes = static_cast<std::ptrdiff_t>(sizeof(float));
  const std::int64_t whole_rows = rows / kTile * kTile, whole_columns = columns / kTile * kTile;
  const auto copy = [&](std::int64_t i, std::int64_t j) {
    std::memcpy(out + j * out_stride + i, data + i * stride_bytes + j * kBytes, sizeof(float));
  };
  // A few rows at a time, so that they stay in the first-level cache while their columns are gone through.
  constexpr std::int64_t kRun = 16;
  for (std::int64_t run = 0; run < whole_rows; run += kRun) {
    const std::int64_t end = std::min(run + kRun, whole_rows);
    for (std::int64_t j = 0; j < whole_columns; j += kTile) {
      for (std::int64_t i = run; i < end; i += kTile) {
        transpose_tile(data + i * stride_bytes + j * kBytes, stride_bytes, out + j * out_stride + i, out_stride);
      }
    }
    for (std::int64_t j = whole_columns; j < columns; ++j) {
      for (std::int64_t i = run; i < end; ++i) copy(i, j);
    }
  }
  for (std::int64_t i = whole_rows; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) copy(i, j);
  }
}

// One name a kernel and type, which is what HWY_EXPORT takes.
CellCounts CountFloat(std::span<const float> values) { return count(values); }
CellCounts CountDouble(std::span<const double> values) { return count(values); }
Moments SumFloat(std::span<const float> values, MomentFrame frame, bool complete) { return sum(values, frame, complete); }
Moments SumDouble(std::span<const double> values, MomentFrame frame, bool complete) { return sum(values, frame, complete); }
Moments SumWeighted(std::span<const double> values, std::span<const double> weights, MomentFrame frame) {
  return sum_block_of<Cells::weighted>(values, weights, frame);
}
bool WholeFloat(std::span<const float> values, double limit) { return whole(values, limit); }
bool WholeDouble(std::span<const double> values, double limit) { return whole(values, limit); }
std::size_t HashesFloat(std::span<const float> values, std::uint64_t threshold, std::uint64_t* out) {
  return hashes(values, threshold, out);
}
std::size_t HashesDouble(std::span<const double> values, std::uint64_t threshold, std::uint64_t* out) {
  return hashes(values, threshold, out);
}
BracketCounts SplitFloat(std::span<const float> values, float low, float high, float* out) {
  return split(values, low, high, out);
}
BracketCounts SplitDouble(std::span<const double> values, double low, double high, double* out) {
  return split(values, low, high, out);
}
void Transpose(const std::byte* data, std::ptrdiff_t stride_bytes, std::int64_t rows, std::int64_t columns, float* out,
               std::int64_t out_stride) {
  transpose(data, stride_bytes, rows, columns, out, out_stride);
}

}  // namespace
}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {
namespace {

HWY_EXPORT(CountFloat);
HWY_EXPORT(CountDouble);
HWY_EXPORT(SumFloat);
HWY_EXPORT(SumDouble);
HWY_EXPORT(SumWeighted);
HWY_EXPORT(WholeFloat);
HWY_EXPORT(WholeDouble);
HWY_EXPORT(HashesFloat);
HWY_EXPORT(HashesDouble);
HWY_EXPORT(SplitFloat);
HWY_EXPORT(SplitDouble);
HWY_EXPORT(Transpose);

}  // namespace

CellCounts count_cells(std::span<const float> values) { return HWY_DYNAMIC_DISPATCH(CountFloat)(values); }
CellCounts count_cells(std::span<const double> values) { return HWY_DYNAMIC_DISPATCH(CountDouble)(values); }
Moments sum_cells(std::span<const float> values, MomentFrame frame, bool complete) {
  return HWY_DYNAMIC_DISPATCH(SumFloat)(values, frame, complete);
}
Moments sum_cells(std::span<const double> values, MomentFrame frame, bool complete) {
  return HWY_DYNAMIC_DISPATCH(SumDouble)(values, frame, complete);
}
Moments sum_weighted_cells(std::span<const double> values, std::span<const double> weights, MomentFrame frame) {
  return HWY_DYNAMIC_DISPATCH(SumWeighted)(values, weights, frame);
}
bool are_whole(std::span<const float> values, double limit) { return HWY_DYNAMIC_DISPATCH(WholeFloat)(values, limit); }
bool are_whole(std::span<const double> values, double limit) { return HWY_DYNAMIC_DISPATCH(WholeDouble)(values, limit); }
std::size_t level_hashes(std::span<const float> values, std::uint64_t threshold, std::uint64_t* out) {
  return HWY_DYNAMIC_DISPATCH(HashesFloat)(values, threshold, out);
}
std::size_t level_hashes(std::span<const double> values, std::uint64_t threshold, std::uint64_t* out) {
  return HWY_DYNAMIC_DISPATCH(HashesDouble)(values, threshold, out);
}
BracketCounts split_cells(std::span<const float> values, float low, float high, float* between_out) {
  return HWY_DYNAMIC_DISPATCH(SplitFloat)(values, low, high, between_out);
}
BracketCounts split_cells(std::span<const double> values, double low, double high, double* between_out) {
  return HWY_DYNAMIC_DISPATCH(SplitDouble)(values, low, high, between_out);
}
void transpose_cells(const std::byte* data, std::ptrdiff_t stride_bytes, std::int64_t rows, std::int64_t columns, float* out,
                     std::int64_t out_stride) {
  HWY_DYNAMIC_DISPATCH(Transpose)(data, stride_bytes, rows, columns, out, out_stride);
}

}  // namespace tessera
#endif  // HWY_ONCE
