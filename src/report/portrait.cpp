// SPDX-License-Identifier: Apache-2.0
#include "report/portrait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/dates.hpp"
#include "prepare/apply.hpp"
#include "report/text.hpp"

namespace tessera {
namespace {

/// Strength from which a trait becomes part of a segment's name.
constexpr double kNamingStrength = 0.5;
constexpr double kVeryStrength = 1.25;
constexpr std::size_t kTraitsInName = 2;

/// The centroids [k x d], and as row k their weighted mean, which is the mean of all fitted customers.
Matrix<float> with_overall_mean(const Model& model) {
  const std::int64_t k = model.centroids.rows();
  Matrix<float> all(k + 1, model.centroids.columns());
  std::copy_n(model.centroids.data(), k * model.centroids.columns(), all.data());
  const double total = std::accumulate(model.weights.begin(), model.weights.end(), 0.0);
  for (std::int64_t j = 0; j < all.columns(); ++j) {
    double sum = 0.0;
    for (std::int64_t s = 0; s < k; ++s) sum += model.weights[static_cast<std::size_t>(s)] * double{model.centroids(s, j)};
    all(k, j) = static_cast<float>(total > 0.0 ? sum / total : 0.0);
  }
  return all;
}

/// A binary column of numbers is prepared as 0 (the lower value) and 1 (the higher one).
bool is_binary_number(const FeatureSource& source) { return source.kind == Kind::binary && source.levels.empty(); }
double share_of_higher(const FeatureSource& source, double mean) { return (mean - source.center) / source.scale; }

/// Standard deviation of a numeric source, in the source's units behind its transform.
double spread_of(const FeatureSource& source, double overall, ScalePolicy scale, const std::vector<ColumnProfile>& profiles) {
  if (is_binary_number(source)) {
    const double share = share_of_higher(source, overall);
    return share > 0.0 && share < 1.0 ? source.scale * std::sqrt(share * (1.0 - share)) : source.scale;
  }
  if (scale == ScalePolicy::standard || source.transform != Transform::none) return source.scale;
  const auto profile =
      std::find_if(profiles.begin(), profiles.end(), [&](const ColumnProfile& p) { return p.name == source.name; });
  return profile != profiles.end() && profile->sd > 0.0 ? profile->sd : source.scale;
}

/// `prepared` is the difference of the prepared values.
Trait numeric_trait(const FeatureSource& source, double value, double overall, double prepared, double spread) {
  Trait trait;
  trait.feature = source.name;
  trait.kind = source.kind;
  trait.value = value;
  trait.overall = overall;
  trait.difference = prepared * source.scale / (source.block_factor * spread);
  if (source.kind == Kind::date) trait.difference = -trait.difference;  // prepared dates count backwards
  trait.strength = std::fabs(trait.difference);
  return trait;
}

Trait nominal_trait(const FeatureSource& source, const std::vector<double>& shares, const std::vector<double>& overall) {
  std::size_t most = 0;
  const auto difference = [&](std::size_t level) { return shares[level] - overall[level]; };
  for (std::size_t level = 1; level < shares.size(); ++level) {
    const double gap = std::fabs(difference(level)) - std::fabs(difference(most));
    // Of two levels that mirror each other, the one that there is more of is the better description.
    if (gap > 1e-9 || (gap > -1e-9 && difference(level) > difference(most) + 1e-9)) most = level;
  }
  Trait trait;
  trait.feature = source.name;
  trait.kind = source.kind;
  trait.level = level_name(source, most);
  trait.value = shares[most];
  trait.overall = overall[most];
  trait.difference = difference(most);
  const double variance = trait.overall * (1.0 - trait.overall);
  trait.strength = variance > 1e-12 ? std::fabs(trait.difference) / std::sqrt(variance) : 0.0;
  return trait;
}

/// 1,972 reads oddly as a year of birth.
bool looks_like_a_year(const FeatureSource& source, double value) {
  return source.kind == Kind::count && source.transform == Transform::none && text::in_years(value);
}

void put_into_words(Trait& trait, const FeatureSource& source) {
  std::string one, other;
  trait.label = trait.feature;
  if (!source.levels.empty()) {
    trait.label += " is " + trait.level;
    one = text::percent(trait.value);
    other = text::percent(trait.overall);
  } else if (is_binary_number(source)) {
    const bool zero_and_one = source.center == 0.0 && source.scale == 1.0;
    if (!zero_and_one) trait.label += " is " + text::number(source.center + source.scale, 6);
    one = text::percent(share_of_higher(source, trait.value));
    other = text::percent(share_of_higher(source, trait.overall));
  } else if (looks_like_a_year(source, trait.value) && looks_like_a_year(source, trait.overall)) {
    one = fmt::format("{:.0f}", trait.value);
    other = fmt::format("{:.0f}", trait.overall);
  } else {
    // Centroids are float32: what is left of a mean of zeros is rounding.
    const double value = std::fabs(trait.value) < 1e-6 * std::fabs(trait.overall) ? 0.0 : trait.value;
    const int digits = text::telling_digits(value, trait.overall);
    one = value_text(source, value, digits);
    other = value_text(source, trait.overall, digits);
  }
  // The mean of logarithms, turned back, is less than the mean that a spreadsheet shows.
  const char* qualifier = source.transform == Transform::log1p ? "typically " : "";
  trait.figures = fmt::format("{}{} against {} overall", qualifier, one, other);
}

std::vector<Trait> rank_traits(const Model& model, std::int64_t segment, const std::vector<SourceValue>& own,
                               const std::vector<SourceValue>& overall, const Matrix<float>& centroids,
                               const std::vector<double>& spreads) {
  const auto& sources = model.plan.sources;
  std::vector<Trait> traits(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::int64_t feature = sources[i].first_feature;
    const double prepared = double{centroids(segment, feature)} - double{centroids(centroids.rows() - 1, feature)};
    traits[i] = own[i].shares.empty() ? numeric_trait(sources[i], own[i].value, overall[i].value, prepared, spreads[i])
                                      : nominal_trait(sources[i], own[i].shares, overall[i].shares);
  }
  std::vector<std::size_t> order(traits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return traits[a].strength > traits[b].strength; });
  order.resize(std::min(order.size(), kMostTraits));
  std::vector<Trait> strongest;
  for (const std::size_t i : order) {
    put_into_words(traits[i], sources[i]);
    strongest.push_back(std::move(traits[i]));
  }
  return strongest;
}

std::string name_of(const std::vector<Trait>& traits, int segments) {
  if (segments == 1) return "all customers";
  std::string name;
  for (std::size_t i = 0; i < std::min(traits.size(), kTraitsInName) && traits[i].strength >= kNamingStrength; ++i) {
    const Trait& trait = traits[i];
    const bool more = trait.difference > 0.0;
    if (!name.empty()) name += ", ";
    if (!trait.level.empty()) {
      name += fmt::format("{} {} {}", more ? (trait.value > 0.5 ? "mostly" : "more") : "less", trait.feature, trait.level);
    } else {
      const char* direction = trait.kind == Kind::date ? (more ? "late" : "early") : (more ? "high" : "low");
      name += fmt::format("{}{} {}", trait.strength >= kVeryStrength ? "very " : "", direction, trait.feature);
    }
  }
  return name.empty() ? "average" : name;
}

std::vector<SourceValue> source_values(const FeaturePlan& plan, const OriginalCentroid& original) {
  std::vector<SourceValue> values(plan.sources.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].value = original.values[i];
    if (!plan.sources[i].levels.empty()) values[i].shares = original.shares[i];
  }
  return values;
}

}  // namespace

