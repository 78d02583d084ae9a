// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "hwy/targets.h"

namespace tessera::testing {

/// Calls visit(name) once for every instruction set that this processor has, with Highway's run-time dispatch held to it.
template <typename Visit>
void for_each_instruction_set(Visit visit) {
  const auto hold = [](std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  const std::int64_t supported = hwy::SupportedTargets();
  for (std::int64_t rest = supported; rest != 0; rest &= rest - 1) {
    const std::int64_t target = rest & -rest;
    hold(target);
    visit(std::string(hwy::TargetName(target)));
  }
  hold(0);
}

}  // namespace tessera::testing
