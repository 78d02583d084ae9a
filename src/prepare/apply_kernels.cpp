// SPDX-License-Identifier: Apache-2.0
#include "prepare/apply_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/highway_targets.hpp"
#include "prepare/prepared_value.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "prepare/apply_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h, as Highway asks for.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Double = hn::CappedTag<double, 8>;
using Float = hn::Rebind<float, Double>;
using Doubles = hn::Vec<Double>;
constexpr std::size_t kStep = hn::MaxLanes(Double());

HWY_INLINE Doubles load_cells(const double* cells) { return hn::LoadU(Double(), cells); }
HWY_INLINE Doubles load_cells(const float* cells) { return hn::PromoteTo(Double(), hn::LoadU(Float(), cells)); }

/// What turns cells into prepared values, a column a lane.
struct Scaling {
  Doubles center, scale, factor, inverse_unit, unit;
  hn::Vec<Float> fill;
};

HWY_INLINE Scaling load_scaling(const PreparedColumns& columns, std::size_t first) {
  const Double tag;
  return {hn::LoadU(tag, columns.center.data() + first), hn::LoadU(tag, columns.scale.data() + first),
          hn::LoadU(tag, columns.factor.data() + first), hn::LoadU(tag, columns.inverse_unit.data() + first),
          hn::LoadU(tag, columns.unit.data() + first),   hn::LoadU(Float(), columns.fill.data() + first)};
}

/// @param missing receives the lanes whose cell is missing
HWY_INLINE hn::Vec<Float> prepare(Doubles x, const Scaling& by, hn::Mask<Double>& missing) {
  const Double tag;
  const auto most = hn::Set(tag, kLargestPrepared);
  const auto least = hn::Set(tag, -kLargestPrepared);
  const auto present = hn::Le(hn::Abs(x), hn::Set(tag, std::numeric_limits<double>::max()));
  missing = hn::Not(present);
  const auto value = hn::Mul(hn::Div(hn::Sub(x, by.center), by.scale), by.factor);
  const auto below = hn::IfThenElse(hn::Lt(value, most), value, most);
  const auto clamped = hn::IfThenElse(hn::Gt(below, least), below, least);
  // exact::to_grid: adding 2^52 to a magnitude below it leaves no room for a fraction, so that the addition itself rounds, ties
  // to even.
  const auto scaled = hn::Mul(clamped, by.inverse_unit);
  const auto magnitude = hn::Abs(scaled);
  const auto big = hn::Set(tag, 0x1p52);
  const auto rounded = hn::Sub(hn::Add(magnitude, big), big);
  const auto whole = hn::IfThenElse(hn::Lt(magnitude, big), rounded, magnitude);
  const auto prepared = hn::DemoteTo(Float(), hn::Mul(hn::CopySign(whole, scaled), by.unit));
  if (HWY_LIKELY(hn::AllTrue(tag, present))) return prepared;
  const auto filled = hn::IfThenElse(present, hn::PromoteTo(tag, prepared), hn::PromoteTo(tag, by.fill));
  return hn::DemoteTo(Float(), filled);
}

template <typename T>
void rows_of(const PreparedRun& run, const T* cells, std::ptrdiff_t stride_bytes, std::int64_t rows, float* out,
             std::int64_t out_stride, std::uint8_t* trouble) {
  const auto row_at = [&](std::int64_t i) {
    return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(cells) + i * stride_bytes);
  };
  std::size_t j = 0;
  for (; j + kStep <= run.count; j += kStep) {
    const Scaling scaling = load_scaling(*run.columns, run.first + j);
    for (std::int64_t i = 0; i < rows; ++i) {
      hn::Mask<Double> lost;
      const auto prepared = prepare(load_cells(row_at(i) + j), scaling, lost);
      hn::StoreU(prepared, Float(), out + i * out_stride + static_cast<std::int64_t>(j));
      if (HWY_UNLIKELY(!hn::AllFalse(Double(), lost))) trouble[i] |= kMissingCell;
    }
  }
  if (j == run.count) return;
  // The last few columns: the other lanes repeat the first of them and are thrown away.
  const std::size_t left = run.count - j;
  HWY_ALIGN double last[5][kStep];
  HWY_ALIGN float fill[kStep], buffer[kStep];
  HWY_ALIGN T row[kStep];
  for (std::size_t lane = 0; lane < kStep; ++lane) {
    const std::size_t column = run.first + j + (lane < left ? lane : 0);
    last[0][lane] = run.columns->center[column];
    last[1][lane] = run.columns->scale[column];
    last[2][lane] = run.columns->factor[column];
    last[3][lane] = run.columns->inverse_unit[column];
    last[4][lane] = run.columns->unit[column];
    fill[lane] = run.columns->fill[column];
  }
  const Double tag;
  const Scaling scaling = {hn::Load(tag, last[0]), hn::Load(tag, last[1]), hn::Load(tag, last[2]),
                           hn::Load(tag, last[3]), hn::Load(tag, last[4]), hn::Load(Float(), fill)};
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* const source = row_at(i) + j;
    for (std::size_t lane = 0; lane < kStep; ++lane) row[lane] = source[lane < left ? lane : 0];
    hn::Mask<Double> lost;
    hn::Store(prepare(load_cells(row), scaling, lost), Float(), buffer);
    std::copy(buffer, buffer + left, out + i * out_stride + static_cast<std::int64_t>(j));
    if (HWY_UNLIKELY(!hn::AllFalse(tag, lost))) trouble[i] |= kMissingCell;
  }
}

