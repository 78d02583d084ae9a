// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "prepare/column_names.hpp"
#include "prepare/infer.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// What the command line says about a column.
struct Request {
  std::optional<Role> role;
  bool by_name = false;
  std::string_view option;
  bool nominal = false;
};

/// Later entries win where both are globs: `--features '*' --ignore 'tmp*'` ignores tmp1.
struct RoleOption {
  Role role;
  std::string_view option;
  const std::vector<std::string>* patterns;
};

std::vector<Request> read_requests(std::span<const ColumnSchema> schema, const PrepareOptions& options) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : schema) names.push_back(column.name);
  const std::array<RoleOption, 5> role_options = {{{Role::feature, "--features", &options.features},
                                                   {Role::kpi, "--kpi", &options.kpis},
                                                   {Role::weight, "--weight", &options.weights},
                                                   {Role::id, "--id", &options.ids},
                                                   {Role::ignore, "--ignore", &options.ignored}}};
  std::vector<Request> requests(schema.size());
  for (const RoleOption& asked : role_options) {
    const auto matches = match_columns(*asked.patterns, names, asked.option);
    const bool single = asked.role == Role::id || asked.role == Role::weight;
    if (single && matches.size() > 1) {
      throw ConfigError(
          fmt::format("{} names {} columns, '{}' and '{}' among them", asked.option, matches.size(),
                      names[static_cast<std::size_t>(matches[0].column)], names[static_cast<std::size_t>(matches[1].column)]),
          "name one");
    }
    for (const ColumnMatch& match : matches) {
      Request& request = requests[static_cast<std::size_t>(match.column)];
      if (request.role && request.by_name && match.by_name) {
        throw ConfigError(fmt::format("column '{}' is asked for by both {} and {}",
                                      names[static_cast<std::size_t>(match.column)], request.option, asked.option),
                          "a column has one role: name it once");
      }
      if (request.role && request.by_name) continue;
      request.role = asked.role;
      request.by_name = match.by_name;
      request.option = asked.option;
    }
  }
  for (const ColumnMatch& match : match_columns(options.categories, names, "--categories")) {
    requests[static_cast<std::size_t>(match.column)].nominal = true;
  }
  return requests;
}

std::int64_t present_rows(const ColumnProfile& profile) { return profile.rows - profile.missing; }

/// At least nine of ten cells present are different.
bool nearly_unique(const ColumnProfile& profile) {
  return static_cast<double>(profile.distinct) > 0.9 * static_cast<double>(present_rows(profile));
}

bool is_unique(const ColumnProfile& profile) {
  return profile.missing == 0 && (profile.distinct == profile.rows || (!profile.distinct_exact && nearly_unique(profile)));
}

bool has_labels(const ColumnProfile& profile) { return profile.type == DataType::text && profile.kind != Kind::date; }

/// So many levels that nearly every row would be 'other': document numbers, product codes, names.
bool few_covered(const ColumnProfile& profile) {
  constexpr std::int64_t kMostCodes = 256;
  if (profile.type != DataType::text && named_like_id(profile.name) && profile.distinct > kMostCodes) return true;
  std::int64_t covered = 0;
  for (const auto& [label, rows] : profile.top_levels) covered += rows;
  return covered * 10 < present_rows(profile);
}

/// Never a feature unless asked for: the reason, or empty.
std::string exclusion(const ColumnFacts& facts) {
  const ColumnProfile& profile = facts.profile;
  const std::int64_t present = present_rows(profile);
  const bool labels = has_labels(profile);
  if (present == 0) return "every cell is missing";
  if (profile.distinct <= 1)
    return profile.missing > 0 ? "constant where it is present" : "constant: the same value in every row";
  if (profile.counts_rows) return "counts the rows";
  if (profile.missing * 2 > profile.rows) {
    return fmt::format("{:.0f}% of the cells are missing",
                       100.0 * static_cast<double>(profile.missing) / static_cast<double>(profile.rows));
  }
  if (labels && (!profile.distinct_exact || profile.distinct > kMostLevels)) {
    return fmt::format("text with about {} levels (over {}): it tells customers apart, as an id does", profile.distinct,
                       kMostLevels);
  }
  constexpr std::int64_t kEnoughText = 10;
  if (labels && present >= kEnoughText && nearly_unique(profile)) return "text that is different in nearly every row";
  if (profile.kind == Kind::nominal && few_covered(profile)) {
    return fmt::format("{} levels, of which even the most frequent cover few rows", profile.distinct);
  }
  if (labels && facts.mean_text_words > 6.0 && profile.distinct > 50 && profile.distinct * 4 > present) return "free text";
  if (named_like_grouping(profile.name) && profile.distinct * 2 <= present && (profile.integral || labels)) {
    return "named like a known grouping, which would hand the answer to the fit";
  }
  if (named_like_id(profile.name) && nearly_unique(profile) && (profile.integral || labels)) return "named like an id";
  if (profile.kind != Kind::nominal && !std::isfinite(profile.sd)) return "values too large for a standard deviation";
  return {};
}

/// Whole numbers that differ in nearly every row. In few rows any amount does.
bool nearly_unique_numbers(const ColumnProfile& profile) {
  constexpr std::int64_t kEnoughNumbers = 50;
  const bool amounts = profile.kind == Kind::count || profile.kind == Kind::continuous;
  return profile.integral && amounts && present_rows(profile) >= kEnoughNumbers && nearly_unique(profile);
}

/// Spread evenly over their range, as numbers that were handed out are (a uniform distribution has sd = 0.289 range, one that
/// grows linearly 0.236), and amounts are not: those crowd around a middle or near zero.
bool spread_evenly(const ColumnProfile& profile) { return profile.sd > 0.22 * (profile.max - profile.min); }

