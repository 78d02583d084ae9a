// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report/json.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// One member of `analysis` each.
[[nodiscard]] Json columns_json(const std::vector<ColumnAnalysis>& columns);
[[nodiscard]] Json kpis_json(const std::vector<KpiResult>& kpis);
[[nodiscard]] Json crosstabs_json(const std::vector<Crosstab>& tables);
[[nodiscard]] Json period_crosstabs_json(const Analysis& analysis);
[[nodiscard]] Json drivers_json(const std::vector<DriverAnalysis>& drivers);
[[nodiscard]] Json doubt_json(const AnalysisDoubt& doubt);

// What they are made of.
[[nodiscard]] Json interval_json(const Interval& interval);
[[nodiscard]] Json test_json(const TestResult& test);
[[nodiscard]] Json effect_json(const EffectSize& effect);
/// [rows x columns] as an array of rows.
[[nodiscard]] Json matrix_json(const Matrix<double>& matrix, std::int64_t most);
/// null for "all customers", -1.
[[nodiscard]] inline Json segment_or_null(int segment) { return segment < 0 ? Json(nullptr) : Json(segment); }

}  // namespace tessera
