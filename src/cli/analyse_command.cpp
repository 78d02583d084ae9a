// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "app/analyse.hpp"
#include "cli/analysis_options.hpp"
#include "cli/command.hpp"
#include "cli/engine_options.hpp"
#include "cli/file_options.hpp"
#include "cli/standard_output.hpp"
#include "cli/terminal.hpp"

namespace tessera::cli {
namespace {

class AnalyseCommand final : public Command {
 public:
  explicit AnalyseCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"analyse", "Describe segments that you have already: profiles, KPIs, cross-tabs, drivers",
                                  "  tessera analyse customers.h5 --by customer_type --kpi churn,revenue:sum -o run/\n"
                                  "  tessera analyse survey.csv --by group --kpi recommend:nps --period year -o run/",
                                  "0 64 65 66 69 70 71 73 74 77 78 130 143"});
    files_.add_to(app);
    add_column_options(app);
    analysis_.add_to(app);
    app.add_option("--seed", options_.seed, "start of all random numbers")
        ->check(CLI::NonNegativeNumber.description(""))
        ->option_text("N=0")
        ->default_str("0")
        ->group("Analysis");
    engine_.add_to(app);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    AnalyseOptions options = options_;
    files_.resolve(app(), options);
    require(options.by, "the column of segments (--by NAME)", app());
    options.analysis = analysis_.resolve();
    options.engine = engine_.resolve();
    const AnalyseSummary summary = run_analyse(options, log, cancel);
    log.finish();
    const Terminal terminal = terminal_of(STDOUT_FILENO);
    print_result(files_.json() ? analyse_json(summary) : render_analyse(summary, terminal.color, terminal.width));
  }

 private:
  void add_column_options(CLI::App& app) {
    const char* const group = "Columns (names or globs, separated by commas or repeated)";
    PrepareOptions& prepare = options_.prepare;
    app.add_option("--by", options_.by, "the column whose levels are the segments (required)")
        ->option_text("NAME")
        ->group(group);
    add_list(app, "--kpi", prepare.kpis, "results: NAME, NAME:TYPE, NAME=LEVEL, NAME/NAME")->group(group);
    add_list(app, "--categories", prepare.categories, "columns to cross the segments with, besides those of text")
        ->group(group);
    add_list(app, "--features", prepare.features, "columns to describe (default: all that look like features)")->group(group);
    add_list(app, "--id", prepare.ids, "the column that names the customer")->group(group);
    add_list(app, "--weight", prepare.weights, "the column that says how many customers a row stands for")->group(group);
    add_list(app, "--ignore", prepare.ignored, "columns to leave out")->group(group);
    app.add_option("--top-levels", prepare.top_levels, "levels of a category kept apart; the rest become 'other'")
        ->check(CLI::Range(2, 1000).description(""))
        ->option_text("N=20")
        ->default_str("20")
        ->group(group);
  }

  FileArguments files_;
  AnalyseOptions options_;
  AnalysisArguments analysis_;
  EngineArguments engine_;
};

}  // namespace

std::unique_ptr<Command> make_analyse_command(CLI::App& root) { return std::make_unique<AnalyseCommand>(root); }

}  // namespace tessera::cli
