// SPDX-License-Identifier: Apache-2.0
#include "cli/analysis_options.hpp"

#include "cli/command.hpp"

namespace tessera::cli {

void AnalysisArguments::add_to(CLI::App& app) {
  const char* const group = "Analysis";
  add_list(app, "--outcome", options_.outcomes, "look for the drivers of these (default: the first KPIs)")->group(group);
  add_list(app, "--drivers", options_.drivers, "columns that may drive them (default: all but KPIs)")->group(group);
  app.add_flag("--no-drivers", no_drivers_, "look for no drivers")->group(group);
  add_list(app, "--crosstab", options_.crosstabs, "pairs of categories to cross: 'region*product'")
      ->option_text("PAIRS")
      ->group(group);
  app.add_option("--period", options_.period,
                 "follow KPIs, shares and cross-tabs over this date, or column of few ordered levels")
      ->option_text("NAME")
      ->group(group);
  add_list(app, "--compare", options_.compare, "segmentations that you have, to be held against the segments")->group(group);
  add_list(app, "--pii", options_.hidden, "personal columns: never analysed, never written")->group(group);
  app.add_option("--min-cell", options_.min_cell, "nothing is said of fewer customers than these")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->option_text("N=10")
      ->default_str("10")
      ->group(group);
}

AnalysisOptions AnalysisArguments::resolve() const {
  AnalysisOptions options = options_;
  options.find_drivers = !no_drivers_;
  return options;
}

}  // namespace tessera::cli
