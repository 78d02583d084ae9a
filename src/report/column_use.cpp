// SPDX-License-Identifier: Apache-2.0
#include "report/column_use.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/portrait.hpp"
#include "report/text.hpp"

namespace tessera {
namespace {

std::string nominal_use(const FeatureSource& source) {
  return fmt::format("feature: one 0/1 column for each of {}{}",
                     text::plural(static_cast<std::int64_t>(source.levels.size()), "level"),
                     source.has_other ? " and one for all others" : "");
}

std::string numeric_use(const FeatureSource& source, ScalePolicy scale) {
  if (source.kind == Kind::binary) return "feature: as 0 and 1";
  std::string steps = source.kind == Kind::date ? "days" : "";
  const auto add = [&](const char* step) { steps += (steps.empty() ? "" : ", ") + std::string(step); };
  if (source.transform == Transform::log1p) add("log1p");
  if (scale == ScalePolicy::standard) add("standardized");
  if (scale == ScalePolicy::robust) add("scaled by its middle half");
  return "feature: " + (steps.empty() ? "as it is" : steps);
}

std::string missing_use(const FeatureSource& source, MissingPolicy missing) {
  if (source.missing == 0) return {};
  const std::string cells = text::plural(source.missing, "missing cell");
  if (missing == MissingPolicy::drop_row) return fmt::format("; rows with its {} are rejected", cells);
  if (keeps_gaps(missing))
    return fmt::format("; {} left {}", cells, missing == MissingPolicy::em ? "open" : "out of distances");
  const std::string fill =
      source.levels.empty() ? value_text(source, source.fill) : level_name(source, static_cast<std::size_t>(source.fill_level));
  return fmt::format("; {} {} {}", cells, source.missing == 1 ? "becomes" : "become", fill);
}

}  // namespace

std::string column_use(const ColumnProfile& profile, const InspectReport& report) {
  switch (profile.role) {
    case Role::id:
      return "id of the customer";
    case Role::weight:
      return "weight of the customer";
    case Role::kpi:
      return "kpi: kept apart, not a feature";
    case Role::ignore:
      return "not used";
    case Role::feature:
      break;
  }
  if (!report.plan) return "feature";
  const auto& sources = report.plan->sources;
  const auto source =
      std::find_if(sources.begin(), sources.end(), [&](const FeatureSource& s) { return s.name == profile.name; });
  if (source == sources.end()) return "not used";
  std::string use = source->levels.empty() ? numeric_use(*source, report.plan->scale) : nominal_use(*source);
  if (source->block_factor != 1.0) {
    use += fmt::format("; its squared distances count {} times", text::number(source->block_factor * source->block_factor));
  }
  return use + missing_use(*source, report.plan->missing);
}

bool is_constant(const ColumnProfile& profile) { return profile.distinct <= 1; }

bool is_unique(const ColumnProfile& profile) {
  const std::int64_t present = profile.rows - profile.missing;
  return profile.counts_rows || (present > 0 && profile.distinct_exact && profile.distinct == present);
}

}  // namespace tessera
