// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tessera {

/// Fewest insertions, deletions, substitutions and swaps of neighbouring bytes that turn `from` into `to`, no byte being edited
/// twice (optimal string alignment; Damerau 1964, Levenshtein 1966). O(|from| |to|).
[[nodiscard]] int edit_distance(std::string_view from, std::string_view to);

/// The candidate that `word` was most likely meant to be, for did-you-mean; upper and lower case count as equal.
/// Ties go to the first. nullopt if nothing is close: more than (length + 1) / 3 edits.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view word, std::span<const std::string> candidates);

}  // namespace tessera
