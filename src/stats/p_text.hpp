// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tessera::stats {

/// p below this is printed as "< 1e-16": no model of the data holds so far out.
inline constexpr double kLeastP = 1e-16;

/// Three significant digits ("0.0312", "4.21e-07"), "< 1e-16" below kLeastP, "undefined" for NaN.
/// @param least  another floor, as of a test whose distribution is known no further
[[nodiscard]] std::string p_text(double p, double least = kLeastP);

}  // namespace tessera::stats
