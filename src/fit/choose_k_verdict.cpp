// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "fit/choose_k.hpp"

namespace tessera {
namespace {

/// "from 2 to 10", "2 or 3", "4"
std::string number_range(int smallest, int largest) {
  if (smallest == largest) return fmt::format("{}", smallest);
  return largest == smallest + 1 ? fmt::format("{} or {}", smallest, largest) : fmt::format("from {} to {}", smallest, largest);
}

const KCriteria* find(const KSelection& selection, int k) {
  const auto found = std::ranges::find(selection.criteria, k, &KCriteria::segments);
  return found == selection.criteria.end() ? nullptr : &*found;
}

/// The k >= 2 that `accept`s and has the largest `merit`.
template <typename Accept, typename Merit>
const KCriteria* nearest(const KSelection& selection, const Accept& accept, const Merit& merit) {
  const KCriteria* best = nullptr;
  for (const KCriteria& c : selection.criteria) {
    if (c.segments < 2 || !accept(c)) continue;
    if (best == nullptr || merit(c) > merit(*best)) best = &c;
  }
  return best;
}

std::string why_none(const KSelection& selection) {
  const auto gains = [](const KCriteria& c) { return c.gain > c.gain_threshold; };
  if (const KCriteria* miss = nearest(selection, gains, [](const KCriteria& c) { return c.stability; })) {
    return fmt::format("{} come closest, but: {}", miss->segments, miss->reason);
  }
  const auto tested = [](const KCriteria& c) { return !std::isnan(c.gain); };
  if (const KCriteria* miss = nearest(selection, tested, [](const KCriteria& c) { return c.gain - c.gain_threshold; })) {
    return fmt::format("none fits them better than it fits tables without segments (closest: {}, gain {:.1f}, needed {:.1f})",
                       miss->segments, miss->gain, miss->gain_threshold);
  }
  return "none is found again on halves of the customers";
}

std::string supported(const KSelection& selection, const KCriteria& chosen) {
  std::string numbers;
  bool alone = true;
  for (const KCriteria& c : selection.criteria) {
    if (!c.admissible || c.segments < 2) continue;
    alone = alone && c.segments == chosen.segments;
    numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", c.segments);
  }
  const std::string reasons = fmt::format(
      "they fit better than tables without segments can be fitted (gain {:.1f}, needed {:.1f}) and come out again "
      "on halves of the customers (stability {:.2f})",
      chosen.gain, chosen.gain_threshold, chosen.stability);
  if (alone) return fmt::format("The data support {} segments and no other number: {}.", chosen.segments, reasons);
  return fmt::format("The data support {} segments: {}; of the numbers supported ({}) they are the clearest apart.",
                     chosen.segments, reasons, numbers);
}

}  // namespace

std::string describe_selection(const KSelection& selection, const ChooseKOptions& options) {
  if (options.largest == 1) return "One segment, since the range of numbers allows no other.";
  if (selection.criteria.empty()) {
    return fmt::format("{}: {} customers are too few to tell segments from chance.",
                       selection.chosen == 1 ? "No segments" : fmt::format("{} segments, as asked", selection.chosen),
                       selection.sample_rows);
  }
  const KCriteria* chosen = find(selection, selection.chosen);
  if (selection.chosen >= 2 && chosen != nullptr && chosen->admissible) return supported(selection, *chosen);
  if (!(selection.criteria.front().dispersion > 0.0)) {
    return "No segments: all customers have the same values in the features.";
  }
  const std::string range = number_range(std::max(options.smallest, 2), selection.criteria.back().segments);
  if (selection.chosen == 1) {
    return fmt::format("No segments: the data support no number {}; {}.", range, why_none(selection));
  }
  if (options.smallest == options.largest) {
    return fmt::format("{} segments, as asked, although the data do not support them: {}.", selection.chosen,
                       chosen != nullptr ? chosen->reason : "there are too few customers");
  }
  return fmt::format(
      "{} segments, though the data support no number {} and one segment was ruled out: they are the clearest apart.",
      selection.chosen, range);
}

}  // namespace tessera
