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
      rows_(totals.statistics.rows.size()),
      excess_weight_(totals.statistics.rows.size()),
      weight_of_one_(std::llrint(units.weight_inverse)) {}

void SegmentSums::count(std::int32_t segment, std::int64_t sign, std::int64_t excess_weight) {
  if (segment < 0) return;
  const auto s = static_cast<std::size_t>(segment);
  ++pending_[s];
  rows_[s] += sign;
  if (excess_weight != 0) excess_weight_[s] += sign * excess_weight;
}

void SegmentSums::move(NearestWorker& worker, MatrixView<const float> rows, std::span<const Move> moves,
                       std::span<const float> weights) {
  constexpr std::size_t kBatch = exact::kExactDoubleRows / 4;  // a move touches a segment once at most
  for (; !moves.empty(); moves = moves.subspan(std::min(kBatch, moves.size()))) {
    const std::span<const Move> batch = moves.first(std::min(kBatch, moves.size()));
    for (std::size_t s = 0; s < pending_.size(); ++s) {
      if (pending_[s] + std::ssize(batch) > exact::kExactDoubleRows) flush_segment(static_cast<std::int64_t>(s));
    }
    worker.move_rows(rows, batch, {weights, units_.unit, units_.inverse}, sums_.view());
    for (const Move& move : batch) {
      std::int64_t excess = 0;
      if (!weights.empty()) {
        const auto weight = static_cast<double>(weights[static_cast<std::size_t>(move.row)]);
        excess = std::llrint(weight * units_.weight_inverse) - weight_of_one_;
      }
      count(move.to, 1, excess);
      count(move.from, -1, excess);
    }
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
  totals_.statistics.rows[s] += rows_[s];
  totals_.statistics.weights[s] += excess_weight_[s] + Int128{rows_[s]} * weight_of_one_;
  std::fill(sums.begin(), sums.end(), 0.0);
  pending_[s] = 0;
  rows_[s] = 0;
  excess_weight_[s] = 0;
}

void SegmentSums::flush() {
  for (std::size_t s = 0; s < pending_.size(); ++s) flush_segment(static_cast<std::int64_t>(s));
}

void move_shared(MatrixView<const float> rows, std::span<const float> weights, std::span<const Move> moves, std::int64_t first,
                 std::int64_t last, const FeatureUnits& units, NearestStatistics& totals) {
  const auto add = [&](std::int32_t segment, std::int64_t row, std::int64_t sign) {
    if (segment < first || segment >= last) return;
    const auto s = static_cast<std::size_t>(segment);
    const std::span<Int128> sums = totals.sums.view().row(segment);
    const float weight = weights.empty() ? 1.0F : weights[static_cast<std::size_t>(row)];
    const std::span<const float> x = rows.row(row);
    for (std::size_t j = 0; j < x.size(); ++j) {
      sums[j] += sign * exact::weighted_units(weight, x[j], {units.unit[j], units.inverse[j]});
    }
    totals.weights[s] += sign * std::llrint(static_cast<double>(weight) * units.weight_inverse);
    totals.rows[s] += sign;
  };
  for (const Move& move : moves) {
    add(move.to, move.row, 1);
    add(move.from, move.row, -1);
  }
}

}  // namespace tessera
