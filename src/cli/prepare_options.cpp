// SPDX-License-Identifier: Apache-2.0
#include "cli/prepare_options.hpp"

#include "app/option_text.hpp"
#include "cli/command.hpp"

namespace tessera::cli {
namespace {

void add_role_options(CLI::App& app, PrepareOptions& options) {
  const char* const group = "Columns (names or globs, separated by commas or repeated)";
  add_list(app, "--features", options.features, "columns to segment by (default: all that look like features)")->group(group);
  add_list(app, "--kpi", options.kpis, "results: NAME, NAME:TYPE, NAME=LEVEL, NAME/NAME; described, never segmented by")
      ->group(group);
  add_list(app, "--id", options.ids, "the column that names the customer")->group(group);
  add_list(app, "--weight", options.weights, "the column that says how many customers a row stands for")->group(group);
  add_list(app, "--ignore", options.ignored, "columns to leave out")->group(group);
  add_list(app, "--categories", options.categories, "numeric columns that are codes of categories")->group(group);
}

}  // namespace

void PrepareArguments::add_to(CLI::App& app) {
  add_role_options(app, options_);
  const char* const group = "Preparation";
  app.add_option("--missing", missing_,
                 "missing cells: impute (median, mode), error, drop-row; left open: partial (k-means), em (mixture)")
      ->check(CLI::IsMember({"impute", "error", "drop-row", "partial", "em"}).description(""))
      ->option_text("POLICY=impute")
      ->default_str("impute")
      ->group(group);
  app.add_option("--transform", transform_, "auto (log1p of skewed columns), none, or log1p:COLUMNS")
      ->option_text("RULE=auto")
      ->default_str("auto")
      ->group(group);
  app.add_option("--scale", scale_, "standard (mean, sd), robust (median, quartiles), or none")
      ->check(CLI::IsMember({"standard", "robust", "none"}).description(""))
      ->option_text("POLICY=standard")
      ->default_str("standard")
      ->group(group);
  app.add_option("--weight-block", blocks_, "weigh columns together: 'attitudes=0.5:q1,q2,q*' (repeatable)")
      ->allow_extra_args(false)
      ->option_text("NAME=W:COLUMNS")
      ->group(group);
  app.add_option("--top-levels", options_.top_levels, "levels of a category kept apart; the rest become 'other'")
      ->check(CLI::Range(2, 1000).description(""))
      ->option_text("N=20")
      ->default_str("20")
      ->group(group);
  app.add_option("--as-of", as_of_, "dates count days back from here (default: the latest date seen)")
      ->option_text("DATE")
      ->group(group);
}

PrepareOptions PrepareArguments::resolve() const {
  PrepareOptions options = options_;
  options.missing = parse_missing(missing_).value_or(MissingPolicy::impute);
  options.scale = scale_ == "robust" ? ScalePolicy::robust : scale_ == "none" ? ScalePolicy::none : ScalePolicy::standard;
  parse_transform(transform_, options);
  for (const std::string& block : blocks_) options.blocks.push_back(parse_weight_block(block));
  if (!as_of_.empty()) options.as_of_days = parse_date(as_of_);
  return options;
}

}  // namespace tessera::cli
