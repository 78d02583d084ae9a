// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/prepare.hpp"

namespace tessera {

/// The label of a numeric level: the shortest decimal that reads back as the same float64 ("3", "0.1").
[[nodiscard]] std::string number_label(double value);

/// The number that a label is, if it is nothing else.
[[nodiscard]] std::optional<double> label_number(std::string_view label);

/// Most frequent first, ties by label.
void sort_levels(std::vector<std::pair<std::string, std::int64_t>>& levels);

/// Warns of labels that differ in case and blanks only, and of labels of which many, or all, are numbers.
void add_label_warnings(const std::vector<std::pair<std::string, std::int64_t>>& levels, ColumnProfile& profile);

}  // namespace tessera
