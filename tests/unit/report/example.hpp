// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "report/summary.hpp"

namespace tessera::testing {

inline FeatureSource numeric_source(const std::string& name, Kind kind, double center, double scale) {
  FeatureSource source;
  source.name = name;
  source.kind = kind;
  source.center = center;
  source.scale = scale;
  source.fill = center;
  return source;
}

inline FeatureSource nominal_source(const std::string& name, std::vector<std::string> levels, bool has_other) {
  FeatureSource source;
  source.name = name;
  source.kind = Kind::nominal;
  source.scale = std::sqrt(2.0);
  source.feature_count = static_cast<int>(levels.size()) + (has_other ? 1 : 0);
  source.levels = std::move(levels);
  source.has_other = has_other;
  return source;
}

/// A plan of the given columns, in their order.
inline FeaturePlan plan_of(std::vector<FeatureSource> sources) {
  FeaturePlan plan;
  for (FeatureSource& source : sources) {
    source.first_feature = plan.features();
    for (int j = 0; j < source.feature_count; ++j) {
      plan.feature_names.push_back(source.name + (source.levels.empty() ? "" : "=" + std::to_string(j)));
    }
  }
  plan.grid_exponent.assign(plan.feature_names.size(), -38);
  plan.sources = std::move(sources);
  return plan;
}

/// Three segments by income (mean 52,000, sd 20,000), visits (log1p), churn (0 or 1), since (a date) and city.
/// Their weights are 50, 30 and 20.
inline Model example_model() {
  FeatureSource visits = numeric_source("visits", Kind::count, std::log1p(9.0), 0.5);
  visits.transform = Transform::log1p;
  visits.skew = 4.5;
  visits.transformed_skew = 0.3;
  visits.zero_share = 0.125;
  FeatureSource city = nominal_source("city", {"Paris", "Rome"}, true);
  city.missing = 7;
  Model model;
  model.plan = plan_of({numeric_source("income", Kind::continuous, 52000, 20000), visits,
                        numeric_source("churn", Kind::binary, 0, 1), numeric_source("since", Kind::date, 100, 50), city});
  model.plan.as_of_days = 19000;  // 2022-01-08
  model.plan.id_column = "customer";
  model.plan.kpi_columns = {"revenue", "margin"};
  model.plan.decisions = {"visits: log1p, 12.5 % zeros", "city: 7 missing cells filled with Paris"};
  const float one = static_cast<float>(1.0 / std::sqrt(2.0));
  const std::vector<std::vector<float>> centroids = {{-0.9F, 0.0F, 0.1F, -1.0F, one, 0, 0},
                                                     {1.5F, 0.2F, 0.2F, 0.5F, 0, one, 0},
                                                     {0.0F, -0.3F, 0.6F, 1.75F, one / 2, 0, one / 2}};
  model.centroids = Matrix<float>(3, 7);
  for (std::size_t s = 0; s < 3; ++s) std::copy(centroids[s].begin(), centroids[s].end(), model.centroids.data() + 7 * s);
  model.weights = {50, 30, 20};
  model.rows = {50, 30, 20};
  model.inertia = 123.456789012345;
  model.iterations = 12;
  model.converged = true;
  model.outlier_distance = 3.5F;
  model.seed = 18446744073709551557ULL;
  model.created_by = "tessera 0.1.0";
  return model;
}

inline SegmentationSummary example_summary() {
  SegmentationSummary summary;
  summary.model = example_model();
  summary.table.path = "/home/someone/secret/customers.csv";
  summary.table.layout = "CSV";
  summary.table.rows = 101;
  summary.table.columns.resize(8);
  summary.k_selection.automatic = true;
  summary.k_selection.chosen = 3;
  summary.k_selection.best_in_business_window = 4;
  summary.k_selection.sample_rows = 100;
  summary.k_selection.verdict = "The data support 3 segments.";
  const double nan = std::nan("");
  summary.k_selection.criteria = {{1, 700, nan, nan, nan, nan, nan, 1.0, true, ""},
                                  {2, 400, 0.2, 0.1, 0.4, 0.2, 0.7, 0.4, false, "not stable: 0.70 is below 0.80"},
                                  {3, 123, 0.5, 0.1, 0.6, 0.4, 0.98, 0.2, true, ""}};
  summary.fit.stop_reason = "fixed point";
  summary.fit.history = {{150.0, 0.5, 0}, {123.5, 0.0, 0}};
  summary.fit.notes = {"a note of the fit"};
  summary.assigned.rows = 101;
  summary.assigned.rejected = 1;
  summary.assigned.incomplete = 7;
  summary.assigned.boundary = 5;
  summary.assigned.outliers = 2;
  summary.assigned.segment_rows = {50, 30, 20};
  summary.assigned.segment_boundary = {4, 1, 0};
  summary.assigned.simplified_silhouette = 0.61;
  summary.remarks = {{"missing_imputed", "7 missing cells were filled", false}, {"sentinel", "income: -999 looks odd", true}};
  summary.device = "cpu (AVX2, 2 threads)";
  summary.threads = 2;
  summary.threads_reason = "affinity";
  summary.residency = "resident";
  summary.timings_ms = {{"read", 12.5}, {"fit", 1500.0}};
  summary.manifest.command = "segment";
  summary.manifest.input = {"customers.csv", 1234, "sha256", "abcd"};
  summary.manifest.options = {{"seed", std::int64_t{7}},
                              {"scale", std::string("standard")},
                              {"features", std::vector<std::string>{"income", "visits"}},
                              {"tol", 0.5},
                              {"strict-k", false}};
  summary.manifest.versions = {{"tessera", "0.1.0"}, {"hdf5", "1.10.8"}};
  summary.output = "run";
  return summary;
}

}  // namespace tessera::testing
