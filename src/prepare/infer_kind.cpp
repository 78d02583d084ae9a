// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "prepare/column_names.hpp"
#include "prepare/infer.hpp"
#include "prepare/level_warnings.hpp"

namespace tessera {
namespace {

/// Why the declared kind cannot be; empty if it can.
std::string kind_problem(Kind kind, const ColumnFacts& facts) {
  const ColumnProfile& profile = facts.profile;
  const bool text = profile.type == DataType::text;
  switch (kind) {
    case Kind::continuous:
    case Kind::count:
    case Kind::ordinal:
      return text ? "holds text" : "";
    case Kind::date:
      return text && !facts.all_dates && profile.distinct > 0 ? "holds text other than ISO 8601 dates" : "";
    case Kind::binary:
      return profile.distinct > 2 ? "has more than two levels" : "";
    case Kind::nominal:
      return "";
  }
  return "";
}

Verdict<Kind> kind_of_text(const ColumnFacts& facts) {
  if (facts.all_dates) return {Kind::date, "ISO 8601 dates"};
  if (facts.profile.distinct == 2) return {Kind::binary, "text with two levels"};
  return {Kind::nominal, "text"};
}

/// Few whole levels within a short range, as answers on a scale have: 1-5, 0-10, -5..5.
bool looks_like_scale(const ColumnProfile& profile) {
  return profile.distinct <= 11 && profile.min >= -5.0 && profile.max <= 10.0 && profile.max - profile.min <= 10.0;
}

Verdict<Kind> kind_of_numbers(const ColumnProfile& profile) {
  constexpr std::int64_t kEnoughForTwoLevels = 20;
  const std::int64_t present = profile.rows - profile.missing;
  const bool zero_one = profile.min == 0.0 && profile.max == 1.0;
  if (profile.distinct == 2 && (zero_one || present >= kEnoughForTwoLevels)) {
    return {Kind::binary, fmt::format("two levels, {} and {}", number_label(profile.min), number_label(profile.max))};
  }
  if (!profile.integral) return {Kind::continuous, "numbers"};
  if (named_like_code(profile.name) && profile.distinct <= kMostLevels && profile.distinct * 2 <= present) {
    return {Kind::nominal, "whole numbers in a column named like a code"};
  }
  if (looks_like_scale(profile)) {
    return {Kind::ordinal, fmt::format("{} whole levels from {} to {}", profile.distinct, number_label(profile.min),
                                       number_label(profile.max))};
  }
  if (profile.min >= 0.0) return {Kind::count, "whole numbers from 0 up"};
  return {Kind::continuous, "whole numbers, some negative"};
}

}  // namespace

Verdict<Kind> infer_kind(const ColumnFacts& facts, const ColumnSchema& schema, bool nominal_wanted) {
  const ColumnProfile& profile = facts.profile;
  if (nominal_wanted) {
    // Two levels of text and two codes are the same thing; only the encoding of numbers differs.
    return {Kind::nominal, "read as labels, as asked"};
  }
  std::string refused;
  if (schema.declared_kind) {
    const std::string problem = kind_problem(*schema.declared_kind, facts);
    if (problem.empty()) return {*schema.declared_kind, "declared in the file"};
    refused = fmt::format("; declared as {}, but {}", to_string(*schema.declared_kind), problem);
  }
  Verdict<Kind> kind = profile.type == DataType::text ? kind_of_text(facts) : kind_of_numbers(profile);
  kind.reason += refused;
  return kind;
}

}  // namespace tessera
