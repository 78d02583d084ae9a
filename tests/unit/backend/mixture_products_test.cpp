// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/mixture_products.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "backend/cpu/mixture_kernels.hpp"

namespace tessera {
namespace {

/// Products of one row as the layout says.
struct Formed {
  explicit Formed(const MixtureProducts& layout, const std::vector<double>& z) {
    std::vector<double> values(static_cast<std::size_t>(layout.stride()), -1.0);
    std::ranges::copy(z, values.begin());
    std::fill_n(values.begin() + layout.ones(), kMixtureWidth, 1.0);
    plain_mixture_kernels().repeat_values(layout, 1, values.data());
    for (const ProductVector& from : layout.vectors()) {
      for (std::int64_t lane = 0; lane < kMixtureWidth; ++lane) {
        products.push_back(values.at(static_cast<std::size_t>(from.left + lane)) *
                           values.at(static_cast<std::size_t>(from.right + lane)));
      }
    }
  }
  std::vector<double> products;
};

/// The product at a place that nobody asked for before.
class Places {
 public:
  explicit Places(const Formed& formed) : formed_(formed) {}
  double at(std::int64_t place) {
    EXPECT_TRUE(seen_.insert(place).second) << place;
    return formed_.products.at(static_cast<std::size_t>(place));
  }

 private:
  const Formed& formed_;
  std::set<std::int64_t> seen_;
};

TEST(MixtureProducts, AreAllPairsMeansAndTheWeightForAnyNumberOfFeatures) {
  for (std::int64_t d = 0; d <= 70; ++d) {
    SCOPED_TRACE(d);
    std::vector<double> z;
    for (std::int64_t j = 0; j < d; ++j) z.push_back(2.0 + static_cast<double>(j * j + 3 * j));
    for (const SecondMoments second : {SecondMoments::none, SecondMoments::variances, SecondMoments::covariances}) {
      const MixtureProducts layout(second, d);
      const Formed formed(layout, z);
      Places places(formed);
      EXPECT_EQ(places.at(layout.weight()), 1.0);
      std::int64_t wanted = 1;
      for (std::int64_t i = 0; i < d; ++i, ++wanted) {
        EXPECT_EQ(places.at(layout.first(i)), z[static_cast<std::size_t>(i)]);
        if (second == SecondMoments::none) continue;
        for (std::int64_t j = i; j < (second == SecondMoments::covariances ? d : i + 1); ++j, ++wanted) {
          ASSERT_EQ(places.at(layout.second(i, j)), z[static_cast<std::size_t>(i)] * z[static_cast<std::size_t>(j)]);
        }
      }
      EXPECT_EQ(layout.width(), std::ssize(formed.products));
      EXPECT_LT(layout.width(), wanted + 2 * kMixtureWidth) << "no more room than two runs in whole vectors need";
    }
  }
}

}  // namespace
}  // namespace tessera
