// SPDX-License-Identifier: Apache-2.0
#include "app/earlier_run.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "prepare/cells.hpp"
#include "report/manifest.hpp"
#include "report/report.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw file_error("read", path.string(), errno);
  return {std::istreambuf_iterator<char>(file), {}};
}

int find_column(const Table& table, const char* name) {
  const auto& columns = table.info().columns;
  return static_cast<int>(std::ranges::find(columns, name, &ColumnSchema::name) - columns.begin());
}

template <typename T>
T cell_at(const RawChunk& chunk, std::size_t column, std::int64_t row) {
  return load_cell<T>(chunk.columns[column].data + row * chunk.columns[column].stride_bytes);
}

/// Segments of some rows of a table; the others have none.
std::vector<std::int32_t> scattered_labels(Table& assignments, int segment, int row, std::int64_t rows, const fs::path& path) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(rows), -1);
  const std::vector<int> wanted = {segment, row};
  RawChunk chunk;
  for (std::int64_t first = 0; first < assignments.info().rows; first += chunk.rows) {
    assignments.read(first, std::min(assignments.preferred_rows(), assignments.info().rows - first), wanted, chunk);
    for (std::int64_t i = 0; i < chunk.rows; ++i) {
      const auto to = cell_at<std::int64_t>(chunk, 1, i);
      if (to < 0 || to >= rows) throw damaged_run(path, "there are rows that the table does not have");
      labels[static_cast<std::size_t>(to)] = cell_at<std::int32_t>(chunk, 0, i);
    }
  }
  return labels;
}

}  // namespace

std::string EarlierRun::id(int segment) const {
  const Json& own = summary.at("segments").at(static_cast<std::size_t>(segment));
  return own.value("id", std::to_string(segment));
}

DataError damaged_run(const fs::path& file, const std::string& why) {
  return DataError(why, {file.string(), {}, -1, {}}, "segment the table anew, then use that run");
}

EarlierRun read_run(const fs::path& folder) {
  std::error_code failed;
  const fs::path summary = folder / "summary.json";
  if (!fs::exists(summary, failed)) {
    throw FileError(ErrorCode::no_input, "no run at " + folder.string() + ": it has no summary.json",
                    "name the folder that `tessera segment` wrote");
  }
  EarlierRun run;
  run.folder = fs::canonical(folder);
  run.summary = parse_summary(read_file(summary), summary.string());
  const fs::path manifest = run.folder / "manifest.json";
  run.manifest = Json::parse(read_file(manifest), nullptr, false);
  const std::string command = run.manifest.is_object() ? run.manifest.value("command", "") : "";
  if (command != "segment" && command != "split") {
    throw DataError("the segments of this run were given, not found, so that there is no model to go on from",
                    {manifest.string(), {}, -1, {}}, "name a run of `tessera segment`");
  }
  run.model = load_model(run.folder / "model.h5");
  if (!run.summary.contains("segments") || std::ssize(run.summary["segments"]) != run.model.segments()) {
    throw damaged_run(summary, "summary and model do not belong together");
  }
  run.names = default_names(run.summary);
  const fs::path names = run.folder / "names.json";
  if (fs::exists(names, failed)) {
    for (SegmentName& given : parse_names(read_file(names), names.string())) {
      if (given.segment < run.model.segments() && !given.name.empty()) {
        run.names[static_cast<std::size_t>(given.segment)] = std::move(given);
      }
    }
  }
  return run;
}

void check_same_input(const fs::path& input, const EarlierRun& run, const std::string& advice, const CancelToken& cancel) {
  const InputIdentity found = identify_input(input, cancel);
  if (found.fingerprint == run.manifest.at("input").at("fingerprint").at("value").get<std::string>()) return;
  throw DataError("the table is not the one that the run was made from, or has changed since", {input.string(), {}, -1, {}},
                  advice);
}

RunLabels::RunLabels(const EarlierRun& run, std::int64_t rows) : table_(open_table(run.assignments())) {
  const int columns = static_cast<int>(table_->info().columns.size());
  const int row = find_column(*table_, "row");
  column_ = find_column(*table_, "segment");
  if (column_ == columns) throw damaged_run(run.assignments(), "the assignments have no segments");
  if (row < columns) {
    scattered_ = scattered_labels(*table_, column_, row, rows, run.assignments());
  } else if (table_->info().rows != rows) {
    throw damaged_run(run.assignments(), "the assignments are not as long as the table");
  }
}

void RunLabels::operator()(std::int64_t first_row, std::span<std::int32_t> labels) {
  if (!scattered_.empty()) {
    std::copy_n(scattered_.begin() + first_row, labels.size(), labels.begin());
    return;
  }
  table_->read(first_row, std::ssize(labels), std::span(&column_, 1), chunk_);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = cell_at<std::int32_t>(chunk_, 0, static_cast<std::int64_t>(i));
}

}  // namespace tessera
