// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "ptx/costs.hpp"
#include "ptx/program.hpp"

namespace tessera::testing {

struct KernelCosts {
  const ptx::Kernel* kernel = nullptr;
  std::int64_t launches = 0;
  ptx::Costs costs;
};

/// From now on counts what launches take, from nothing.
void count_costs();
/// By name.
[[nodiscard]] const std::map<std::string, KernelCosts>& counted_costs();

}  // namespace tessera::testing
