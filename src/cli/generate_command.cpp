// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "app/generate.hpp"
#include "cli/command.hpp"
#include "cli/standard_output.hpp"
#include "core/bytes.hpp"
#include "report/text.hpp"

namespace tessera::cli {
namespace {

std::string generate_json(const GenerateOptions& options, const GenerateReport& report) {
  nlohmann::ordered_json json;
  json["format"] = "tessera-generate";
  json["format_version"] = "1.0";
  json["rows"] = options.rows;
  json["features"] = options.features;
  json["segment_rows"] = report.segment_rows;
  json["noise_rows"] = report.noise_rows;
  json["least_separation"] = std::isfinite(report.least_separation) ? nlohmann::ordered_json(report.least_separation)
                                                                    : nlohmann::ordered_json(nullptr);
  json["bytes"] = report.bytes;
  return json.dump(2) + "\n";
}

std::string generate_text(const GenerateOptions& options, const GenerateReport& report) {
  std::string lines = fmt::format("{}, {}, {}\n", text::plural(options.rows, "row"), text::plural(options.features, "feature"),
                                  text::plural(options.segments, "segment"));
  if (options.segments > 1)
    lines += fmt::format("nearest centres: {:.1f} standard deviations apart\n", report.least_separation);
  if (report.noise_rows > 0) lines += fmt::format("noise: {}\n", text::plural(report.noise_rows, "row"));
  return lines + fmt::format("Result in {} ({})\n", options.path.string(), format_bytes(report.bytes));
}

class GenerateCommand final : public Command {
 public:
  explicit GenerateCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"generate", "Make a table of synthetic customers whose segments are known",
                                  "  tessera generate -o customers.h5 --rows 200000 --features 8 --segments 5 --seed 1\n"
                                  "  tessera generate -o hard.h5 --overlap 0.7 --imbalance 0.3 --noise 0.02 --missing 0.05",
                                  "0 64 70 71 73 74 77 78 130 143"});
    app.add_option("-o,--output", output_, "HDF5 file to make (required)")->option_text("OUT")->group("Files");
    app.add_flag("--force", options_.overwrite, "replace an earlier file")->group("Files");
    app.add_flag("--compress", options_.compress, "gzip: smaller, slower to read")->group("Files");
    app.add_flag("--json", json_, "print JSON instead of text")->group("Files");
    add_size_options(app);
    add_trouble_options(app);
    app.add_option("--threads", threads_, "at most so many threads; 0: what the machine allows")
        ->check(CLI::Range(0, 4096).description(""))
        ->option_text("N=0")
        ->default_str("0")
        ->group("Machine (no effect on the result)");
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    require(output_, "the output file (-o OUT)", app());
    GenerateOptions options = options_;
    options.path = output_;
    const GenerateReport report = run_generate(options, threads_, log, cancel);
    log.finish();
    print_result(json_ ? generate_json(options, report) : generate_text(options, report));
  }

 private:
  void add_size_options(CLI::App& app) {
    const char* const group = "Size";
    app.add_option("--rows", options_.rows, "customers")->option_text("N=200000")->default_str("200000")->group(group);
    app.add_option("--features", options_.features, "numeric columns")->option_text("N=8")->default_str("8")->group(group);
    app.add_option("--segments", options_.segments, "true segments")->option_text("N=5")->default_str("5")->group(group);
    app.add_option("--seed", options_.seed, "start of all random numbers")
        ->check(CLI::NonNegativeNumber.description(""))
        ->option_text("N=0")
        ->default_str("0")
        ->group(group);
    app.add_option("--nominals", options_.nominals, "text columns that depend on the segment")
        ->option_text("N=0")
        ->default_str("0")
        ->group(group);
    app.add_option("--kpis", options_.kpis, "result columns that depend on the segment")
        ->option_text("N=0")
        ->default_str("0")
        ->group(group);
  }

  void add_trouble_options(CLI::App& app) {
    const char* const group = "Difficulty";
    const auto add = [&](const char* name, double& value, const char* words) {
      app.add_option(name, value, words)->option_text("X=0")->default_str("0")->group(group);
    };
    add("--overlap", options_.overlap, "0: centres at least 10 sd apart; 1: as close as 1 sd");
    add("--imbalance", options_.imbalance, "each segment has (1 - X) times the size of the one before");
    add("--noise", options_.noise, "share of rows without a segment");
    add("--offset", options_.offset, "added to every feature, in sd of a segment");
    add("--missing", options_.missing, "share of cells that are missing");
  }

  GenerateOptions options_;
  std::string output_;
  int threads_ = 0;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_generate_command(CLI::App& root) { return std::make_unique<GenerateCommand>(root); }

}  // namespace tessera::cli
