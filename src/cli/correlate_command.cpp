// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "app/correlate.hpp"
#include "cli/command.hpp"
#include "cli/engine_options.hpp"
#include "cli/file_options.hpp"
#include "cli/standard_output.hpp"
#include "cli/terminal.hpp"
#include "report/correlation_files.hpp"

namespace tessera::cli {
namespace {

constexpr const char* kColumnGroup = "Columns (names or globs, separated by commas or repeated)";
constexpr const char* kGroup = "Correlations";

class CorrelateCommand final : public Command {
 public:
  explicit CorrelateCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"correlate", "Say which columns go together: correlations of all rows and of every segment",
                                  "  tessera correlate customers.h5 -o corr.h5\n"
                                  "  tessera correlate survey.csv --by country --method spearman --top 20 -o corr.h5\n"
                                  "  tessera correlate customers.h5 --segments run/ --method mixed -o corr.h5",
                                  "0 64 65 66 69 70 71 73 74 77 78 130 143"});
    add_file_options(app);
    add_column_options(app);
    add_correlation_options(app);
    engine_.add_to(app);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    require(input_, "the table FILE", app());
    require(output_, "the output file (-o OUT)", app());
    CorrelateOptions options = options_;
    options.input = input_;
    options.output = output_;
    options.segments = segments_;
    options.method = method_ == "spearman"  ? CorrelationMethod::spearman
                     : method_ == "kendall" ? CorrelationMethod::kendall
                     : method_ == "mixed"   ? CorrelationMethod::mixed
                                            : CorrelationMethod::pearson;
    options.listwise = missing_ == "listwise";
    options.ranks = ranks_ == "exact" ? RankPolicy::exact : ranks_ == "sketch" ? RankPolicy::sketch : RankPolicy::automatic;
    options.engine = engine_.resolve();
    const CorrelateRun run = run_correlate(options, log, cancel);
    log.finish();
    const Terminal terminal = terminal_of(STDOUT_FILENO);
    print_result(json_ ? run.json : render_correlations(run.table, options.output, top_, terminal.color, terminal.width));
  }

 private:
  void add_file_options(CLI::App& app) {
    const char* const group = FileArguments::kGroup;
    app.add_option("FILE", input_, "table of customers: HDF5, CSV or TSV (.gz too)")->option_text(" ");
    app.add_option("-o,--output", output_, "HDF5 file to make, with a CSV and a JSON of the same name (required)")
        ->option_text("OUT")
        ->group(group);
    app.add_flag("--force", options_.force, "replace earlier files")->group(group);
    app.add_option("--dataset", options_.dataset, "HDF5 path of the table, if the file holds several")
        ->option_text("PATH")
        ->group(group);
    app.add_flag("--json", json_, "print the JSON instead of the text")->group(group);
  }

  void add_column_options(CLI::App& app) {
    PrepareOptions& prepare = options_.prepare;
    add_list(app, "--features", prepare.features, "columns to correlate (default: all that look like features, and KPIs)")
        ->group(kColumnGroup);
    add_list(app, "--id", prepare.ids, "the column that names the customer")->group(kColumnGroup);
    add_list(app, "--weight", prepare.weights, "the column that says how many customers a row stands for")->group(kColumnGroup);
    add_list(app, "--ignore", prepare.ignored, "columns to leave out")->group(kColumnGroup);
    add_list(app, "--categories", prepare.categories, "numeric columns that are codes of categories")->group(kColumnGroup);
    app.add_option("--by", options_.by, "a column whose levels are segments")->option_text("NAME")->group(kColumnGroup);
    app.add_option("--segments", segments_, "a run of `tessera segment` on the same table")
        ->option_text("RUN")
        ->group(kColumnGroup);
    app.add_option("--top-levels", prepare.top_levels, "levels of a category kept apart; the rest become 'other'")
        ->check(CLI::Range(2, 1000).description(""))
        ->option_text("N=20")
        ->default_str("20")
        ->group(kColumnGroup);
  }

  void add_correlation_options(CLI::App& app) {
    app.add_option("--method", method_, "pearson, spearman, kendall, or mixed (numbers and categories)")
        ->check(CLI::IsMember({"pearson", "spearman", "kendall", "mixed"}).description(""))
        ->option_text("METHOD=pearson")
        ->default_str("pearson")
        ->group(kGroup);
    app.add_option("--missing", missing_, "pairwise: all rows that have both columns; listwise: rows that have every column")
        ->check(CLI::IsMember({"pairwise", "listwise"}).description(""))
        ->option_text("POLICY=pairwise")
        ->default_str("pairwise")
        ->group(kGroup);
    app.add_option("--ranks", ranks_, "of spearman: exact, sketch (bounded memory and error), auto (exact up to 2^28 cells)")
        ->check(CLI::IsMember({"auto", "exact", "sketch"}).description(""))
        ->option_text("auto|exact|sketch=auto")
        ->default_str("auto")
        ->group(kGroup);
    app.add_option("--kendall-rows", options_.kendall_rows, "rows of every segment that kendall looks at, at most")
        ->check(CLI::Range(std::int64_t{2}, std::int64_t{1} << 31).description(""))
        ->option_text("N=32768")
        ->default_str("32768")
        ->group(kGroup);
    app.add_option("--seed", options_.seed, "of the sample of kendall")
        ->check(CLI::NonNegativeNumber.description(""))
        ->option_text("N=0")
        ->default_str("0")
        ->group(kGroup);
    app.add_option("--top", top_, "pairs to print of every segment, the strongest first")
        ->check(CLI::Range(0, 1'000'000).description(""))
        ->option_text("N=10")
        ->default_str("10")
        ->group(kGroup);
  }

  CorrelateOptions options_;
  std::string input_, output_, segments_;
  std::string method_ = "pearson", missing_ = "pairwise", ranks_ = "auto";
  std::size_t top_ = 10;
  bool json_ = false;
  EngineArguments engine_;
};

}  // namespace

std::unique_ptr<Command> make_correlate_command(CLI::App& root) { return std::make_unique<CorrelateCommand>(root); }

}  // namespace tessera::cli
