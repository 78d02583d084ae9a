// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/mixture_products.hpp"

namespace tessera {
namespace {

/// Whole vectors, so that a vector may begin at any of `count` places.
std::int64_t room_for(std::int64_t count) { return (count + 2 * kMixtureWidth - 2) / kMixtureWidth * kMixtureWidth; }

}  // namespace

MixtureProducts::MixtureProducts(SecondMoments second, std::int64_t features)
    : second_(second), features_(features), again_(room_for(features + 1)) {
  const auto add = [&](std::int64_t left, std::int64_t right) {
    vectors_.push_back({static_cast<std::int32_t>(left), static_cast<std::int32_t>(right)});
  };
  if (second == SecondMoments::covariances) {
    paired_ = (features + 1) / 2;
    const std::int64_t pairs = (features + 1) * (features + 1) / 2;
    for (std::int64_t f = 0; f < pairs; f += kMixtureWidth) add(again() + f % features, f % (features + 1));
  } else if (second == SecondMoments::variances) {
    for (std::int64_t j = 0; j < features; j += kMixtureWidth) add(j, j);
  }
  last_run_ = width() - paired_;
  for (std::int64_t j = paired_; j <= features; j += kMixtureWidth) add(j, ones());
}

}  // namespace tessera
