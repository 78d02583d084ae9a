// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "app/convert.hpp"
#include "cli/command.hpp"
#include "cli/standard_output.hpp"
#include "report/text.hpp"
#include "tessera/error.hpp"

namespace tessera::cli {
namespace {

std::string type_of(const ConvertedColumn& column) { return column.date ? "date" : std::string(to_string(column.type)); }

std::string convert_json(const ConvertReport& report) {
  nlohmann::ordered_json json;
  json["format"] = "tessera-convert";
  json["format_version"] = "1.0";
  json["rows_in"] = report.rows_in;
  json["rows_kept"] = report.rows_kept;
  json["rows_rejected"] = report.rows_rejected;
  json["delimiter"] = std::string(1, report.delimiter);
  json["header"] = report.header;
  json["columns"] = nlohmann::ordered_json::array();
  for (const ConvertedColumn& column : report.columns) {
    json["columns"].push_back({{"name", column.name},
                               {"dataset", column.dataset},
                               {"type", type_of(column)},
                               {"missing", column.missing},
                               {"note", column.note}});
  }
  json["first_rejected"] = nlohmann::ordered_json::array();
  for (const RejectedRow& row : report.first_rejected) {
    json["first_rejected"].push_back({{"line", row.line}, {"reason", row.reason}});
  }
  json["rejects"] = report.rejects.string();
  json["notes"] = report.notes;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string convert_text(const ConvertReport& report, const std::string& output) {
  std::string lines = fmt::format("{} in = {} kept + {} rejected\n\n", text::plural(report.rows_in, "row"),
                                  text::count(report.rows_kept), text::count(report.rows_rejected));
  constexpr int kWidestName = 40;
  int width = 6;
  for (const ConvertedColumn& column : report.columns) {
    width = std::max(width, std::min(kWidestName, text::display_width(text::printable(column.name))));
  }
  const auto name = [&](std::string_view words) {
    return text::pad_right(text::shorten(text::printable(words), width), width);
  };
  lines += fmt::format("  {}  {:<8} {:>10}\n", name("column"), "type", "missing");
  for (const ConvertedColumn& column : report.columns) {
    lines += fmt::format("  {}  {:<8} {:>10}{}{}\n", name(column.name), type_of(column), text::count(column.missing),
                         column.note.empty() ? "" : "  ", text::printable(column.note));
  }
  for (const std::string& note : report.notes) lines += fmt::format("\n  - {}", text::printable(note));
  if (!report.notes.empty()) lines += "\n";
  for (const RejectedRow& row : report.first_rejected)
    lines += fmt::format("\n  line {}: {}", row.line, text::printable(row.reason));
  if (!report.rejects.empty()) lines += fmt::format("\n  All rejected rows are in {}\n", report.rejects.string());
  return lines + fmt::format("\nResult in {}\n", output);
}

char delimiter_of(const std::string& word) {
  if (word == "auto") return '\0';
  if (word == "tab" || word == "\\t") return '\t';
  if (word.size() == 1 && word[0] != '"' && word[0] != '\n' && word[0] != '\r') return word[0];
  throw ConfigError(fmt::format("'{}' is not a delimiter", word), "give one character, such as --delimiter ';', or tab",
                    ErrorCode::usage);
}

class ConvertCommand final : public Command {
 public:
  explicit ConvertCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"convert", "Turn a CSV or TSV into an HDF5 table",
                                  "  tessera convert customers.csv -o customers.h5\n"
                                  "  tessera convert export.csv.gz -o customers.h5 --delimiter ';' --missing-marker '?'",
                                  "0 64 65 66 70 71 73 74 77 130 143"});
    app.add_option("FILE", input_, "CSV, TSV or the like, plain or gzip")->option_text(" ");
    const char* const files = "Files";
    app.add_option("-o,--output", output_, "HDF5 file to make (required)")->option_text("OUT")->group(files);
    app.add_option("--rejects", rejects_, "where rows go that cannot be parsed (default: OUT with .rejects.csv)")
        ->option_text("FILE")
        ->group(files);
    app.add_flag("--force", options_.overwrite, "replace an earlier output")->group(files);
    app.add_flag("--compress", options_.compress, "gzip: smaller, slower to read")->group(files);
    app.add_flag("--json", json_, "print the report as JSON instead of text")->group(files);
    const char* const group = "Text";
    app.add_option("--delimiter", delimiter_, "one character, tab, or auto: the one that the first line has most of")
        ->option_text("C=auto")
        ->default_str("auto")
        ->group(group);
    app.add_flag("--decimal-comma", decimal_comma_, "numbers have a decimal comma: 1,5")->group(group);
    app.add_option("--header", header_, "whether the first row names the columns: auto, yes or no")
        ->check(CLI::IsMember({"auto", "yes", "no"}).description(""))
        ->option_text("WORD=auto")
        ->default_str("auto")
        ->group(group);
    app.add_option("--missing-marker", markers_, "a word that means missing, besides NA, NaN, null, ... (repeatable)")
        ->allow_extra_args(false)
        ->option_text("WORD")
        ->group(group);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    require(input_, "the text FILE", app());
    require(output_, "the output file (-o OUT)", app());
    ConvertOptions options = options_;
    options.input = input_;
    options.output = output_;
    options.rejects = rejects_;
    options.delimiter = delimiter_of(delimiter_);
    if (decimal_comma_) options.decimal_mark = ',';
    options.header = header_ == "yes"  ? HeaderPolicy::present
                     : header_ == "no" ? HeaderPolicy::absent
                                       : HeaderPolicy::automatic;
    options.missing_markers.insert(options.missing_markers.end(), markers_.begin(), markers_.end());
    const ConvertReport report = run_convert(options, log, cancel);
    log.finish();
    print_result(json_ ? convert_json(report) : convert_text(report, output_));
  }

 private:
  ConvertOptions options_;
  std::vector<std::string> markers_;
  std::string input_, output_, rejects_;
  std::string delimiter_ = "auto";
  std::string header_ = "auto";
  bool decimal_comma_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_convert_command(CLI::App& root) { return std::make_unique<ConvertCommand>(root); }

}  // namespace tessera::cli
