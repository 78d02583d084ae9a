// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "analyse/customer_map.hpp"
#include "report/json.hpp"

namespace tessera {

/// The member `customer_map` of summary.json; null for an empty map.
[[nodiscard]] Json customer_map_json(const CustomerMap& map);

}  // namespace tessera
