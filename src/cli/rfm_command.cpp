// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/option_text.hpp"
#include "app/rfm.hpp"
#include "app/rfm_files.hpp"
#include "cli/command.hpp"
#include "cli/standard_output.hpp"
#include "core/bytes.hpp"
#include "core/dates.hpp"
#include "report/text.hpp"

namespace tessera::cli {
namespace {

std::string rfm_json(const RfmReport& report, const RfmOptions& options) {
  nlohmann::ordered_json json;
  json["format"] = "tessera-rfm";
  json["format_version"] = "1.0";
  json["rows"] = report.rows;
  json["rows_used"] = report.used;
  json["rows_filtered"] = report.filtered;
  json["rows_without_time"] = report.without_time;
  json["rows_after_as_of"] = report.after_as_of;
  json["rows_without_amount"] = report.without_amount;
  json["rows_without_customer"] = report.without_customer;
  json["rows_zero"] = report.zero_rows;
  json["rows_returned"] = report.return_rows;
  json["customers"] = report.customers;
  json["orders"] = report.orders;
  json["revenue"] = report.revenue;
  json["bought"] = report.bought;
  json["returned"] = report.returned;
  json["first_time"] = format_iso_date(report.first_time_days);
  json["last_time"] = format_iso_date(report.last_time_days);
  json["as_of"] = format_iso_date(static_cast<double>(report.as_of_day));
  json["typical_gap_days"] = report.typical_gap_days;
  for (std::size_t i = 0; i < report.stage_customers.size(); ++i) {
    json["stages"][std::string(to_string(static_cast<RfmStage>(i)))] = report.stage_customers[i];
  }
  json["notes"] = report.notes;
  json["output"] = options.output.string();
  json["csv"] = options.csv ? rfm_csv_path(options.output).string() : "";
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// "8,911,407.90".
std::string money(double amount) {
  const std::string digits = fmt::format("{:.2f}", amount);
  const std::size_t point = digits.size() - 3;
  std::string text = digits.substr(point);
  for (std::size_t i = 0; i < point; ++i) {
    const char digit = digits[point - 1 - i];
    if (i > 0 && i % 3 == 0 && digit != '-') text.insert(0, 1, ',');
    text.insert(0, 1, digit);
  }
  return text;
}

std::string row_lines(const RfmReport& report) {
  std::string lines;
  const auto add = [&](std::int64_t rows, const std::string& words) {
    if (rows > 0) lines += fmt::format("  {:>14}  {}\n", text::count(rows), words);
  };
  add(report.rows, "rows read");
  add(report.filtered, "filtered out by --where");
  add(report.without_time, report.first_unreadable_time.empty()
                               ? "without a time"
                               : fmt::format("without a readable time, such as '{}'",
                                             text::shorten(text::printable(report.first_unreadable_time), 40)));
  add(report.after_as_of, "later than --as-of");
  add(report.without_amount, "without an amount");
  add(report.without_customer, "without a customer");
  add(report.used, "used");
  add(report.zero_rows, "of them with an amount of zero, kept");
  add(report.return_rows, fmt::format("of them returns, worth {} in all", money(report.returned)));
  return lines;
}

std::string rfm_text(const RfmReport& report, const RfmOptions& options) {
  std::string lines =
      fmt::format("{}, {}, revenue {}\n{} to {}, seen from {}\n\n", text::plural(report.customers, "customer"),
                  text::plural(report.orders, "order"), money(report.revenue), format_iso_date(report.first_time_days),
                  format_iso_date(report.last_time_days), format_iso_date(static_cast<double>(report.as_of_day)));
  lines += row_lines(report);
  lines += fmt::format("\n  stages, with a typical gap of {} days between orders\n", text::number(report.typical_gap_days));
  for (std::size_t i = 0; i < report.stage_customers.size(); ++i) {
    const std::int64_t customers = report.stage_customers[i];
    if (customers == 0) continue;
    lines += fmt::format("  {:>14}  {} ({})\n", text::count(customers), to_string(static_cast<RfmStage>(i)),
                         text::percent(static_cast<double>(customers) / static_cast<double>(report.customers)));
  }
  for (const std::string& note : report.notes) lines += fmt::format("\n  - {}", text::printable(note));
  if (!report.notes.empty()) lines += "\n";
  lines += fmt::format("\nResult in {}", options.output.string());
  if (options.csv) lines += fmt::format(" and {}", rfm_csv_path(options.output).string());
  return lines + "\n";
}

class RfmCommand final : public Command {
 public:
  explicit RfmCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"rfm", "Turn transactions into customers: recency, frequency, money, scores, stages",
                                  "  tessera rfm orders.csv --customer id --time date --amount total -o customers.h5\n"
                                  "  tessera rfm lines.csv.gz --customer CustomerID --time InvoiceDate --invoice InvoiceNo \\\n"
                                  "      --amount 'Quantity*UnitPrice' --where 'Quantity>0 and UnitPrice>0' -o customers.h5",
                                  "0 64 65 66 69 70 71 73 74 77 78 130 143"});
    add_file_options(app);
    add_column_options(app);
    add_machine_options(app);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    require(input_, "the table FILE of transactions", app());
    require(options_.customer, "the column of customers (--customer NAME)", app());
    require(options_.time, "the column of times (--time NAME)", app());
    require(options_.amount, "the amount (--amount NAME or 'NAME*NAME')", app());
    require(output_, "the output file (-o OUT)", app());
    RfmOptions options = options_;
    options.input = input_;
    options.output = output_;
    options.scratch = scratch_;
    if (!as_of_.empty()) options.as_of_days = parse_date(as_of_);
    if (memory_ != "auto") options.memory_bytes = parse_bytes(memory_);
    const RfmReport report = run_rfm(options, log, cancel);
    log.finish();
    print_result(json_ ? rfm_json(report, options) : rfm_text(report, options));
  }

