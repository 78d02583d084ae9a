// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "fit/choose_k.hpp"
#include "report/analysis_json.hpp"
#include "report/customer_map_json.hpp"
#include "report/plan_json.hpp"
#include "report/portrait.hpp"
#include "report/provenance.hpp"
#include "report/remarks.hpp"
#include "report/summary.hpp"

namespace tessera {
namespace {

Json criteria_json(const KCriteria& criteria) {
  return {{"k", criteria.segments},
          {"dispersion", criteria.dispersion},
          {"gain", criteria.gain},
          {"gain_threshold", criteria.gain_threshold},
          {"silhouette", criteria.silhouette},
          {"adjusted_silhouette", criteria.adjusted_silhouette},
          {"stability", criteria.stability},
          {"smallest_share", criteria.smallest_share},
          {"admissible", criteria.admissible},
          {"reason", criteria.reason}};
}

Json fit_json(const MixtureFit& fit) {
  return {{"log_likelihood", fit.log_likelihood},
          {"parameters", fit.parameters},
          {"bic", fit.bic()},
          {"aic", fit.aic()},
          {"icl", fit.icl()}};
}

Json selection_json(const KSelection& selection) {
  Json json;
  json["automatic"] = selection.automatic;
  json["chosen"] = selection.chosen;
  json["verdict"] = selection.verdict;
  json["business_window"] = {{"smallest", 3}, {"largest", 5}};
  json["best_in_business_window"] =
      selection.best_in_business_window > 0 ? Json(selection.best_in_business_window) : Json(nullptr);
  json["sample_rows"] = selection.sample_rows;
  json["criteria"] = Json::array();
  for (const KCriteria& criteria : selection.criteria) json["criteria"].push_back(criteria_json(criteria));
  for (const MixtureCriteria& each : selection.information) {
    Json entry = fit_json(each.fit);
    entry["k"] = each.segments;
    entry["stability"] = each.stability;
    entry["found_again"] = std::isnan(each.stability) ? Json(nullptr) : Json(each.stability >= kLeastStability);
    entry["smallest_share"] = each.smallest_share;
    entry["reason"] = each.reason;
    json["information"].push_back(std::move(entry));
  }
  return json;
}

Json mixture_objective_json(const MixtureResult& mixture) {
  Json json = fit_json(mixture.fit);
  json["covariance"] = to_string(mixture.mixture.covariance);
  json["units"] = "natural logarithm of the density in prepared units, summed over customers with their weights";
  json["iterations"] = mixture.iterations;
  json["converged"] = mixture.converged;
  json["stop_reason"] = mixture.stop_reason;
  json["history"] = Json::array();
  for (const double mean : mixture.history) json["history"].push_back({{"mean_log_likelihood", mean}});
  return json;
}

Json objective_json(const SegmentationSummary& summary) {
  if (summary.mixture) return mixture_objective_json(*summary.mixture);
  Json json;
  json["inertia"] = summary.model.inertia;
  json["units"] = "sum over customers of weight times squared distance in prepared units";
  json["iterations"] = summary.model.iterations;
  json["converged"] = summary.model.converged;
  json["stop_reason"] = summary.fit.stop_reason;
  json["history"] = Json::array();
  for (const KMeansIteration& iteration : summary.fit.history) {
    json["history"].push_back({{"objective", iteration.objective}, {"shift", iteration.shift}});
  }
  return json;
}

Json trait_json(const Trait& trait) {
  Json json;
  json["feature"] = trait.feature;
  if (!trait.level.empty()) json["level"] = trait.level;
  json["value"] = trait.value;
  json["overall"] = trait.overall;
  json["difference"] = trait.difference;
  json["strength"] = trait.strength;
  json["words"] = trait.words();
  return json;
}

Json keep_json(const KeepProbability& keep) {
  Json json = {
      {"sample_rows", keep.sample_rows}, {"refits", keep.refits},       {"mean", keep.mean},   {"segments", keep.segments},
      {"boundary", keep.boundary},       {"elsewhere", keep.elsewhere}, {"least", kKeepLeast}, {"below_least", keep.below}};
  json["pairs"] = Json::array();
  for (const KeepProbability::Pair& pair : keep.pairs) {
    json["pairs"].push_back(
        {{"segment", pair.segment}, {"other", pair.other}, {"sample_rows", pair.rows}, {"mean", pair.mean}});
  }
  return json;
}

Json split_json(const SplitOrigin& split, int segments) {
  return {{"run", split.run},
          {"segment", split.segment},
          {"id", split.id},
          {"name", split.name},
          {"rows", split.rows},
          {"of_rows", split.of_rows},
          {"input_rows", split.input_rows},
          {"found", segments > 1}};
}

Json segment_json(const FeaturePlan& plan, const SegmentPortrait& portrait, const SegmentationSummary& summary) {
  Json json;
  json["segment"] = portrait.segment;
  if (summary.split) json["id"] = summary.split->label(portrait.segment, summary.model.segments());
  json["name"] = portrait.name;
  json["size"] = portrait.size_rows;
  json["weight"] = portrait.weight;
  json["share"] = portrait.share;
  json["boundary"] = portrait.boundary_rows;
  json["boundary_share"] = portrait.boundary_share;
  json["centroid"] = source_values_json(plan, portrait.centroid);
  json["distinguished_by"] = Json::array();
  for (const Trait& trait : portrait.traits) json["distinguished_by"].push_back(trait_json(trait));
  return json;
}

/// The columns of the table that are no features, and why.
Json other_columns_json(const std::vector<ColumnProfile>& profiles) {
  Json json = Json::array();
  for (const ColumnProfile& profile : profiles) {
    if (profile.role == Role::feature) continue;
    json.push_back({{"name", profile.name}, {"role", to_string(profile.role)}, {"reason", profile.reason}});
  }
  return json;
}

Json remarks_json(const std::vector<Remark>& remarks) {
  Json json = Json::array();
  for (const Remark& remark : remarks) {
    json.push_back({{"level", remark.warning ? "warning" : "note"}, {"code", remark.code}, {"message", remark.message}});
  }
  return json;
}

Json assignment_json(const SegmentationSummary& summary) {
  Json json = {{"boundary", summary.assigned.boundary},
               {"boundary_margin", kBoundaryMargin},
               {"outliers", summary.assigned.outliers},
               {"outlier_quantile", summary.model.outlier_quantile},
               {"outlier_distance", summary.model.outlier_distance},
               {"simplified_silhouette", summary.assigned.simplified_silhouette}};
  if (summary.model.mixture) json["mean_probability"] = summary.assigned.mean_probability;
  return json;
}

}  // namespace

std::string summary_json(const SegmentationSummary& summary) {
  const FeaturePlan& plan = summary.model.plan;
  const Portraits portraits = describe_segments(summary.model, summary.assigned, summary.profiles);
  Json json;
  json["format"] = "tessera-summary";
  json["format_version"] = fmt::format("{}.{}", kSummaryFormatMajor, kSummaryFormatMinor);
  json["algorithm"] = summary.model.mixture ? "mixture" : "kmeans";
  json["k"] = summary.model.segments();
  json["verdict"] = summary.k_selection.verdict;
  if (summary.split) json["split"] = split_json(*summary.split, summary.model.segments());
  json["rows"] = summary.assigned.rows;
  json["rows_rejected"] = summary.assigned.rejected;
  json["rows_incomplete"] = summary.assigned.incomplete;
  json["input"] = {{"file_name", summary.table.path.filename().string()},
                   {"layout", summary.table.layout},
                   {"dataset", summary.table.dataset},
                   {"columns", summary.table.columns.size()}};
  json["features"] = Json::array();
  for (const FeatureSource& source : plan.sources) json["features"].push_back(source.name);
  json["preparation"] = plan_json(plan);
  json["preparation"]["other_columns"] = other_columns_json(summary.profiles);
  json["k_selection"] = selection_json(summary.k_selection);
  json["objective"] = objective_json(summary);
  json["segments"] = Json::array();
  for (const SegmentPortrait& portrait : portraits.segments) json["segments"].push_back(segment_json(plan, portrait, summary));
  json["overall"] = source_values_json(plan, portraits.overall);
  json["assignment"] = assignment_json(summary);
  if (summary.analysis) {
    json["analysis"] = analysis_json(*summary.analysis);
    json["analysis"]["doubt"]["keep"] = summary.keep ? keep_json(*summary.keep) : Json(nullptr);
  }
  json["customer_map"] = customer_map_json(summary.customer_map);
  json["provenance"] = provenance_json(summary.manifest, summary.table, summary.model.seed);
  json["device"] = summary.device;
  json["device_reason"] = summary.device_reason;
  json["threads"] = summary.threads;
  json["threads_reason"] = summary.threads_reason;
  json["residency"] = summary.residency;
  json["timings_ms"] = Json::object();
  for (const auto& [stage, milliseconds] : summary.timings_ms) add_member(json["timings_ms"], stage, milliseconds);
  json["notes"] = remarks_json(all_remarks(summary));
  return to_text(json);
}

}  // namespace tessera
