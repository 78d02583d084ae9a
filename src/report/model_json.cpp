// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "report/plan_json.hpp"
#include "report/portrait.hpp"
#include "report/summary.hpp"
#include "tessera/model.hpp"

namespace tessera {

std::string model_json(const Model& model) {
  const Portraits portraits = describe_segments(model, {}, {});
  Json json;
  json["format"] = "tessera-model";
  json["format_version"] = fmt::format("{}.{}", kModelFormatMajor, kModelFormatMinor);
  json["created_by"] = model.created_by;
  json["k"] = model.segments();
  json["seed"] = model.seed;
  json["inertia"] = model.inertia;
  json["iterations"] = model.iterations;
  json["converged"] = model.converged;
  json["outlier_quantile"] = model.outlier_quantile;
  json["outlier_distance"] = model.outlier_distance;
  json["preparation"] = plan_json(model.plan);
  json["segments"] = Json::array();
  for (const SegmentPortrait& portrait : portraits.segments) {
    const auto s = static_cast<std::size_t>(portrait.segment);
    Json prepared = Json::array();
    for (const float value : model.centroids.row(portrait.segment)) prepared.push_back(value);
    json["segments"].push_back({{"segment", portrait.segment},
                                {"rows", model.rows[s]},
                                {"weight", portrait.weight},
                                {"share", portrait.share},
                                {"centroid", source_values_json(model.plan, portrait.centroid)},
                                {"prepared_centroid", std::move(prepared)}});
  }
  return to_text(json);
}

}  // namespace tessera
