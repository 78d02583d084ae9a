// SPDX-License-Identifier: Apache-2.0
#include "app/run_options.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {
namespace {

using Json = nlohmann::json;

template <typename T>
void take(const Json& options, const char* name, T& value) {
  if (const auto found = options.find(name); found != options.end()) found->get_to(value);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return parts;
}

/// "name=0.5:a,b"; as a name may hold both signs, the weight is the first number between them.
WeightBlock block_of(const std::string& text) {
  WeightBlock block;
  for (std::size_t equals = text.find('='); equals != std::string::npos; equals = text.find('=', equals + 1)) {
    char* end = nullptr;
    block.name = text.substr(0, equals);
    block.weight = std::strtod(text.c_str() + equals + 1, &end);
    if (end == text.c_str() + equals + 1 || *end != ':') continue;
    block.columns = split_list(end + 1);
    break;
  }
  return block;
}

void take_transform(const Json& options, PrepareOptions& prepare) {
  std::string text = "auto";
  take(options, "transform", text);
  constexpr std::string_view kListed = "log1p:";
  if (text == "none") prepare.transform = TransformPolicy::none;
  if (!text.starts_with(kListed)) return;
  prepare.transform = TransformPolicy::listed;
  prepare.log1p_columns = split_list(std::string_view(text).substr(kListed.size()));
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
  for (const MissingPolicy policy : {MissingPolicy::error, MissingPolicy::drop_row}) {
    if (word == to_string(policy)) prepare.missing = policy;
  }
  take(options, "scale", word);
  for (const ScalePolicy policy : {ScalePolicy::robust, ScalePolicy::none}) {
    if (word == to_string(policy)) prepare.scale = policy;
  }
  take_transform(options, prepare);
  std::vector<std::string> blocks;
  take(options, "weight-block", blocks);
  for (const std::string& block : blocks) prepare.blocks.push_back(block_of(block));
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
  std::string range;
  take(options, "k-range", range);
  if (const std::size_t colon = range.find(':'); colon != std::string::npos) {
    run.smallest_segments = std::atoi(range.c_str());
    run.largest_segments = std::atoi(range.c_str() + colon + 1);
  }
  take(options, "least-share", run.least_share);
  take(options, "seed", run.fit.seed);
  take(options, "restarts", run.fit.restarts);
  take(options, "tol", run.fit.tolerance);
  take(options, "max-iter", run.fit.max_iterations);
  take(options, "strict-k", run.fit.strict_segments);
  take(options, "outlier-quantile", run.outlier_quantile);
  take(options, "analyse", run.analyse);
  run.analysis = analysis_of(options);
  return run;
}

}  // namespace tessera
