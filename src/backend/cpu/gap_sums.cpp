// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/gap_sums.hpp"

#include <cmath>

#include "exact/distance.hpp"
#include "exact/grid.hpp"

namespace tessera {

NearestStatistics make_gap_statistics(std::int64_t segments, std::int64_t features) {
  NearestStatistics made(0, 0);
  made.gap_sums = made.gap_weights = Matrix<Int128>(segments, features);
  made.weights.resize(static_cast<std::size_t>(segments));
  made.rows.resize(static_cast<std::size_t>(segments));
  return made;
}

void move_gaps(MatrixView<const float> rows, std::span<const float> weights, std::span<const Move> moves,
               std::span<const std::uint8_t> columns, const FeatureUnits& units, NearestStatistics& totals) {
  const auto d = static_cast<std::size_t>(rows.columns);
  for (const Move& move : moves) {
    const float* const x = rows.data + move.row * rows.columns;
    const float weight = weights.empty() ? 1.0F : weights[static_cast<std::size_t>(move.row)];
    const std::int64_t weight_units = std::llrint(static_cast<double>(weight) * units.weight_inverse);
    const Int128 scale = exact::gap_scale(x, columns.data(), rows.columns);
    const Int128 whole = Int128{weight_units} << exact::kGapBits;
    const auto add = [&](std::int32_t segment, int sign) {
      if (segment < 0) return;
      Int128* const sums = totals.gap_sums.row(segment).data();
      Int128* const of_feature = totals.gap_weights.row(segment).data();
      for (std::size_t j = 0; j < d; ++j) {
        const bool known = x[j] == x[j];
        if (known) sums[j] += sign * (scale * exact::weighted_units(weight, x[j], {units.unit[j], units.inverse[j]}));
        of_feature[j] += sign * ((known ? scale * weight_units : Int128{0}) - whole);
      }
      totals.weights[static_cast<std::size_t>(segment)] += sign * Int128{weight_units};
      totals.rows[static_cast<std::size_t>(segment)] += sign;
    };
    add(move.to, 1);
    add(move.from, -1);
  }
}

}  // namespace tessera
