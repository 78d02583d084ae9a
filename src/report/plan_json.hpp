// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report/json.hpp"
#include "report/portrait.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// A plan as published: policies, decisions, and for each source column how it becomes prepared features.
[[nodiscard]] Json plan_json(const FeaturePlan& plan);

/// Values of the source columns by name: a number, a date as text, or for a nominal column an object of the levels' shares.
[[nodiscard]] Json source_values_json(const FeaturePlan& plan, const std::vector<SourceValue>& values);

/// Adds a member; a name that is there already (two columns of one name) gets a number behind it.
void add_member(Json& object, const std::string& name, Json value);

}  // namespace tessera
