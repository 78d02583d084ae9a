// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "fit/choose_mixture.hpp"

namespace tessera {
namespace {

std::string other_criteria(const KSelection& selection, const ChooseMixtureOptions& options) {
  std::string others;
  for (const MixtureCriterion criterion : {MixtureCriterion::bic, MixtureCriterion::icl, MixtureCriterion::aic}) {
    if (criterion == options.criterion) continue;
    others += fmt::format("{}{} asks for {}", others.empty() ? "" : ", ", to_string(criterion),
                          best_components(selection.information, criterion));
  }
  return others;
}

/// The number of components closest to the chosen one that is found again, the larger of two; nullptr if there is none.
const MixtureCriteria* nearest_stable(const KSelection& selection, const ChooseMixtureOptions& options) {
  const MixtureCriteria* nearest = nullptr;
  const auto away = [&](const MixtureCriteria& each) { return std::abs(each.segments - selection.chosen); };
  for (const MixtureCriteria& each : selection.information) {
    if (each.segments < 2 || !each.reason.empty() || !(each.stability >= options.least_stability)) continue;
    if (nearest == nullptr || away(each) <= away(*nearest)) nearest = &each;
  }
  return nearest;
}

/// Floored, so that 0.797 is not 0.80 of 0.80.
double shown(double stability) { return std::floor(100.0 * stability) / 100.0; }

}  // namespace

std::string describe_choice(const KSelection& selection, const ChooseMixtureOptions& options) {
  const std::string others = other_criteria(selection, options);
  if (selection.chosen == 1) {
    return fmt::format("One group describes the customers best: there are no segments by {} ({}).",
                       to_string(options.criterion), others);
  }
  const std::string best = fmt::format("A mixture of {} segments describes the customers best by {} ({})", selection.chosen,
                                       to_string(options.criterion), others);
  const auto chosen = std::ranges::find(selection.information, selection.chosen, &MixtureCriteria::segments);
  if (chosen == selection.information.end() || std::isnan(chosen->stability)) return best + ".";
  if (chosen->stability >= options.least_stability) {
    return fmt::format("{}, and is found again on halves of the customers (stability {:.2f}).", best, shown(chosen->stability));
  }
  const std::string against =
      fmt::format("{}, but it is not found again on halves of the customers: stability {:.2f} of {:.2f} wanted", best,
                  shown(chosen->stability), options.least_stability);
  const MixtureCriteria* stable = nearest_stable(selection, options);
  if (stable == nullptr) return against + ". No other number of segments is.";
  return fmt::format("{}. The nearest number that is: {} (stability {:.2f}, -k {}).", against, stable->segments,
                     shown(stable->stability), stable->segments);
}

}  // namespace tessera
