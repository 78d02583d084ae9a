// SPDX-License-Identifier: Apache-2.0
#include "app/run_options.hpp"

#include <string>
#include <tuple>
#include <vector>

#include "app/option_text.hpp"

namespace tessera {
namespace {

using Json = nlohmann::json;

template <typename T>
void take(const Json& options, const char* name, T& value) {
  if (const auto found = options.find(name); found != options.end()) found->get_to(value);
}

PrepareOptions preparation_of(const Json& options) {
  PrepareOptions prepare;
  take(options, "features", prepare.features);
  take(options, "kpi", prepare.kpis);
  take(options, "id", prepare.ids);
  take(options, "weight", prepare.weights);
  take(options, "ignore", prepare.ignored);
  take(options, "categories", prepare.categories);
  std::string word;
  take(options, "missing", word);
  prepare.missing = parse_missing(word).value_or(prepare.missing);
  take(options, "scale", word);
  for (const ScalePolicy policy : {ScalePolicy::robust, ScalePolicy::none}) {
    if (word == to_string(policy)) prepare.scale = policy;
  }
  std::string transform = "auto";
  take(options, "transform", transform);
  parse_transform(transform, prepare);
  std::vector<std::string> blocks;
  take(options, "weight-block", blocks);
  for (const std::string& block : blocks) prepare.blocks.push_back(parse_weight_block(block));
  take(options, "top-levels", prepare.top_levels);
  if (const auto days = options.find("as-of-days"); days != options.end()) prepare.as_of_days = days->get<double>();
  return prepare;
}

AnalysisOptions analysis_of(const Json& options) {
  AnalysisOptions analysis;
  take(options, "outcome", analysis.outcomes);
  take(options, "find-drivers", analysis.find_drivers);
  take(options, "drivers", analysis.drivers);
  take(options, "compare", analysis.compare);
  take(options, "pii", analysis.hidden);
  take(options, "crosstab", analysis.crosstabs);
  take(options, "period", analysis.period);
  take(options, "min-cell", analysis.min_cell);
  return analysis;
}

}  // namespace

SegmentOptions options_of_run(const Json& options) {
  SegmentOptions run;
  take(options, "dataset", run.dataset);
  run.prepare = preparation_of(options);
  if (const auto k = options.find("segments"); k != options.end() && k->is_number()) {
    run.automatic_segments = false;
    k->get_to(run.fit.segments);
  }
  std::string range = range_text(run.smallest_segments, run.largest_segments);
  take(options, "k-range", range);
  std::tie(run.smallest_segments, run.largest_segments) = parse_range(range);
  take(options, "least-share", run.least_share);
  take(options, "seed", run.fit.seed);
  take(options, "restarts", run.fit.restarts);
  std::string word;
  take(options, "algorithm", word);
  if (word == "mixture") run.algorithm = Algorithm::mixture;
  take(options, "covariance", word);
  run.mixture.covariance = parse_covariance(word).value_or(run.mixture.covariance);
  take(options, "criterion", word);
  run.criterion = parse_criterion(word).value_or(run.criterion);
  take(options, "least-variance", run.mixture.least_variance);
  take(options, "tol", run.algorithm == Algorithm::mixture ? run.mixture.tolerance : run.fit.tolerance);
  take(options, "max-iter", run.fit.max_iterations);
  take(options, "strict-k", run.fit.strict_segments);
  take(options, "outlier-quantile", run.outlier_quantile);
  take(options, "analyse", run.analyse);
  run.analysis = analysis_of(options);
  return run;
}

}  // namespace tessera
