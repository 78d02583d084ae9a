// SPDX-License-Identifier: Apache-2.0
#include "prepare/level_warnings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

namespace tessera {
namespace {

/// Lower case, blanks at the ends gone, runs of blanks one.
std::string spelling(std::string_view label) {
  std::string key;
  for (const char c : label) {
    const bool blank = c == ' ' || c == '\t' || c == '_' || c == '-';
    if (blank && (key.empty() || key.back() == ' ')) continue;
    key += blank ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  while (!key.empty() && key.back() == ' ') key.pop_back();
  return key;
}

using Level = std::pair<std::string, std::int64_t>;

void warn_spellings(const std::vector<Level>& levels, ColumnProfile& profile) {
  std::map<std::string, std::vector<const Level*>> groups;
  for (const Level& level : levels) {
    // Signed numbers and codes such as "-5" and "5" differ in what looks like a blank.
    if (!label_number(level.first)) groups[spelling(level.first)].push_back(&level);
  }
  constexpr int kShown = 3;
  int found = 0;
  for (auto& [key, group] : groups) {
    if (group.size() < 2 || ++found > kShown) continue;
    std::sort(group.begin(), group.end(), [](const Level* a, const Level* b) {
      return a->second != b->second ? a->second > b->second : a->first < b->first;
    });
    profile.warnings.push_back(fmt::format("'{}' ({}) and '{}' ({}) may be spellings of one level", group[0]->first,
                                           group[0]->second, group[1]->first, group[1]->second));
  }
  if (found > kShown) profile.warnings.push_back(fmt::format("{} more levels are spelt in several ways", found - kShown));
}

void warn_numbers(const std::vector<Level>& levels, ColumnProfile& profile) {
  constexpr std::size_t kFewOthers = 3;
  std::vector<std::string> others;
  for (const Level& level : levels) {
    if (!label_number(level.first)) others.push_back("'" + level.first + "'");
    if (others.size() > kFewOthers) return;
  }
  if (levels.size() < others.size() + 3) return;
  if (others.empty()) {
    profile.warnings.emplace_back(
        "every cell is a number stored as text: it is read as labels; store it as numbers to use its order");
    return;
  }
  std::sort(others.begin(), others.end());
  profile.warnings.push_back(
      fmt::format("{} of {} levels are numbers, but not {}: all are read as labels; write those as numbers to use their order",
                  levels.size() - others.size(), levels.size(), fmt::join(others, ", ")));
}

}  // namespace

std::string number_label(double value) {
  if (std::fabs(value) < 0x1p53 && std::trunc(value) == value) return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

std::optional<double> label_number(std::string_view label) {
  if (label.starts_with('+')) label.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), value);
  if (error != std::errc{} || end != label.data() + label.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

void sort_levels(std::vector<Level>& levels) {
  std::sort(levels.begin(), levels.end(),
            [](const Level& a, const Level& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
}

void add_label_warnings(const std::vector<Level>& levels, ColumnProfile& profile) {
  if (levels.empty()) return;
  warn_spellings(levels, profile);
  warn_numbers(levels, profile);
}

}  // namespace tessera
