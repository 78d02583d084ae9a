// SPDX-License-Identifier: Apache-2.0
#include "table/delimited.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/scratch.hpp"
#include "table/convert_engine.hpp"

namespace tessera {
namespace {

/// A table that was converted into a scratch file, under the name of its text.
class DelimitedTable final : public Table {
 public:
  DelimitedTable(std::unique_ptr<Table> converted, TableInfo info) : converted_(std::move(converted)), info_(std::move(info)) {}
  [[nodiscard]] const TableInfo& info() const override { return info_; }
  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override {
    converted_->read(first_row, rows, columns, out);
  }
  [[nodiscard]] std::int64_t preferred_rows() const override { return converted_->preferred_rows(); }
  [[nodiscard]] std::int64_t working_bytes() const override { return converted_->working_bytes(); }

 private:
  std::unique_ptr<Table> converted_;
  TableInfo info_;
};

/// Follows the rows of a conversion that is itself a part of the caller's stage.
class RowsOnly final : public Observer {
 public:
  explicit RowsOnly(Observer* observer) : observer_(observer) {}
  void stage(std::string_view, std::int64_t) override {}
  void progress(std::int64_t rows) override {
    if (observer_ != nullptr) observer_->progress(rows);
  }
  void note(Level, std::string_view, std::string_view) override {}

 private:
  Observer* observer_;
};

std::string layout_name(const ConvertReport& report) {
  const char* form = report.delimiter == ','    ? "CSV"
                     : report.delimiter == '\t' ? "TSV"
                     : report.delimiter == ';'  ? "CSV with semicolons"
                                                : "delimited text";
  return fmt::format("{}, {} column{}", form, report.columns.size(), report.columns.size() == 1 ? "" : "s");
}

std::string rejected_note(const ConvertReport& report) {
  constexpr std::size_t kShown = 3;
  std::string lines;
  for (std::size_t i = 0; i < report.first_rejected.size() && i < kShown; ++i) {
    const RejectedRow& row = report.first_rejected[i];
    lines += fmt::format("{}line {}: {}", i == 0 ? "" : "; ", row.line, row.reason);
  }
  return fmt::format("{} of {} rows cannot be parsed and are left out ({}{}); tessera convert writes all of them to a file",
                     report.rows_rejected, report.rows_in, lines,
                     report.rows_rejected > static_cast<std::int64_t>(kShown) ? "; ..." : "");
}

}  // namespace

std::unique_ptr<Table> open_delimited(const std::filesystem::path& path, const TableOptions& options) {
  RowsOnly observer(options.observer);
  const CancelToken never;
  ConvertOptions convert;
  convert.input = path;
  hdf5::FileWriter file(scratch_folder(options.scratch), {.scratch = true});
  RejectFile rejects({}, false);
  const ConvertReport report =
      convert_into(file, rejects, convert, observer, options.cancel != nullptr ? *options.cancel : never);
  std::unique_ptr<Table> converted = open_table(file.finish_scratch(), {.threads = options.threads});

  TableInfo info = converted->info();
  info.path = path;
  info.layout = layout_name(report);
  info.dataset.clear();
  info.notes = report.notes;
  for (const ConvertedColumn& column : report.columns) {
    if (!column.note.empty()) info.notes.push_back(fmt::format("column '{}' {}", column.name, column.note));
  }
  if (report.rows_rejected > 0 && options.observer != nullptr) {
    options.observer->note(Observer::Level::warning, "rows_unparsed", rejected_note(report));
  } else if (report.rows_rejected > 0) {
    info.notes.push_back(rejected_note(report));
  }
  return std::make_unique<DelimitedTable>(std::move(converted), std::move(info));
}

}  // namespace tessera
