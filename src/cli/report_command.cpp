// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "app/report.hpp"
#include "cli/command.hpp"
#include "cli/standard_output.hpp"
#include "report/text.hpp"

namespace tessera::cli {
namespace {

std::string result_text(const ReportResult& result) {
  return fmt::format("{} and {} written: {}, {} with a name of your own\n", result.html.string(), result.markdown.string(),
                     text::plural(result.segments, "segment"),
                     result.changed_names == 0 ? "none" : text::count(result.changed_names));
}

class ReportCommand final : public Command {
 public:
  explicit ReportCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"report", "Render the report of a run again, after its names.json was changed; needs no data",
                                  "  tessera report run/", "0 64 65 66 70 71 73 74 77 78"});
    app.add_option("RUN", run_, "folder that segment or analyse wrote")->option_text(" ");
    add_common_options();
  }

  void run(Log& log, const CancelToken& /*cancel*/) override {
    require(run_, "the folder RUN", app());
    const ReportResult result = report_run(run_);
    log.finish();
    print_result(result_text(result));
  }

 private:
  std::string run_;
};

}  // namespace

std::unique_ptr<Command> make_report_command(CLI::App& root) { return std::make_unique<ReportCommand>(root); }

}  // namespace tessera::cli
