// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/segment_sums.hpp"

#include <algorithm>
#include <cmath>

#include "exact/grid.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr double kExactUnits = 0x1p53;  ///< float64 sums are exact up to here

}  // namespace

FeatureUnits::FeatureUnits(const GridUnits& units)
    : weight_inverse(exact::make_grid(units.weight_exponent).inverse),
      objective_inverse(exact::make_grid(units.objective_exponent).inverse) {
  unit.reserve(units.feature_exponent.size());
  inverse.reserve(units.feature_exponent.size());
  for (const int exponent : units.feature_exponent) {
    const exact::Grid grid = exact::make_grid(exponent);
    unit.push_back(grid.unit);
    inverse.push_back(grid.inverse);
  }
}

SegmentSums::SegmentSums(const FeatureUnits& units, StatisticsTotals& totals)
    : units_(units),
      totals_(totals),
      sums_(totals.statistics.sums.rows(), totals.statistics.sums.columns()),
      pending_(totals.statistics.rows.size()),
      excess_weight_(totals.statistics.rows.size()),
      weight_of_one_(std::llrint(units.weight_inverse)) {}

void SegmentSums::add(NearestWorker& worker, MatrixView<const float> rows, std::span<const std::int32_t> labels,
                      std::span<const float> weights) {
  for (std::size_t s = 0; s < pending_.size(); ++s) {
    if (pending_[s] + rows.rows > exact::kExactDoubleRows) flush_segment(static_cast<std::int64_t>(s));
  }
  worker.accumulate(rows, labels, weights, units_.unit, units_.inverse, sums_.view());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0) ++pending_[static_cast<std::size_t>(labels[i])];
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (labels[i] < 0) continue;
    excess_weight_[static_cast<std::size_t>(labels[i])] +=
        std::llrint(static_cast<double>(weights[i]) * units_.weight_inverse) - weight_of_one_;
  }
}

void SegmentSums::flush_segment(std::int64_t segment) {
  const auto s = static_cast<std::size_t>(segment);
  if (pending_[s] == 0) return;
  const std::span<double> sums = sums_.row(segment);
  const std::lock_guard lock(totals_.mutex);
  const std::span<Int128> totals = totals_.statistics.sums.view().row(segment);
  for (std::size_t j = 0; j < sums.size(); ++j) {
    const double units = sums[j] * units_.inverse[j];
    if (!(std::abs(units) <= kExactUnits)) {
      throw Error(ErrorCode::internal, "a sum of rows left the grid: the units of the pass do not fit its rows",
                  "please report this");
    }
    totals[j] += std::llrint(units);
  }
  totals_.statistics.rows[s] += pending_[s];
  totals_.statistics.weights[s] += excess_weight_[s] + Int128{pending_[s]} * weight_of_one_;
  std::fill(sums.begin(), sums.end(), 0.0);
  pending_[s] = 0;
  excess_weight_[s] = 0;
}

void SegmentSums::flush() {
  for (std::size_t s = 0; s < pending_.size(); ++s) flush_segment(static_cast<std::int64_t>(s));
}

void add_sorted_rows(MatrixView<const float> rows, std::span<const float> weights, std::span<const std::int64_t> order,
                     std::span<const std::int64_t> starts, std::int64_t first, std::int64_t last, const FeatureUnits& units,
                     NearestStatistics& totals) {
  for (std::int64_t segment = first; segment < last; ++segment) {
    const auto s = static_cast<std::size_t>(segment);
    const std::span<Int128> sums = totals.sums.view().row(segment);
    for (std::int64_t place = starts[s]; place < starts[s + 1]; ++place) {
      const std::int64_t row = order[static_cast<std::size_t>(place)];
      const float weight = weights.empty() ? 1.0F : weights[static_cast<std::size_t>(row)];
      const std::span<const float> x = rows.row(row);
      for (std::size_t j = 0; j < x.size(); ++j) {
        sums[j] += exact::weighted_units(weight, x[j], {units.unit[j], units.inverse[j]});
      }
      totals.weights[s] += std::llrint(static_cast<double>(weight) * units.weight_inverse);
      ++totals.rows[s];
    }
  }
}

}  // namespace tessera
