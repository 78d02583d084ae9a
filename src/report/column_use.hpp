// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/inspect_report.hpp"

namespace tessera {

/// What `segment` would do with a column, for people: "feature: log1p, standardized; 12 missing cells become 3.5".
[[nodiscard]] std::string column_use(const ColumnProfile& profile, const InspectReport& report);

/// The cells present are all equal (or there are none).
[[nodiscard]] bool is_constant(const ColumnProfile& profile);
/// No value is there twice, as far as that is known exactly.
[[nodiscard]] bool is_unique(const ColumnProfile& profile);

}  // namespace tessera
