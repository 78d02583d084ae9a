// SPDX-License-Identifier: Apache-2.0
// Multiply and add with one rounding, which every level can do to the bit; compiled once per instruction set.
#include <cmath>
#include <cstddef>

#include "hwy/highway.h"

#if defined(TESSERA_FUSED_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_FUSED_INL
#undef TESSERA_FUSED_INL
#else
#define TESSERA_FUSED_INL
#endif

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128  // without vectors there is the plain path
HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// std::fma(a, b, c) on every lane.
template <class Tag>
HWY_INLINE hn::Vec<Tag> fused(Tag tag, hn::Vec<Tag> a, hn::Vec<Tag> b, hn::Vec<Tag> c) {
#if HWY_NATIVE_FMA
  static_cast<void>(tag);
  return hn::MulAdd(a, b, c);
#else  // slow, but the same bits
  constexpr std::size_t kLanes = hn::MaxLanes(Tag());
  hn::TFromD<Tag> x[kLanes], y[kLanes], z[kLanes];
  hn::StoreU(a, tag, x);
  hn::StoreU(b, tag, y);
  hn::StoreU(c, tag, z);
  for (std::size_t i = 0; i < kLanes; ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::LoadU(tag, z);
#endif
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // per target
