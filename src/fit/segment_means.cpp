// SPDX-License-Identifier: Apache-2.0
#include "fit/segment_means.hpp"

#include <cmath>

#include "exact/distance.hpp"
#include "exact/lloyd_update.hpp"

namespace tessera {
namespace {

/// What fits 64 bits, as most sums do, takes one instruction.
double to_double(Int128 value) {
  const auto part = static_cast<std::int64_t>(value);
  return part == value ? static_cast<double>(part) : static_cast<double>(value);
}

}  // namespace

SegmentMeans::SegmentMeans(const NearestStatistics& statistics, const GridUnits& units)
    : statistics_(statistics), units_(units), weight_unit_(std::ldexp(1.0, units.weight_exponent)) {
  for (const int exponent : units.feature_exponent) unit_.push_back(std::ldexp(1.0, exponent));
  if (!has_gaps()) return;
  const std::int64_t d = statistics.gap_sums.columns();
  for (std::int64_t j = 0; j < d; ++j) {
    Int128 sum = 0, weight = 0;
    for (std::int64_t c = 0; c < statistics.gap_sums.rows(); ++c) {
      sum += sum_of(c, j);
      weight += weight_of(c, j);
    }
    const int exponent = units.feature_exponent[static_cast<std::size_t>(j)];
    overall_.push_back(weight > 0 ? exact::exact_mean(sum, exponent, weight, units.weight_exponent) : 0.0F);
  }
}

Int128 SegmentMeans::sum_of(std::int64_t segment, std::int64_t feature) const {
  // Not <<: the sum may be negative.
  return statistics_.sums(segment, feature) * (Int128{1} << exact::kGapBits) + statistics_.gap_sums(segment, feature);
}

Int128 SegmentMeans::weight_of(std::int64_t segment, std::int64_t feature) const {
  return statistics_.weights[static_cast<std::size_t>(segment)] * (Int128{1} << exact::kGapBits) +
         statistics_.gap_weights(segment, feature);
}

void SegmentMeans::write(std::int64_t segment, std::span<float> mean) const {
  if (!has_gaps()) {
    exact::lloyd_update(statistics_.sums.row(segment).data(), statistics_.weights[static_cast<std::size_t>(segment)],
                        units_.feature_exponent.data(), units_.weight_exponent, std::ssize(mean), mean.data());
    return;
  }
  for (std::size_t j = 0; j < mean.size(); ++j) {
    const auto feature = static_cast<std::int64_t>(j);
    const Int128 weight = weight_of(segment, feature);
    mean[j] = weight > 0
                  ? exact::exact_mean(sum_of(segment, feature), units_.feature_exponent[j], weight, units_.weight_exponent)
                  : overall_[j];
  }
}

double SegmentMeans::linear_part(std::int64_t segment, std::span<const float> centroid) const {
  double total = 0.0;
  const auto add = [&](std::size_t j, double weight, double sum) {
    const auto at = static_cast<double>(centroid[j]);
    total += at * (weight * at - 2.0 * sum);
  };
  if (!has_gaps()) {
    const double weight = to_double(statistics_.weights[static_cast<std::size_t>(segment)]) * weight_unit_;
    const std::span<const Int128> sums = statistics_.sums.row(segment);
    for (std::size_t j = 0; j < centroid.size(); ++j) add(j, weight, to_double(sums[j]) * unit_[j]);
    return total;
  }
  constexpr double kGapUnit = 1.0 / (1 << exact::kGapBits);
  for (std::size_t j = 0; j < centroid.size(); ++j) {
    const auto feature = static_cast<std::int64_t>(j);
    add(j, to_double(weight_of(segment, feature)) * kGapUnit * weight_unit_,
        to_double(sum_of(segment, feature)) * kGapUnit * unit_[j]);
  }
  return total;
}

}  // namespace tessera