/// Different in every row, and nearly every number of its range occurs: numbers that were handed out one after the other.
bool handed_out_in_sequence(const ColumnProfile& profile) {
  return is_unique(profile) && profile.max - profile.min < 4.0 * static_cast<double>(profile.rows);
}

void set_role(ColumnProfile& profile, Role role, const std::string& reason) {
  profile.role = role;
  // Of a column that is left out, its kind needs no reason; and one reason for both is said once.
  if (role == Role::ignore || profile.reason == reason) {
    profile.reason = reason;
  } else {
    profile.reason = fmt::format("{} ({})", reason, profile.reason);
  }
}

void decide_id(std::span<ColumnFacts> facts, std::vector<bool>& decided) {
  std::size_t best = facts.size();
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const ColumnProfile& profile = facts[i].profile;
    const bool possible = !decided[i] && named_like_id(profile.name) && nearly_unique(profile) && profile.distinct > 0 &&
                          (profile.integral || has_labels(profile));
    if (!possible) continue;
    if (best == facts.size() || (is_unique(profile) && !is_unique(facts[best].profile))) best = i;
  }
  if (best == facts.size()) return;
  ColumnProfile& profile = facts[best].profile;
  const bool unique = is_unique(profile);
  set_role(profile, Role::id, unique ? "named like an id and different in every row" : "named like an id and nearly unique");
  if (!unique) profile.warnings.emplace_back("some ids are missing or occur more than once");
  decided[best] = true;
}

/// Features unless something speaks against it. Nearly unique whole numbers are codes, unless most of what could be a feature
/// is of that sort: then the table is one of amounts or measurements.
void decide_features(std::span<ColumnFacts> facts, const std::vector<bool>& decided) {
  std::vector<std::size_t> codes;
  std::size_t others = 0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (decided[i]) continue;
    ColumnProfile& profile = facts[i].profile;
    if (const std::string reason = exclusion(facts[i]); !reason.empty()) {
      set_role(profile, Role::ignore, reason);
    } else if (nearly_unique_numbers(profile) && (spread_evenly(profile) || handed_out_in_sequence(profile))) {
      codes.push_back(i);
    } else {
      if (nearly_unique_numbers(profile)) profile.reason += ", different in nearly every row but crowded as amounts are";
      profile.role = Role::feature;
      ++others;
    }
  }
  const auto sequences =
      std::partition(codes.begin(), codes.end(), [&](std::size_t i) { return handed_out_in_sequence(facts[i].profile); });
  const auto amounts = static_cast<std::size_t>(codes.end() - sequences);
  const bool measurements = amounts >= 2 && amounts > others;
  for (auto code = codes.begin(); code != codes.end(); ++code) {
    ColumnProfile& profile = facts[*code].profile;
    if (code >= sequences && measurements) {
      profile.role = Role::feature;
      profile.reason += ", different in nearly every row as most columns here";
    } else {
      set_role(profile, Role::ignore, "whole numbers that are different in nearly every row, as account numbers are");
    }
  }
}

void warn_outcome(ColumnProfile& profile) {
  if (profile.role != Role::feature || !named_like_outcome(profile.name)) return;
  profile.warnings.push_back(fmt::format(
      "named like an outcome: as a feature it shapes the segments; to compare segments by it, give --kpi '{}'", profile.name));
}

}  // namespace

void assign_kinds_and_roles(std::span<ColumnFacts> facts, std::span<const ColumnSchema> schema, const PrepareOptions& options) {
  const std::vector<Request> requests = read_requests(schema, options);
  std::vector<bool> decided(facts.size(), false);
  bool has_id = false, has_weight = false;
  const auto settle = [&](std::size_t i, Role role, const std::string& reason) {
    set_role(facts[i].profile, role, reason);
    decided[i] = true;
    has_id = has_id || role == Role::id;
    has_weight = has_weight || role == Role::weight;
  };

  for (std::size_t i = 0; i < facts.size(); ++i) {
    ColumnProfile& profile = facts[i].profile;
    Verdict<Kind> kind = infer_kind(facts[i], schema[i], requests[i].nominal);
    profile.kind = kind.value;
    profile.reason = std::move(kind.reason);
    if (!requests[i].role) continue;
    if (*requests[i].role == Role::feature && present_rows(profile) == 0) {
      settle(i, Role::ignore, "asked for, but every cell is missing");
    } else {
      settle(i, *requests[i].role, "asked for");
    }
  }
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (decided[i] || !schema[i].declared_role) continue;
    Role role = *schema[i].declared_role;
    const bool second = (role == Role::id && has_id) || (role == Role::weight && has_weight);
    const bool unwanted = role == Role::feature && (!options.features.empty() || present_rows(facts[i].profile) == 0);
    if (second)
      settle(i, Role::ignore, fmt::format("declared as {}, but another column is", to_string(role)));
    else if (!unwanted)
      settle(i, role, "declared in the file");
  }
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const ColumnProfile& profile = facts[i].profile;
    if (decided[i] || has_weight || !named_like_weight(profile.name) || profile.missing > 0 || has_labels(profile)) continue;
    if (profile.min >= 0.0 && profile.max > 0.0) settle(i, Role::weight, "named like the weight of a row");
  }
  if (!has_id) decide_id(facts, decided);
  if (!options.features.empty()) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
      if (!decided[i]) settle(i, Role::ignore, "not among the features asked for");
    }
  }
  decide_features(facts, decided);
  for (ColumnFacts& column : facts) {
    warn_outcome(column.profile);
    if (column.profile.role == Role::ignore) column.profile.warnings.clear();  // nothing depends on its cells
  }
}

}  // namespace tessera