 private:
  void add_file_options(CLI::App& app) {
    const char* const group = "Files";
    app.add_option("FILE", input_, "table of transactions: HDF5, CSV or TSV (.gz too)")->option_text(" ");
    app.add_option("-o,--output", output_, "HDF5 file of customers to make (required)")->option_text("OUT")->group(group);
    app.add_flag("--csv", options_.csv, "write the same as CSV beside it")->group(group);
    app.add_flag("--force", options_.overwrite, "replace an earlier output")->group(group);
    app.add_flag("--compress", options_.compress, "gzip: smaller, slower to read")->group(group);
    app.add_option("--dataset", options_.dataset, "HDF5 path of the table, if the file holds several")
        ->option_text("PATH")
        ->group(group);
    app.add_flag("--json", json_, "print the report as JSON instead of text")->group(group);
  }

  void add_column_options(CLI::App& app) {
    const char* const columns = "Columns";
    app.add_option("--customer", options_.customer, "who bought: whole numbers or text (required)")
        ->option_text("NAME")
        ->group(columns);
    app.add_option("--time", options_.time, "when: dates or times, ISO 8601 unless --date-format says otherwise (required)")
        ->option_text("NAME")
        ->group(columns);
    app.add_option("--date-format", options_.date_format, "how times are written, such as '%m/%d/%Y %H:%M'")
        ->option_text("FORMAT")
        ->group(columns);
    app.add_option("--amount", options_.amount, "for how much: a column or a product, 'Quantity*UnitPrice' (required)")
        ->option_text("EXPR")
        ->group(columns);
    app.add_option("--invoice", options_.invoice, "what is one order (default: a customer's rows of one time)")
        ->option_text("NAME")
        ->group(columns);
    const char* const rules = "Rules";
    app.add_option("--where", options_.where, "rows to use: comparisons with and, or, not, is missing")
        ->option_text("CONDITION")
        ->group(rules);
    app.add_option("--as-of", as_of_, "the day to look back from (default: the one after the last transaction)")
        ->option_text("DATE")
        ->group(rules);
    app.add_option("--gap", options_.gap_days, "typical days between orders, for the stages (default: learned)")
        ->option_text("DAYS")
        ->group(rules);
  }

  void add_machine_options(CLI::App& app) {
    const char* const group = "Machine (no effect on the result)";
    app.add_option("--threads", options_.threads, "at most so many threads; 0: what the machine allows")
        ->check(CLI::Range(0, 4096).description(""))
        ->option_text("N=0")
        ->default_str("0")
        ->group(group);
    app.add_option("--memory", memory_, "budget such as 128M or 8G; auto: 70 % of what is free")
        ->option_text("BYTES=auto")
        ->default_str("auto")
        ->group(group);
    app.add_option("--scratch", scratch_, "folder of temporary files (default: the system's)")
        ->option_text("DIR")
        ->group(group);
  }

  RfmOptions options_;
  std::string input_, output_, as_of_, scratch_;
  std::string memory_ = "auto";
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_rfm_command(CLI::App& root) { return std::make_unique<RfmCommand>(root); }

}  // namespace tessera::cli
