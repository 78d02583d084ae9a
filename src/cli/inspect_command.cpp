// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "app/inspect.hpp"
#include "cli/command.hpp"
#include "cli/engine_options.hpp"
#include "cli/prepare_options.hpp"
#include "cli/standard_output.hpp"
#include "cli/terminal.hpp"

namespace tessera::cli {
namespace {

class InspectCommand final : public Command {
 public:
  explicit InspectCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"inspect", "Say what a file holds and what `segment` would do with every column",
                                  "  tessera inspect customers.h5\n"
                                  "  tessera inspect customers.csv --json > columns.json",
                                  "0 64 65 66 69 70 71 74 77 78 130 143"});
    app.add_option("FILE", input_, "table of customers: HDF5, CSV or TSV (.gz too)")->option_text(" ");
    app.add_option("--dataset", options_.dataset, "HDF5 path of the table, if the file holds several")
        ->option_text("PATH")
        ->group("Files");
    app.add_flag("--json", json_, "print JSON instead of text")->group("Files");
    prepare_.add_to(app);
    engine_.add_to(app);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    require(input_, "the table FILE", app());
    InspectOptions options = options_;
    options.input = input_;
    options.prepare = prepare_.resolve();
    options.engine = engine_.resolve();
    const InspectReport report = run_inspect(options, log, cancel);
    log.finish();
    const Terminal terminal = terminal_of(STDOUT_FILENO);
    print_result(json_ ? inspect_json(report) : render_inspect(report, terminal.color, terminal.width));
  }

 private:
  InspectOptions options_;
  PrepareArguments prepare_;
  EngineArguments engine_;
  std::string input_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_inspect_command(CLI::App& root) { return std::make_unique<InspectCommand>(root); }

}  // namespace tessera::cli
