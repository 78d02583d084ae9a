// SPDX-License-Identifier: Apache-2.0
#include "app/manifest_options.hpp"

#include <cstdint>

#include "app/option_text.hpp"

namespace tessera {
namespace {

std::vector<std::string> blocks_of(const PrepareOptions& prepare) {
  std::vector<std::string> texts;
  for (const WeightBlock& block : prepare.blocks) texts.push_back(weight_block_text(block));
  return texts;
}

using OptionList = std::vector<std::pair<std::string, OptionValue>>;

void add_columns(const PrepareOptions& prepare, OptionList& list) {
  list.emplace_back("features", prepare.features);
  list.emplace_back("kpi", prepare.kpis);
  list.emplace_back("id", prepare.ids);
  list.emplace_back("weight", prepare.weights);
  list.emplace_back("ignore", prepare.ignored);
  list.emplace_back("categories", prepare.categories);
}

void add_engine(const EngineOptions& engine, OptionList& list) {
  list.emplace_back("device", engine.device);
  list.emplace_back("cpu-level", engine.cpu_level);
}

void add_analysis(const AnalysisOptions& analysis, OptionList& list) {
  list.emplace_back("outcome", analysis.outcomes);
  list.emplace_back("find-drivers", analysis.find_drivers);
  list.emplace_back("drivers", analysis.drivers);
  list.emplace_back("compare", analysis.compare);
  list.emplace_back("pii", analysis.hidden);
  list.emplace_back("crosstab", analysis.crosstabs);
  list.emplace_back("period", analysis.period);
  list.emplace_back("min-cell", analysis.min_cell);
}

}  // namespace

OptionList manifest_options(const SegmentOptions& options) {
  const PrepareOptions& prepare = options.prepare;
  OptionList list;
  list.emplace_back("dataset", options.dataset);
  add_columns(prepare, list);
  list.emplace_back("missing", std::string(to_string(prepare.missing)));
  list.emplace_back("transform", transform_text(prepare));
  list.emplace_back("scale", std::string(to_string(prepare.scale)));
  list.emplace_back("weight-block", blocks_of(prepare));
  list.emplace_back("top-levels", std::int64_t{prepare.top_levels});
  if (prepare.as_of_days) list.emplace_back("as-of-days", *prepare.as_of_days);
  const bool mixture = options.algorithm == Algorithm::mixture;
  list.emplace_back("algorithm", std::string(mixture ? "mixture" : "kmeans"));
  if (mixture) {
    list.emplace_back("covariance", std::string(to_string(options.mixture.covariance)));
    list.emplace_back("criterion", std::string(to_string(options.criterion)));
    list.emplace_back("least-variance", options.mixture.least_variance);
  }
  if (options.automatic_segments) {
    list.emplace_back("segments", std::string("auto"));
    list.emplace_back("k-range", range_text(options.smallest_segments, options.largest_segments));
    list.emplace_back("least-share", options.least_share);
  } else {
    list.emplace_back("segments", std::int64_t{options.fit.segments});
  }
  if (!options.initial.empty()) {
    list.emplace_back("init", options.initial.filename().string() + ":" + options.initial_dataset);
  }
  list.emplace_back("seed", options.fit.seed);
  list.emplace_back("restarts", std::int64_t{options.fit.restarts});
  list.emplace_back("tol", mixture ? options.mixture.tolerance : options.fit.tolerance);
  list.emplace_back("max-iter", std::int64_t{options.fit.max_iterations});
  list.emplace_back("strict-k", options.fit.strict_segments);
  list.emplace_back("outlier-quantile", options.outlier_quantile);
  list.emplace_back("pseudonyms", !options.pseudonym_key.empty());
  list.emplace_back("analyse", options.analyse);
  if (options.analyse) add_analysis(options.analysis, list);
  add_engine(options.engine, list);
  return list;
}

OptionList manifest_options(const AnalyseOptions& options) {
  const PrepareOptions& prepare = options.prepare;
  OptionList list;
  list.emplace_back("dataset", options.dataset);
  list.emplace_back("by", options.by);
  add_columns(prepare, list);
  list.emplace_back("top-levels", std::int64_t{prepare.top_levels});
  add_analysis(options.analysis, list);
  list.emplace_back("seed", options.seed);
  add_engine(options.engine, list);
  return list;
}

OptionList manifest_options(const CorrelateOptions& options) {
  OptionList list;
  list.emplace_back("dataset", options.dataset);
  add_columns(options.prepare, list);
  list.emplace_back("top-levels", std::int64_t{options.prepare.top_levels});
  list.emplace_back("by", options.by);
  list.emplace_back("segments", options.segments.filename().string());
  list.emplace_back("method", std::string(to_string(options.method)));
  list.emplace_back("missing", std::string(options.listwise ? "listwise" : "pairwise"));
  list.emplace_back("ranks", std::string(to_string(options.ranks)));
  list.emplace_back("kendall-rows", options.kendall_rows);
  list.emplace_back("seed", options.seed);
  add_engine(options.engine, list);
  return list;
}

}  // namespace tessera
