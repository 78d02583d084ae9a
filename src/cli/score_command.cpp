// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/score.hpp"
#include "cli/command.hpp"
#include "cli/engine_options.hpp"
#include "cli/standard_output.hpp"
#include "report/text.hpp"
#include "tessera/segmentation.hpp"

namespace tessera::cli {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

std::string score_json(const ScoreResult& result) {
  nlohmann::ordered_json json;
  json["format"] = "tessera-score";
  json["format_version"] = "1.0";
  json["rows"] = result.rows;
  json["rows_rejected"] = result.rejected;
  json["rows_incomplete"] = result.incomplete;
  json["boundary"] = result.boundary;
  json["outliers"] = result.outliers;
  json["extra_columns"] = result.extra_columns;
  json["segments"] = nlohmann::ordered_json::array();
  for (std::size_t s = 0; s < result.segment_rows.size(); ++s) {
    json["segments"].push_back({{"segment", s},
                                {"size", result.segment_rows[s]},
                                {"share", share(result.segment_rows[s], result.rows - result.rejected)},
                                {"boundary", result.segment_boundary[s]}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string score_text(const ScoreResult& result, const std::string& output) {
  const std::int64_t assigned = result.rows - result.rejected;
  std::string lines = fmt::format("{} assigned to {}\n\n", text::plural(assigned, "customer"),
                                  text::plural(static_cast<std::int64_t>(result.segment_rows.size()), "segment"));
  lines += fmt::format("  {:>8} {:>14} {:>7} {:>9}\n", "segment", "customers", "share", "boundary");
  for (std::size_t s = 0; s < result.segment_rows.size(); ++s) {
    lines += fmt::format("  {:>8} {:>14} {:>7} {:>9}\n", s, text::count(result.segment_rows[s]),
                         text::percent(share(result.segment_rows[s], assigned)),
                         text::percent(share(result.segment_boundary[s], result.segment_rows[s])));
  }
  lines += fmt::format("\n  {} could go either way (margin < 0.1), {} unlike any segment.\n",
                       text::plural(result.boundary, "customer"),
                       result.outliers == 1 ? "1 is" : text::count(result.outliers) + " are");
  if (result.incomplete > 0)
    lines += fmt::format("  {} had missing cells, which were {}.\n", text::plural(result.incomplete, "customer"),
                         text::gaps_were(to_string(result.missing)));
  if (result.rejected > 0)
    lines += fmt::format("  {} could not be assigned: segment -1.\n", text::plural(result.rejected, "customer"));
  return lines + fmt::format("\nResults in {}\n", output);
}

class ScoreCommand final : public Command {
 public:
  explicit ScoreCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"score", "Assign new customers to the segments of an earlier run",
                                  "  tessera score run/model.h5 new_customers.h5 -o scored.h5\n"
                                  "  tessera score run/model.h5 new_customers.csv -o scored.h5 --csv",
                                  "0 64 65 66 69 70 71 73 74 77 78 130 143"});
    app.add_option("MODEL", model_, "model.h5 of a run")->option_text(" ");
    app.add_option("FILE", input_, "table of customers: HDF5, CSV or TSV; columns are matched by name")->option_text(" ");
    const char* const group = "Files";
    app.add_option("-o,--output", output_, "HDF5 file for the assignments (required)")->option_text("OUT")->group(group);
    app.add_flag("--force", options_.force, "replace an earlier file")->group(group);
    app.add_option("--dataset", options_.dataset, "HDF5 path of the table, if the file holds several")
        ->option_text("PATH")
        ->group(group);
    app.add_flag("--csv", options_.csv, "also write a CSV beside the output: OUT with the ending .csv")->group(group);
    add_pseudonym_key(app, pseudonym_key_)->group(group);
    app.add_flag("--probabilities", options_.probabilities, "of a mixture: also write the probability of every segment")
        ->group(group);
    app.add_flag("--json", json_, "print the counts as JSON instead of text")->group(group);
    engine_.add_to(app);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    require(model_, "the MODEL", app());
    require(input_, "the table FILE", app());
    require(output_, "the output file (-o OUT)", app());
    ScoreOptions options = options_;
    options.model = model_;
    options.input = input_;
    options.output = output_;
    options.pseudonym_key = pseudonym_key_;
    options.engine = engine_.resolve();
    const ScoreResult result = score_table(options, log, cancel);
    log.finish();
    print_result(json_ ? score_json(result) : score_text(result, output_));
  }

 private:
  ScoreOptions options_;
  EngineArguments engine_;
  std::string model_, input_, output_, pseudonym_key_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_score_command(CLI::App& root) { return std::make_unique<ScoreCommand>(root); }

}  // namespace tessera::cli
