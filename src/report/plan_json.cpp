// SPDX-License-Identifier: Apache-2.0
#include "report/plan_json.hpp"

#include <cmath>
#include <utility>

#include "core/dates.hpp"

namespace tessera {
namespace {

bool is_nominal(const FeatureSource& source) { return !source.levels.empty(); }

Json source_json(const FeaturePlan& plan, const FeatureSource& source) {
  Json json;
  json["name"] = source.name;
  json["kind"] = to_string(source.kind);
  json["missing"] = source.missing;
  if (is_nominal(source)) {
    json["levels"] = source.levels;
    json["has_other"] = source.has_other;
    json["fill"] = level_name(source, static_cast<std::size_t>(source.fill_level));
  } else {
    json["transform"] = to_string(source.transform);
    json["center"] = source.center;
    json["scale"] = source.scale;
    json["fill"] = source.kind == Kind::date ? Json(format_iso_date(source.fill)) : Json(source.fill);
    json["zero_share"] = source.zero_share;
    json["skew"] = source.skew;
    if (source.transform != Transform::none) json["transformed_skew"] = source.transformed_skew;
  }
  json["block_factor"] = source.block_factor;
  json["prepared_features"] = Json::array();
  for (int j = source.first_feature; j < source.first_feature + source.feature_count; ++j) {
    const auto index = static_cast<std::size_t>(j);
    json["prepared_features"].push_back({{"name", plan.feature_names[index]}, {"grid_exponent", plan.grid_exponent[index]}});
  }
  return json;
}

}  // namespace

void add_member(Json& object, const std::string& name, Json value) {
  std::string free_name = name;
  for (int number = 2; object.contains(free_name); ++number) free_name = name + " (" + std::to_string(number) + ")";
  object[free_name] = std::move(value);
}

Json plan_json(const FeaturePlan& plan) {
  bool dates = false;
  for (const FeatureSource& source : plan.sources) dates = dates || source.kind == Kind::date;
  Json json;
  json["missing"] = to_string(plan.missing);
  json["scale"] = to_string(plan.scale);
  json["id_column"] = plan.id_column.empty() ? Json(nullptr) : Json(plan.id_column);
  json["weight_column"] = plan.weight_column.empty() ? Json(nullptr) : Json(plan.weight_column);
  json["kpi_columns"] = plan.kpi_columns;
  json["as_of"] = dates ? Json(format_iso_date(plan.as_of_days)) : Json(nullptr);
  json["largest_weight"] = plan.largest_weight;
  json["weight_exponent"] = plan.weight_exponent;
  json["decisions"] = plan.decisions;
  json["sources"] = Json::array();
  for (const FeatureSource& source : plan.sources) json["sources"].push_back(source_json(plan, source));
  return json;
}

Json source_values_json(const FeaturePlan& plan, const std::vector<SourceValue>& values) {
  Json json = Json::object();
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    const FeatureSource& source = plan.sources[i];
    if (is_nominal(source)) {
      Json shares = Json::object();
      for (std::size_t level = 0; level < values[i].shares.size(); ++level) {
        add_member(shares, level_name(source, level), values[i].shares[level]);
      }
      add_member(json, source.name, std::move(shares));
    } else if (source.kind == Kind::date) {
      add_member(json, source.name, format_iso_date(std::floor(values[i].value)));
    } else {
      add_member(json, source.name, values[i].value);
    }
  }
  return json;
}

}  // namespace tessera