std::string level_name(const FeatureSource& source, std::size_t index) {
  if (index < source.levels.size()) return source.levels[index];
  const bool taken = std::find(source.levels.begin(), source.levels.end(), "other") != source.levels.end();
  return taken ? "(other levels)" : "other";
}

std::string value_text(const FeatureSource& source, double value, int digits) {
  return source.kind == Kind::date ? format_iso_date(std::floor(value)) : text::number(value, digits);
}

Portraits describe_segments(const Model& model, const AssignSummary& assigned, const std::vector<ColumnProfile>& profiles) {
  const Matrix<float> centroids = with_overall_mean(model);
  const std::vector<OriginalCentroid> originals = to_original_units(model.plan, centroids.view());
  Portraits portraits;
  portraits.overall = source_values(model.plan, originals.back());
  std::vector<double> spreads;
  for (std::size_t i = 0; i < model.plan.sources.size(); ++i) {
    spreads.push_back(spread_of(model.plan.sources[i], portraits.overall[i].value, model.plan.scale, profiles));
  }
  const double total = std::accumulate(model.weights.begin(), model.weights.end(), 0.0);
  for (int s = 0; s < model.segments(); ++s) {
    const auto i = static_cast<std::size_t>(s);
    SegmentPortrait portrait;
    portrait.segment = s;
    portrait.size_rows = i < assigned.segment_rows.size() ? assigned.segment_rows[i] : model.rows[i];
    portrait.weight = model.weights[i];
    portrait.share = total > 0.0 ? portrait.weight / total : 0.0;
    portrait.boundary_rows = i < assigned.segment_boundary.size() ? assigned.segment_boundary[i] : 0;
    if (portrait.size_rows > 0) {
      portrait.boundary_share = static_cast<double>(portrait.boundary_rows) / static_cast<double>(portrait.size_rows);
    }
    portrait.centroid = source_values(model.plan, originals[i]);
    portrait.traits = rank_traits(model, s, portrait.centroid, portraits.overall, centroids, spreads);
    portrait.name = name_of(portrait.traits, model.segments());
    portraits.segments.push_back(std::move(portrait));
  }
  return portraits;
}

}  // namespace tessera
