// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/product_kernels.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "core/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/product_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h, as Highway asks for.
#include "hwy/highway.h"

#ifndef TESSERA_PRODUCT_LEVELS
#define TESSERA_PRODUCT_LEVELS
namespace tessera {
using ProductLevels = std::vector<std::pair<std::string, AddProducts>>;
}  // namespace tessera
#endif

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128  // without vectors there is the plain path
HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<double, static_cast<std::size_t>(kProductWidth)>;
constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));

/// kLeft x kRight vectors of sums stay in registers while the rows go by.
template <int kLeft, int kRight>
HWY_INLINE void add_tile(const RowProducts& p, std::int64_t left, std::int64_t right, double* out) {
  const Tag tag;
  hn::Vec<Tag> sums[kLeft][kRight];
  for (int i = 0; i < kLeft; ++i) {
    for (int j = 0; j < kRight; ++j) sums[i][j] = hn::LoadU(tag, out + (left + i) * p.right_stride + right + j * kLanes);
  }
  const double* l = p.left + left;
  const double* r = p.right + right;
  for (std::int64_t row = 0; row < p.rows; ++row, l += p.left_stride, r += p.right_stride) {
    hn::Vec<Tag> cells[kRight];
    for (int j = 0; j < kRight; ++j) cells[j] = hn::LoadU(tag, r + j * kLanes);
    for (int i = 0; i < kLeft; ++i) {
      const auto factor = hn::Set(tag, l[i]);
      for (int j = 0; j < kRight; ++j) sums[i][j] = hn::Add(sums[i][j], hn::Mul(factor, cells[j]));
    }
  }
  for (int i = 0; i < kLeft; ++i) {
    for (int j = 0; j < kRight; ++j) hn::StoreU(sums[i][j], tag, out + (left + i) * p.right_stride + right + j * kLanes);
  }
}

template <int kRight>
HWY_INLINE void add_columns(const RowProducts& p, std::int64_t left_begin, std::int64_t left_end, std::int64_t right,
                            double* out) {
  std::int64_t left = left_begin;
  for (; left + 4 <= left_end; left += 4) add_tile<4, kRight>(p, left, right, out);
  for (; left < left_end; ++left) add_tile<1, kRight>(p, left, right, out);
}

void add_products(const RowProducts& p, std::int64_t left_begin, std::int64_t left_end, std::int64_t right_begin,
                  std::int64_t right_end, double* out) {
  std::int64_t right = right_begin;
  for (; right + 2 * kLanes <= right_end; right += 2 * kLanes) add_columns<2>(p, left_begin, left_end, right, out);
  for (; right < right_end; right += kLanes) add_columns<1>(p, left_begin, left_end, right, out);
}

}  // namespace

void add_product_level(std::int64_t supported, ProductLevels& levels) {
  if ((supported & HWY_TARGET) == 0) return;
  levels.emplace_back(level_name(HWY_TARGET), &add_products);
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace tessera {
namespace {

/// Best first.
ProductLevels product_levels() {
  const std::int64_t supported = hwy::SupportedTargets();
  ProductLevels levels;
#if HWY_TARGETS & HWY_AVX3
  N_AVX3::add_product_level(supported, levels);
#endif
#if HWY_TARGETS & HWY_AVX2
  N_AVX2::add_product_level(supported, levels);
#endif
#if HWY_TARGETS & HWY_SSE4
  N_SSE4::add_product_level(supported, levels);
#endif
#if HWY_TARGETS & HWY_NEON
  N_NEON::add_product_level(supported, levels);
#endif
  return levels;
}

}  // namespace

void add_products_plain(const RowProducts& p, std::int64_t left_begin, std::int64_t left_end, std::int64_t right_begin,
                        std::int64_t right_end, double* out) {
  for (std::int64_t row = 0; row < p.rows; ++row) {
    for (std::int64_t l = left_begin; l < left_end; ++l) {
      const double factor = p.left[row * p.left_stride + l];
      const double* const cells = p.right + row * p.right_stride;
      double* const sums = out + l * p.right_stride;
      for (std::int64_t c = right_begin; c < right_end; ++c) sums[c] = sums[c] + factor * cells[c];
    }
  }
}

AddProducts add_products_of(std::string_view level) {
  if (level == "eigen") return &add_products_plain;
  const ProductLevels levels = product_levels();
  for (const auto& [name, function] : levels) {
    if (name == level) return function;
  }
  return levels.empty() ? &add_products_plain : levels.front().second;
}

}  // namespace tessera
#endif  // HWY_ONCE