void cells_of(const PreparedColumns& columns, std::size_t column, std::span<const double> values, float* out,
              std::uint8_t* trouble) {
  const Double tag;
  const Scaling scaling = {hn::Set(tag, columns.center[column]), hn::Set(tag, columns.scale[column]),
                           hn::Set(tag, columns.factor[column]), hn::Set(tag, columns.inverse_unit[column]),
                           hn::Set(tag, columns.unit[column]),   hn::Set(Float(), columns.fill[column])};
  const auto note = [&](hn::Mask<Double> lost, std::size_t first, std::size_t count) {
    if (HWY_LIKELY(hn::AllFalse(tag, lost))) return;
    for (std::size_t i = first; i < first + count; ++i) {
      if (!(std::fabs(values[i]) <= std::numeric_limits<double>::max())) trouble[i] |= kMissingCell;
    }
  };
  std::size_t i = 0;
  hn::Mask<Double> lost;
  for (; i + kStep <= values.size(); i += kStep) {
    hn::StoreU(prepare(load_cells(values.data() + i), scaling, lost), Float(), out + i);
    note(lost, i, kStep);
  }
  if (i == values.size()) return;
  HWY_ALIGN double rest[kStep] = {};
  HWY_ALIGN float buffer[kStep];
  std::copy(values.begin() + static_cast<std::ptrdiff_t>(i), values.end(), rest);
  hn::Store(prepare(hn::Load(tag, rest), scaling, lost), Float(), buffer);
  std::copy(buffer, buffer + (values.size() - i), out + i);
  note(lost, i, values.size() - i);
}

/// exact::log1p operation by operation, for x >= 0; NaN and infinity stay what they are.
HWY_INLINE Doubles log1p(Doubles x) {
  const Double tag;
  const hn::RebindToSigned<Double> bits;
  const auto one = hn::Set(tag, 1.0);
  const auto y = hn::Add(one, x);
  const auto large = hn::Sub(one, hn::Sub(y, x));
  const auto small_x = hn::Sub(x, hn::Sub(y, one));
  const auto lost = hn::Div(hn::IfThenElse(hn::Ge(x, one), large, small_x), y);
  // frexp: y is normal and at least 1.
  const auto pattern = hn::BitCast(bits, y);
  const auto mantissa = hn::And(pattern, hn::Set(bits, (std::int64_t{1} << 52) - 1));
  auto m = hn::BitCast(tag, hn::Or(mantissa, hn::Set(bits, std::int64_t{1022} << 52)));
  // The exponent as float64: an integer below 2^52 added to the pattern of 2^52 reads as 2^52 + integer.
  const auto biased = hn::Or(hn::ShiftRight<52>(pattern), hn::Set(bits, std::int64_t{1075} << 52));
  auto k = hn::Sub(hn::Sub(hn::BitCast(tag, biased), hn::Set(tag, 0x1p52)), hn::Set(tag, 1022.0));
  const auto low = hn::Lt(m, hn::Set(tag, 0.70710678118654752440));
  m = hn::IfThenElse(low, hn::Mul(m, hn::Set(tag, 2.0)), m);
  k = hn::IfThenElse(low, hn::Sub(k, one), k);
  const auto s = hn::Div(hn::Sub(m, one), hn::Add(m, one));
  const auto z = hn::Mul(s, s);
  auto series = hn::Zero(tag);
  for (int term = 25; term >= 3; term -= 2) {
    series = hn::Mul(hn::Add(series, hn::Set(tag, 1.0 / static_cast<double>(term))), z);
  }
  const auto twice = hn::Mul(hn::Set(tag, 2.0), s);
  const auto rest = hn::Add(hn::Mul(twice, series), hn::Add(hn::Mul(k, hn::Set(tag, exact::kLn2Low)), lost));
  const auto logarithm = hn::Add(hn::Mul(k, hn::Set(tag, exact::kLn2High)), hn::Add(twice, rest));
  const auto finite = hn::Le(x, hn::Set(tag, std::numeric_limits<double>::max()));
  return hn::IfThenElse(hn::And(finite, hn::Ge(x, hn::Set(tag, 0x1p-53))), logarithm, x);
}

