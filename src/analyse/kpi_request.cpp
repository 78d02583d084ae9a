// SPDX-License-Identifier: Apache-2.0
#include "analyse/kpi_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::array<std::pair<std::string_view, KpiType>, 7> kTypes = {{{"mean", KpiType::mean},
                                                                         {"sum", KpiType::sum},
                                                                         {"ratio", KpiType::ratio},
                                                                         {"rate", KpiType::rate},
                                                                         {"nps", KpiType::nps},
                                                                         {"csat", KpiType::csat},
                                                                         {"duration", KpiType::duration}}};

std::optional<KpiType> parse_type(std::string_view word) {
  for (const auto& [name, type] : kTypes) {
    if (name == word) return type;
  }
  return std::nullopt;
}

bool is_name(std::string_view text, std::span<const std::string> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

/// Splits at the last `mark` in front of which there is a column's name.
std::optional<std::pair<std::string, std::string>> split_name(std::string_view text, char mark,
                                                              std::span<const std::string> names) {
  for (std::size_t at = text.rfind(mark); at != std::string_view::npos && at > 0; at = text.rfind(mark, at - 1)) {
    if (is_name(text.substr(0, at), names)) return std::pair(std::string(text.substr(0, at)), std::string(text.substr(at + 1)));
  }
  return std::nullopt;
}

/// What comes in front of the type: a column, a ratio, or a column and a level.
void parse_head(std::string_view text, std::span<const std::string> names, KpiRequest& request) {
  request.pattern = text;
  if (is_name(text, names)) return;
  if (const auto ratio = split_name(text, '/', names); ratio && is_name(ratio->second, names)) {
    std::tie(request.pattern, request.denominator) = *ratio;
  } else if (const auto level = split_name(text, '=', names)) {
    request.pattern = level->first;
    request.level = level->second;
  }
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool name_has(const ColumnProfile& profile, std::initializer_list<std::string_view> words) {
  const std::string name = lower_case(profile.name);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

bool is_number(const ColumnProfile& profile) {
  return profile.type != DataType::text && profile.kind != Kind::nominal && profile.kind != Kind::date;
}

/// The rarer of two levels; of 0 and 1, 1.
std::string level_that_counts(const ColumnProfile& profile, const ColumnLevels& levels, std::string& reason) {
  if (profile.type != DataType::text && profile.min == 0.0 && profile.max == 1.0) {
    reason = "0 and 1";
    return "1";
  }
  reason = fmt::format("two levels, of which '{}' is the rarer one", levels.labels.back());
  return levels.labels.back();
}

/// The type of a KPI that was not told.
std::optional<std::pair<KpiType, std::string>> infer_type(const KpiRequest& request, const ColumnProfile& profile,
                                                          const ColumnLevels& levels) {
  if (!request.denominator.empty()) return std::pair(KpiType::ratio, std::string("a ratio was asked for"));
  if (request.level) return std::pair(KpiType::rate, std::string("the level was named"));
  if (profile.distinct == 2 && profile.distinct_exact && levels.labels.size() == 2)
    return std::pair(KpiType::rate, std::string());
  if (!is_number(profile)) return std::nullopt;
  const bool zero_to_ten = profile.integral && profile.min >= 0.0 && profile.max <= 10.0 && profile.max > 7.0;
  if (zero_to_ten && name_has(profile, {"nps", "recommend", "promoter"})) {
    return std::pair(KpiType::nps, std::string("named like it, answers within 0 to 10"));
  }
  if (profile.integral && profile.distinct <= 11 && name_has(profile, {"csat"})) {
    return std::pair(KpiType::csat, std::string("named like it"));
  }
  return std::pair(KpiType::mean, std::string("a number"));
}

[[noreturn]] void refuse(const ColumnProfile& profile, KpiType type, std::string_view why, std::string_view advice) {
  throw ConfigError(fmt::format("'{}' cannot be a KPI of type {}: {}", profile.name, to_string(type), why),
                    std::string(advice));
}

void set_level(KpiSpec& spec, const KpiRequest& request, const ColumnProfile& profile, const ColumnLevels& levels) {
  std::string why;
  if (request.level) {
    spec.level = *request.level;
    spec.name = profile.name + "=" + spec.level;
    if (std::find(levels.labels.begin(), levels.labels.end(), spec.level) == levels.labels.end()) {
      std::string known;
      for (std::size_t i = 0; i < std::min<std::size_t>(levels.labels.size(), 5); ++i) {
        known += (i == 0 ? "'" : ", '") + levels.labels[i] + "'";
      }
      throw ConfigError(fmt::format("column '{}' has no level '{}'", profile.name, spec.level), "it has " + known);
    }
  } else if (levels.labels.size() == 2) {
    spec.level = level_that_counts(profile, levels, why);
    if (spec.reason.empty()) spec.reason = why;
  } else {
    refuse(profile, KpiType::rate, fmt::format("it has {} levels", profile.distinct),
           fmt::format("name the one that counts: --kpi '{}=LEVEL'", profile.name));
  }
  spec.formula = fmt::format("share of customers with {} = {}", profile.name, spec.level);
}

/// "Yes" of "churn=Yes".
void set_event(KpiSpec& spec, const KpiRequest& request, std::span<const ColumnProfile> profiles,
               std::span<const ColumnLevels> levels) {
  if (request.event.empty()) return;
  const auto found =
      std::find_if(profiles.begin(), profiles.end(), [&](const ColumnProfile& p) { return p.name == request.event; });
  if (found == profiles.end())
    throw ConfigError(fmt::format("there is no column '{}'", request.event), "see `tessera inspect FILE`");
  spec.event = static_cast<int>(found - profiles.begin());
  const ColumnLevels& own = levels[static_cast<std::size_t>(spec.event)];
  std::string why;
  spec.event_level = request.event_level;
  if (spec.event_level.empty() && own.labels.size() == 2) spec.event_level = level_that_counts(*found, own, why);
  if (std::find(own.labels.begin(), own.labels.end(), spec.event_level) == own.labels.end()) {
    throw ConfigError(fmt::format("column '{}' has no level '{}'", found->name, spec.event_level),
                      fmt::format("name it: --kpi '{}:duration@{}=LEVEL'", request.pattern, found->name));
  }
  spec.formula += fmt::format("; customers without {} = {} have not had it yet (Kaplan-Meier)", found->name, spec.event_level);
}

}  // namespace

std::string_view to_string(KpiType type) { return kTypes[static_cast<std::size_t>(type)].first; }

std::vector<std::string> KpiRequest::columns() const {
  std::vector<std::string> all = {pattern};
  if (!denominator.empty()) all.push_back(denominator);
  if (!event.empty()) all.push_back(event);
  return all;
}

KpiRequest parse_kpi(std::string_view text, std::span<const std::string> names) {
  KpiRequest request;
  request.pattern = text;
  if (is_name(text, names)) return request;
  std::string_view head = text;
  for (std::size_t colon = text.rfind(':'); colon != std::string_view::npos && colon > 0; colon = text.rfind(':', colon - 1)) {
    const std::string_view tail = text.substr(colon + 1);
    const std::size_t at = tail.find('@');
    const auto type = parse_type(tail.substr(0, at));
    if (!type) continue;
    request.type = type;
    head = text.substr(0, colon);
    if (at == std::string_view::npos) break;
    if (*type != KpiType::duration) {
      throw ConfigError(fmt::format("'{}': only a duration has an event", text), "write NAME:duration@EVENT=LEVEL");
    }
    const std::string_view event = tail.substr(at + 1);
    const auto level = is_name(event, names) ? std::nullopt : split_name(event, '=', names);
    request.event = level ? level->first : std::string(event);
    request.event_level = level ? level->second : std::string();
    break;
  }
  parse_head(head, names, request);
  return request;
}

std::optional<KpiSpec> resolve_kpi(const KpiRequest& request, int column, std::span<const ColumnProfile> profiles,
                                   std::span<const ColumnLevels> levels, std::vector<std::string>& notes) {
  const ColumnProfile& profile = profiles[static_cast<std::size_t>(column)];
  const ColumnLevels& own = levels[static_cast<std::size_t>(column)];
  KpiSpec spec;
  spec.column = column;
  spec.name = profile.name;
  if (request.type) {
    spec.type = *request.type;
    spec.reason = "asked for";
  } else if (const auto inferred = infer_type(request, profile, own)) {
    std::tie(spec.type, spec.reason) = *inferred;
  } else {
    notes.push_back(fmt::format("{}: no KPI, because it has {} levels; name the one that counts with --kpi '{}=LEVEL'",
                                profile.name, profile.distinct, profile.name));
    return std::nullopt;
  }
  const bool ordered = is_number(profile);
  if (spec.type != KpiType::rate && !ordered)
    refuse(profile, spec.type, "it is no number", "leave its type out, or name a level");
  switch (spec.type) {
    case KpiType::mean:
      spec.formula = fmt::format("mean of {}", profile.name);
      break;
    case KpiType::sum:
      spec.formula = fmt::format("sum of {}", profile.name);
      break;
    case KpiType::ratio: {
      const auto other =
          std::find_if(profiles.begin(), profiles.end(), [&](const ColumnProfile& p) { return p.name == request.denominator; });
      if (other == profiles.end() || !is_number(*other)) {
        refuse(profile, spec.type, "the column to divide by is missing or no number", "write NAME/NAME:ratio");
      }
      spec.denominator = static_cast<int>(other - profiles.begin());
      spec.name = profile.name + "/" + other->name;
      spec.formula = fmt::format("sum of {} / sum of {}", profile.name, other->name);
      break;
    }
    case KpiType::rate:
      set_level(spec, request, profile, own);
      break;
    case KpiType::nps:
      if (profile.min < 0.0 || profile.max > 10.0) refuse(profile, spec.type, "answers are not within 0 to 10", "use mean");
      spec.formula = fmt::format("percent of {} 9 and 10, minus percent of 0 to 6", profile.name);
      break;
    case KpiType::csat:
      spec.threshold = profile.max - 1.0;
      spec.formula = fmt::format("share of customers with {} of {:g} or {:g}", profile.name, profile.max - 1.0, profile.max);
      if (!profile.integral) refuse(profile, spec.type, "it has fractions", "use mean");
      break;
    case KpiType::duration:
      if (profile.min < 0.0) refuse(profile, spec.type, "some are negative", "use mean");
      spec.formula = fmt::format("median of {}", profile.name);
      set_event(spec, request, profiles, levels);
      break;
  }
  return spec;
}

}  // namespace tessera
