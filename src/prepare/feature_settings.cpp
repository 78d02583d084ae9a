// SPDX-License-Identifier: Apache-2.0
#include "prepare/feature_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "prepare/column_names.hpp"
#include "prepare/distinct.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

std::vector<std::string> names_of(std::span<const ColumnProfile> profiles) {
  std::vector<std::string> names;
  for (const ColumnProfile& profile : profiles) names.push_back(profile.name);
  return names;
}

[[noreturn]] void no_feature(std::span<const ColumnProfile> profiles) {
  constexpr int kShown = 6;
  std::string reasons;
  int shown = 0;
  for (const ColumnProfile& profile : profiles) {
    if (profile.role != Role::ignore || ++shown > kShown) continue;
    reasons += fmt::format("{}'{}': {}", shown > 1 ? "; " : "", profile.name, profile.reason);
  }
  if (shown > kShown) reasons += fmt::format("; and {} more", shown - kShown);
  throw DataError(fmt::format("no column can be a feature{}{}", reasons.empty() ? "" : ": ", reasons), {},
                  "name the columns to segment by with --features");
}

void check_options(const PrepareOptions& options) {
  if (options.top_levels < 2 || options.top_levels > 1000) {
    throw ConfigError(fmt::format("{} top levels are not possible", options.top_levels), "choose from 2 to 1000",
                      ErrorCode::usage);
  }
  for (const WeightBlock& block : options.blocks) {
    if (block.weight > 0.0 && std::isfinite(block.weight)) continue;
    throw ConfigError(fmt::format("block '{}' has weight {}", block.name, block.weight),
                      "a block's weight is a number above 0; to leave columns out, use --ignore", ErrorCode::usage);
  }
}

/// The settings of a column, or nullptr if it is no feature.
FeatureSettings* find_feature(std::vector<FeatureSettings>& features, int column) {
  const auto found =
      std::find_if(features.begin(), features.end(), [&](const FeatureSettings& f) { return f.column == column; });
  return found == features.end() ? nullptr : &*found;
}

void apply_blocks(std::vector<FeatureSettings>& features, std::span<const std::string> names, const PrepareOptions& options) {
  std::vector<const WeightBlock*> block_of(names.size(), nullptr);
  for (const WeightBlock& block : options.blocks) {
    int used = 0;
    for (const ColumnMatch& match : match_columns(block.columns, names, "--weight-block")) {
      const auto column = static_cast<std::size_t>(match.column);
      FeatureSettings* const feature = find_feature(features, match.column);
      if (feature == nullptr) {
        if (!match.by_name) continue;
        throw ConfigError(fmt::format("block '{}' names column '{}', which is not a feature", block.name, names[column]),
                          fmt::format("add it with --features, or leave it out of the block"));
      }
      if (block_of[column] != nullptr && block_of[column] != &block) {
        throw ConfigError(
            fmt::format("column '{}' is in the blocks '{}' and '{}'", names[column], block_of[column]->name, block.name),
            "a column belongs to one block");
      }
      block_of[column] = &block;
      feature->block_factor = std::sqrt(block.weight);
      ++used;
    }
    if (used == 0) {
      throw ConfigError(fmt::format("block '{}' holds no feature", block.name), "name columns that are features");
    }
  }
}

void apply_transforms(std::vector<FeatureSettings>& features, std::span<const ColumnProfile> profiles,
                      std::span<const std::string> names, const PrepareOptions& options) {
  if (options.transform != TransformPolicy::listed) return;
  for (const ColumnMatch& match : match_columns(options.log1p_columns, names, "--transform log1p")) {
    const ColumnProfile& profile = profiles[static_cast<std::size_t>(match.column)];
    FeatureSettings* const feature = find_feature(features, match.column);
    const bool numeric = profile.type != DataType::text && profile.kind != Kind::nominal && profile.kind != Kind::binary;
    const bool possible =
        feature != nullptr && (numeric || profile.kind == Kind::date) && (profile.kind == Kind::date || profile.min >= 0.0);
    if (possible) {
      feature->log1p_listed = true;
    } else if (match.by_name) {
      const char* const problem = feature == nullptr ? "is not a feature"
                                  : !numeric         ? "has levels, not amounts"
                                                     : "has negative values";
      throw ConfigError(fmt::format("log1p of column '{}' is not possible: it {}", profile.name, problem),
                        "leave it out of --transform log1p:...");
    }
  }
}

}  // namespace

std::vector<FeatureSettings> select_features(std::span<const ColumnProfile> profiles, const PrepareOptions& options) {
  check_options(options);
  std::vector<FeatureSettings> features;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const ColumnProfile& profile = profiles[i];
    if (profile.role != Role::feature || profile.missing == profile.rows) continue;
    if (profile.type == DataType::text && profile.kind != Kind::date && !profile.distinct_exact) {
      throw DataError(fmt::format("column '{}' has too many levels to be a feature: about {} (at most {})", profile.name,
                                  profile.distinct, kMostLevels),
                      {}, fmt::format("leave it out with --ignore '{}'", profile.name));
    }
    features.push_back({static_cast<int>(i), 1.0, false});
  }
  if (features.empty()) no_feature(profiles);
  const std::vector<std::string> names = names_of(profiles);
  apply_blocks(features, names, options);
  apply_transforms(features, profiles, names, options);
  return features;
}

}  // namespace tessera
