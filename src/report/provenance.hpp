// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "report/json.hpp"
#include "report/manifest.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// What it takes to repeat a run: when and by which command it was made, seed, input, options, versions. The members of
/// manifest.json, and the member `provenance` of summary.json.
[[nodiscard]] Json provenance_json(const Manifest& manifest, const TableInfo& table, std::uint64_t seed);

}  // namespace tessera
