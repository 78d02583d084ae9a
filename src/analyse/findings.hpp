// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tessera/analysis.hpp"

namespace tessera {

/// What an analysis comes to, in sentences: only differences that are notable by their effect, and where they may be tested,
/// significant as well. The most important first.
[[nodiscard]] std::vector<std::string> find_findings(const Analysis& analysis);

}  // namespace tessera
