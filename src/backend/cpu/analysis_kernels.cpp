// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/analysis_kernels.hpp"

#include "backend/cpu/kernel_levels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/analysis_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h, as Highway asks for.
#include "backend/cpu/fused-inl.hpp"
#include "hwy/highway.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128  // without vectors there is the plain path
HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<double, static_cast<std::size_t>(kKernelColumns)>;
using Vector = hn::Vec<Tag>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));

/// Left columns at a time: as many as the registers hold with two vectors of the right.
constexpr int kLeft = HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_AVX2 ? 4 : 8;

/// Left x right vectors of sums stay in registers while the rows go by.
template <int kLefts, int kRights>
HWY_INLINE void add_tile(const RowProducts& p, std::int64_t left, std::int64_t right, double* out) {
  const Tag tag;
  hn::Vec<Tag> sums[kLefts][kRights];
  for (int i = 0; i < kLefts; ++i) {
    for (int j = 0; j < kRights; ++j) sums[i][j] = hn::LoadU(tag, out + (left + i) * p.right_stride + right + j * kLanes);
  }
  const double* l = p.left + left;
  const double* r = p.right + right;
  for (std::int64_t row = 0; row < p.rows; ++row, l += p.left_stride, r += p.right_stride) {
    hn::Vec<Tag> cells[kRights];
    for (int j = 0; j < kRights; ++j) cells[j] = hn::LoadU(tag, r + j * kLanes);
    for (int i = 0; i < kLefts; ++i) {
      const auto factor = hn::Set(tag, l[i]);
      for (int j = 0; j < kRights; ++j) sums[i][j] = fused(tag, factor, cells[j], sums[i][j]);
    }
  }
  for (int i = 0; i < kLefts; ++i) {
    for (int j = 0; j < kRights; ++j) hn::StoreU(sums[i][j], tag, out + (left + i) * p.right_stride + right + j * kLanes);
  }
}

template <int kRight>
HWY_INLINE void add_columns(const RowProducts& p, std::int64_t left_begin, std::int64_t left_end, std::int64_t right,
                            double* out) {
  std::int64_t left = left_begin;
  for (; left + kLeft <= left_end; left += kLeft) add_tile<kLeft, kRight>(p, left, right, out);
  for (; left < left_end; ++left) add_tile<1, kRight>(p, left, right, out);
}

void add_products(const RowProducts& p, std::int64_t left_begin, std::int64_t left_end, std::int64_t right_begin,
                  std::int64_t right_end, double* out) {
  std::int64_t right = right_begin;
  for (; right + 2 * kLanes <= right_end; right += 2 * kLanes) add_columns<2>(p, left_begin, left_end, right, out);
  for (; right < right_end; right += kLanes) add_columns<1>(p, left_begin, left_end, right, out);
}

HWY_INLINE void add_to(double* sum, Vector term) {
  const Tag tag;
  hn::StoreU(hn::Add(hn::LoadU(tag, sum), term), tag, sum);
}

template <bool kWeighted>
HWY_INLINE void add_rows(const GroupedRows& rows, double* sums) {
  const Tag tag;
  const Vector one = hn::Set(tag, 1.0);
  const std::int64_t stride = rows.stride;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    if (rows.groups[r] < 0) continue;
    double* const own = sums + rows.groups[r] * (kWeighted ? kWeightedColumnSums : kColumnSums) * stride;
    const double* const cells = rows.cells + r * stride;
    const Vector weight = kWeighted ? hn::Set(tag, rows.weights[r]) : one;
    const Vector weight_square = hn::Mul(weight, weight);
    for (std::int64_t j = 0; j < stride; j += kLanes) {
      const Vector cell = hn::LoadU(tag, cells + j);
      const auto present = hn::Eq(cell, cell);
      const Vector d = hn::IfThenElseZero(present, cell);
      add_to(own + j, hn::IfThenElseZero(present, one));
      add_to(own + stride + j, hn::Mul(weight, d));
      add_to(own + 2 * stride + j, hn::Mul(weight, hn::Mul(d, d)));
      if (kWeighted) {
        add_to(own + 3 * stride + j, hn::IfThenElseZero(present, weight));
        add_to(own + 4 * stride + j, hn::IfThenElseZero(present, weight_square));
      }
    }
  }
}

void add_grouped_rows(const GroupedRows& rows, double* sums) {
  if (rows.weights != nullptr) {
    add_rows<true>(rows, sums);
  } else {
    add_rows<false>(rows, sums);
  }
}

void find_bins(const BinScale& scale, const double* cells, std::int64_t count, std::int32_t* bins) {
  const Tag tag;
  const hn::RebindToSigned<Tag> whole;
  const hn::RebindToUnsigned<Tag> positive;
  const hn::Rebind<std::uint32_t, Tag> narrow;
  const auto center = hn::Set(tag, scale.center);
  const auto all_but_sign = hn::Set(whole, std::numeric_limits<std::int64_t>::max());
  const auto base = hn::Set(whole, scale.base() - 1);
  const auto none = hn::Zero(whole), most = hn::Set(whole, BinScale::kSide);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto bits = hn::BitCast(whole, hn::Sub(hn::LoadU(tag, cells + i), center));
    const auto size = hn::ShiftRight<BinScale::kShift>(hn::And(bits, all_but_sign));
    const auto steps = hn::Min(hn::Max(hn::Sub(size, base), none), most);
    const auto sign = hn::BroadcastSignBit(bits);
    const auto bin = hn::Add(most, hn::Sub(hn::Xor(steps, sign), sign));
    hn::StoreU(hn::TruncateTo(narrow, hn::BitCast(positive, bin)), narrow, reinterpret_cast<std::uint32_t*>(bins + i));
  }
  for (; i < count; ++i) bins[i] = scale.bin_of(cells[i]);
}

}  // namespace

void add_analysis_kernels(KernelLevels<AnalysisKernels>& levels) {
  add_kernels(HWY_TARGET, AnalysisKernels{&add_products, &add_grouped_rows, &find_bins}, levels);
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace tessera {

AnalysisKernels analysis_kernels(std::string_view level) {
  KernelLevels<AnalysisKernels> levels;
  TESSERA_ON_EVERY_TARGET(add_analysis_kernels(levels))
  return kernels_of(level, levels, plain_analysis_kernels());
}

}  // namespace tessera
#endif  // HWY_ONCE
