// SPDX-License-Identifier: Apache-2.0
#include "table/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "table/convert_column.hpp"
#include "table/convert_engine.hpp"
#include "table/convert_names.hpp"
#include "table/convert_number.hpp"
#include "table/csv_reader.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kReportEveryRows = 1 << 14;
constexpr std::int64_t kBufferBytes = std::int64_t{1} << 25;
constexpr std::size_t kMostFirstRejected = 10;

/// What the first pass finds.
struct Findings {
  std::vector<std::string> names;
  std::vector<ColumnPlan> plans;
};

DataLocation at(const ConvertOptions& options) { return {.path = options.input.string(), .dataset = {}, .column = {}}; }

/// Calls `visit` for every record below the header; returns the header, or nothing if there is none.
class RecordSweep {
 public:
  RecordSweep(const ConvertOptions& options, char delimiter, Observer& observer, const CancelToken& cancel)
      : observer_(observer), cancel_(cancel), decimal_mark_(options.decimal_mark), reader_(options.input, delimiter) {
    if (!reader_.next(record_)) {
      throw DataError("there is nothing in the text", at(options),
                      "a table has a line of column names, then a line per customer");
    }
    if (!record_.error.empty()) {
      throw DataError(fmt::format("line {}, which should name the columns: {}", record_.line, record_.error), at(options),
                      "save it as UTF-8: in spreadsheets 'CSV UTF-8', or iconv -f WINDOWS-1252 -t UTF-8");
    }
    header_ = options.header == HeaderPolicy::present || (options.header == HeaderPolicy::automatic && !all_numbers());
    columns_ = record_.field_count();
    if (header_) {
      for (std::int64_t j = 0; j < columns_; ++j) names_.emplace_back(record_.fields[j]);
    } else {
      names_.assign(static_cast<std::size_t>(columns_), "");
    }
    pending_ = !header_;
  }

  [[nodiscard]] bool has_header() const { return header_; }
  /// As they stand in the header; empty where there is none.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  /// The next row below the header, with an error if its number of fields is wrong too.
  bool next() {
    if (rows_ % kReportEveryRows == 0) {
      cancel_.check();
      observer_.progress(rows_);
    }
    if (!std::exchange(pending_, false) && !reader_.next(record_)) {
      observer_.progress(rows_);
      return false;
    }
    ++rows_;
    if (record_.error.empty() && record_.field_count() != columns_) {
      record_.error =
          fmt::format("{} field{} instead of {}", record_.field_count(), record_.field_count() == 1 ? "" : "s", columns_);
    }
    return true;
  }
  [[nodiscard]] const CsvRecord& record() const { return record_; }
  [[nodiscard]] std::int64_t rows() const { return rows_; }

 private:
  [[nodiscard]] bool all_numbers() const {
    for (std::int64_t j = 0; j < record_.field_count(); ++j) {
      if (parse_cell_number(trim(record_.fields[j]), decimal_mark_).form == CellNumber::Form::none) return false;
    }
    return true;
  }

  Observer& observer_;
  const CancelToken& cancel_;
  char decimal_mark_;
  CsvReader reader_;
  CsvRecord record_;
  bool header_ = true;
  bool pending_ = false;  ///< record_ is a row that was read in search of the header
  std::vector<std::string> names_;
  std::int64_t columns_ = 0;
  std::int64_t rows_ = 0;
};

void count_rejected(const CsvRecord& record, ConvertReport& report) {
  ++report.rows_rejected;
  if (report.first_rejected.size() < kMostFirstRejected) report.first_rejected.push_back({record.line, record.error});
}

/// First pass: names and types.
Findings infer(RecordSweep& sweep, const ConvertOptions& options, ConvertReport& report) {
  const CellStyle style{MissingMarkers(options.missing_markers), options.decimal_mark};
  Findings found;
  found.names = unique_column_names(sweep.names(), report.notes);
  if (!sweep.has_header()) {
    report.notes = {fmt::format("the first line names no columns, so it is read as a row, and the columns are called {} to {}",
                                found.names.front(), found.names.back())};
  }
  std::vector<ColumnInference> columns(found.names.size());
  while (sweep.next()) {
    const CsvRecord& record = sweep.record();
    if (!record.error.empty()) {
      count_rejected(record, report);
      continue;
    }
    ++report.rows_kept;
    for (std::size_t j = 0; j < columns.size(); ++j) {
      columns[j].observe(record.fields[static_cast<std::int64_t>(j)], record.line, style);
    }
  }
  report.rows_in = sweep.rows();
  for (const ColumnInference& column : columns) found.plans.push_back(column.decide());
  return found;
}

