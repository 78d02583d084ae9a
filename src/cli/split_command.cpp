// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <tuple>

#include "app/option_text.hpp"
#include "app/split.hpp"
#include "cli/command.hpp"
#include "cli/engine_options.hpp"
#include "cli/standard_output.hpp"
#include "cli/terminal.hpp"

namespace tessera::cli {
namespace {

class SplitCommand final : public Command {
 public:
  explicit SplitCommand(CLI::App& root) {
    CLI::App& app =
        add_to(root, {"split", "Look for groups within one segment of an earlier run; that there are none is an answer",
                      "  tessera split run/ --segment 2\n"
                      "  tessera split run/ --segment 'high spend, low tenure' --input customers.h5 -o run.2/",
                      "0 64 65 66 69 70 71 73 74 77 78 130 143"});
    add_file_options(app);
    const char* const group = "Number of groups";
    app.add_option("-k,--segments", segments_, "auto, or how many")->option_text("K=auto")->default_str("auto")->group(group);
    app.add_option("--k-range", range_, "where auto looks")->option_text("MIN:MAX=1:4")->default_str("1:4")->group(group);
    engine_.add_to(app);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    require(run_, "the folder RUN", app());
    require(options_.segment, "the segment (--segment S)", app());
    const SegmentationSummary summary = run_split(resolve(), log, cancel);
    log.finish();
    const Terminal terminal = terminal_of(STDOUT_FILENO);
    print_result(json_ ? summary_json(summary) : render_summary(summary, terminal.color, terminal.width));
  }

 private:
  void add_file_options(CLI::App& app) {
    app.add_option("RUN", run_, "folder that segment or split wrote")->option_text(" ");
    app.add_option("--segment", options_.segment, "its number, its id such as 2.1, or its name in names.json (required)")
        ->option_text("S");
    const char* const group = "Files";
    app.add_option("--input", input_, "the table of that run, where it is neither here nor beside the run")
        ->option_text("FILE")
        ->group(group);
    app.add_option("-o,--output", output_, "folder for the results (default: RUN.S)")->option_text("DIR")->group(group);
    app.add_flag("--force", options_.force, "replace an earlier run")->group(group);
    app.add_flag("--csv", options_.csv, "also write assignments.csv")->group(group);
    app.add_flag("--json", json_, "print summary.json instead of the text")->group(group);
  }

  [[nodiscard]] SplitOptions resolve() const {
    SplitOptions options = options_;
    options.run = run_;
    options.input = input_;
    options.output = output_;
    options.engine = engine_.resolve();
    const auto k = parse_segments(segments_);
    options.automatic_segments = !k.has_value();
    if (k) options.segments = *k;
    std::tie(options.smallest_segments, options.largest_segments) = parse_range(range_);
    return options;
  }

  SplitOptions options_;
  EngineArguments engine_;
  std::string run_, input_, output_;
  std::string segments_ = "auto";
  std::string range_ = "1:4";
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_split_command(CLI::App& root) { return std::make_unique<SplitCommand>(root); }

}  // namespace tessera::cli