void log1p_of(std::span<double> values) {
  const Double tag;
  const auto transformed = [&](Doubles x) { return hn::CopySign(log1p(hn::Abs(x)), x); };
  std::size_t i = 0;
  for (; i + kStep <= values.size(); i += kStep) {
    hn::StoreU(transformed(hn::LoadU(tag, values.data() + i)), tag, values.data() + i);
  }
  if (i == values.size()) return;
  HWY_ALIGN double rest[kStep] = {};
  std::copy(values.begin() + static_cast<std::ptrdiff_t>(i), values.end(), rest);
  hn::Store(transformed(hn::Load(tag, rest)), tag, rest);
  std::copy(rest, rest + (values.size() - i), values.begin() + static_cast<std::ptrdiff_t>(i));
}

// One name a kernel and type, which is what HWY_EXPORT takes.
void RowsFloat(const PreparedRun& run, const float* cells, std::ptrdiff_t stride_bytes, std::int64_t rows, float* out,
               std::int64_t out_stride, std::uint8_t* trouble) {
  rows_of(run, cells, stride_bytes, rows, out, out_stride, trouble);
}
void RowsDouble(const PreparedRun& run, const double* cells, std::ptrdiff_t stride_bytes, std::int64_t rows, float* out,
                std::int64_t out_stride, std::uint8_t* trouble) {
  rows_of(run, cells, stride_bytes, rows, out, out_stride, trouble);
}
void Cells(const PreparedColumns& columns, std::size_t column, std::span<const double> values, float* out,
           std::uint8_t* trouble) {
  cells_of(columns, column, values, out, trouble);
}
void Log1pCells(std::span<double> values) { log1p_of(values); }

}  // namespace
}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {
namespace {

HWY_EXPORT(RowsFloat);
HWY_EXPORT(RowsDouble);
HWY_EXPORT(Cells);
HWY_EXPORT(Log1pCells);

}  // namespace

void PreparedColumns::add(double column_center, double column_scale, double column_factor, exact::Grid grid,
                          float column_fill) {
  center.push_back(column_center);
  scale.push_back(column_scale);
  factor.push_back(column_factor);
  inverse_unit.push_back(grid.inverse);
  unit.push_back(grid.unit);
  fill.push_back(column_fill);
}

void prepare_rows(const PreparedRun& run, const float* cells, std::ptrdiff_t stride_bytes, std::int64_t rows, float* out,
                  std::int64_t out_stride, std::uint8_t* trouble) {
  HWY_DYNAMIC_DISPATCH(RowsFloat)(run, cells, stride_bytes, rows, out, out_stride, trouble);
}
void prepare_rows(const PreparedRun& run, const double* cells, std::ptrdiff_t stride_bytes, std::int64_t rows, float* out,
                  std::int64_t out_stride, std::uint8_t* trouble) {
  HWY_DYNAMIC_DISPATCH(RowsDouble)(run, cells, stride_bytes, rows, out, out_stride, trouble);
}
void prepare_cells(const PreparedColumns& columns, std::size_t column, std::span<const double> values, float* out,
                   std::uint8_t* trouble) {
  HWY_DYNAMIC_DISPATCH(Cells)(columns, column, values, out, trouble);
}
void log1p_cells(std::span<double> values) { HWY_DYNAMIC_DISPATCH(Log1pCells)(values); }

}  // namespace tessera
#endif  // HWY_ONCE
