// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "report/mixture_units.hpp"
#include "report/plan_json.hpp"
#include "report/portrait.hpp"
#include "report/summary.hpp"
#include "tessera/model.hpp"

namespace tessera {
namespace {

Json rows_json(MatrixView<const double> matrix) {
  Json rows = Json::array();
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    const auto row = matrix.row(i);
    rows.push_back(std::vector<double>(row.begin(), row.end()));
  }
  return rows;
}

Json moments_json(const Mixture& mixture, const Matrix<double>& means, const Matrix<double>& covariances) {
  Json json = {{"means", rows_json(means.view())}};
  if (mixture.covariance != Covariance::full) {
    json["covariances"] = rows_json(covariances.view());
    return json;
  }
  json["covariances"] = Json::array();
  const std::int64_t numbers = covariances.columns();
  for (std::int64_t c = 0; c < mixture.components(); ++c) {
    json["covariances"].push_back(rows_json(covariances.view().slice(c * numbers, numbers)));
  }
  return json;
}

Json mixture_json(const FeaturePlan& plan, const Mixture& mixture) {
  const MomentsInUnits original = in_original_units(plan, mixture);
  std::vector<std::string> numbers;
  for (const int j : mixture.numbers()) {
    numbers.push_back(plan.feature_names[static_cast<std::size_t>(j)]);
  }
  return {{"covariance", to_string(mixture.covariance)},
          {"weights", mixture.weights},
          {"center", mixture.center},
          {"features", plan.feature_names},
          {"numbers", numbers},
          {"prepared", moments_json(mixture, mixture.means, mixture.covariances)},
          {"original", moments_json(mixture, original.means, original.covariances)}};
}

}  // namespace

std::string model_json(const Model& model) {
  const Portraits portraits = describe_segments(model, {}, {});
  Json json;
  json["format"] = "tessera-model";
  json["format_version"] = fmt::format("{}.{}", model.mixture ? kMixtureFormatMajor : kModelFormatMajor, kModelFormatMinor);
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
  if (model.mixture) json["mixture"] = mixture_json(model.plan, *model.mixture);
  return to_text(json);
}

}  // namespace tessera
