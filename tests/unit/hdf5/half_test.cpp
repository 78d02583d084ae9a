// SPDX-License-Identifier: Apache-2.0
#include "hdf5/half.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "hdf5/handle.hpp"

namespace tessera::hdf5 {
namespace {

TEST(Half, EqualsTheConversionOfHdf5ForEveryBitPattern) {
  const Hdf5Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
  H5Tset_size(type.get(), 2);
  H5Tset_ebias(type.get(), 15);
  H5Tset_order(type.get(), H5Tget_order(H5T_NATIVE_FLOAT));
  constexpr std::size_t kPatterns = 1 << 16;
  std::vector<std::uint16_t> halves(kPatterns);
  for (std::size_t i = 0; i < kPatterns; ++i) halves[i] = static_cast<std::uint16_t>(i);
  std::vector<float> converted(kPatterns);
  std::memcpy(converted.data(), halves.data(), kPatterns * sizeof(std::uint16_t));
  ASSERT_GE(H5Tconvert(type.get(), H5T_NATIVE_FLOAT, kPatterns, converted.data(), nullptr, H5P_DEFAULT), 0);
  for (std::size_t i = 0; i < kPatterns; ++i) {
    const float value = half_to_float(halves[i]);
    if (std::isnan(converted[i])) {
      EXPECT_TRUE(std::isnan(value)) << i;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(value), std::bit_cast<std::uint32_t>(converted[i])) << i;
    }
  }
}

}  // namespace
}  // namespace tessera::hdf5
