// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "tessera/analysis.hpp"

namespace tessera {

/// A number for people: "82,000", "12.3", "0.00123".
[[nodiscard]] std::string number_words(double value, int digits = 3);
/// "34%", "5.3%", "0.2%".
[[nodiscard]] std::string percent_words(double share);
/// The value of a KPI in its units: "27%", "14 points", "1,234".
[[nodiscard]] std::string kpi_words(KpiType type, double value);
/// "income: 82,000 against 52,000 overall".
[[nodiscard]] std::string trait_words(const ColumnAnalysis& column, const SegmentTrait& trait);

}  // namespace tessera