void check_rows(const ConvertReport& report, const ConvertOptions& options) {
  if (report.rows_kept + report.rows_rejected != report.rows_in) {
    throw Error(ErrorCode::internal,
                fmt::format("{}: {} rows kept and {} rejected are not the {} rows read", options.input.string(),
                            report.rows_kept, report.rows_rejected, report.rows_in));
  }
  if (report.rows_in == 0) throw DataError("there is a header, but no row below it", at(options));
  if (report.rows_kept > 0) return;
  throw DataError(fmt::format("none of its {} rows can be parsed; line {}: {}", report.rows_in,
                              report.first_rejected.front().line, report.first_rejected.front().reason),
                  at(options), "check the delimiter (--delimiter), the quotes, and that the text is UTF-8");
}

/// Datasets in the order of the columns, with what a reader should know as attributes.
std::vector<ColumnWriter> create_datasets(hdf5::FileWriter& file, const Findings& found, const ConvertOptions& options,
                                          ConvertReport& report) {
  const std::vector<std::string> datasets = dataset_names(found.names);
  std::vector<ColumnWriter> writers;
  for (std::size_t j = 0; j < found.names.size(); ++j) {
    const ColumnPlan& plan = found.plans[j];
    const std::string dataset = "/" + datasets[j];
    hdf5::DatasetWriter& writer = file.create_dataset(
        dataset, {.type = plan.type, .rows = report.rows_kept, .compress = options.compress, .text_bytes = plan.text_bytes});
    writers.emplace_back(writer, plan, options.decimal_mark);
    if (datasets[j] != found.names[j]) file.set_attribute(dataset, "name", found.names[j]);
    if (plan.date) {
      file.set_attribute(dataset, "kind", "date");
      file.set_attribute(dataset, "units", "days since 1970-01-01");
    }
    report.columns.push_back({found.names[j], dataset, plan.type, plan.date, plan.missing, plan.note});
  }
  return writers;
}

/// Second pass: cells and rejected rows.
void write(RecordSweep& sweep, std::vector<ColumnWriter>& writers, RejectFile& rejects, const ConvertOptions& options,
           const ConvertReport& report) {
  const MissingMarkers markers(options.missing_markers);
  std::int64_t kept = 0;
  while (sweep.next()) {
    const CsvRecord& record = sweep.record();
    if (!record.error.empty()) {
      rejects.add(record);
      continue;
    }
    if (++kept > report.rows_kept) break;
    std::int64_t buffered_bytes = 0;
    for (std::size_t j = 0; j < writers.size(); ++j) {
      writers[j].add(record.fields[static_cast<std::int64_t>(j)], markers);
      buffered_bytes += writers[j].buffered_bytes();
    }
    if (buffered_bytes < kBufferBytes) continue;
    for (ColumnWriter& writer : writers) writer.flush();
  }
  if (kept != report.rows_kept) {
    throw DataError("the text has changed while it was being read", at(options),
                    "wait until it is complete, then convert it again");
  }
  for (ColumnWriter& writer : writers) writer.flush();
}

}  // namespace

std::vector<std::string> default_missing_markers() {
  return {"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "Null", "?", "-"};
}

ConvertReport convert_into(hdf5::FileWriter& file, RejectFile& rejects, const ConvertOptions& options, Observer& observer,
                           const CancelToken& cancel) {
  ConvertReport report;
  report.delimiter = options.delimiter != '\0' ? options.delimiter : detect_delimiter(options.input);
  observer.stage("read", 0);
  Findings found;
  {
    RecordSweep sweep(options, report.delimiter, observer, cancel);
    report.header = sweep.has_header();
    found = infer(sweep, options, report);
  }
  check_rows(report, options);
  std::vector<ColumnWriter> writers = create_datasets(file, found, options, report);
  observer.stage("write", report.rows_in);
  RecordSweep sweep(options, report.delimiter, observer, cancel);
  write(sweep, writers, rejects, options, report);
  return report;
}

ConvertReport convert_delimited(const ConvertOptions& options, const JobContext& job) {
  std::filesystem::path rejects_path = options.rejects;
  if (rejects_path.empty()) rejects_path = std::filesystem::path(options.output).replace_extension(".rejects.csv");
  hdf5::FileWriter file(options.output, {.overwrite = options.overwrite});
  RejectFile rejects(rejects_path, options.overwrite);
  ConvertReport report = convert_into(file, rejects, options, job.observer, job.cancel);
  // The rows that are missing from the table are named before it appears.
  if (rejects.commit()) report.rejects = rejects_path;
  file.commit();
  return report;
}

}  // namespace tessera
