// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "hdf5/attribute.hpp"
#include "table/layouts.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr const char* kNameAttributes[] = {"columns", "feature_names"};

/// Names from the attributes of `object`; empty if there are none. A list of another length than `count` is noted and left
/// alone.
std::vector<std::string> names_in_attributes(hid_t object, const std::string& path, std::int64_t count,
                                             std::vector<std::string>& notes) {
  for (const char* attribute : kNameAttributes) {
    auto names = hdf5::read_string_list_attribute(object, attribute);
    if (!names) continue;
    if (static_cast<std::int64_t>(names->size()) == count) return std::move(*names);
    notes.push_back(
        fmt::format("attribute '{}' of {} has {} names for {} columns: ignored", attribute, path, names->size(), count));
  }
  return {};
}

/// Names of the columns of a matrix: its own attributes, those of its group, or a dataset of names beside it.
std::vector<std::string> find_names(const hdf5::InputFile& file, const GroupSurvey& survey, const hdf5::Dataset& matrix,
                                    std::int64_t count, std::vector<std::string>& notes) {
  auto names = names_in_attributes(matrix.id(), matrix.path(), count, notes);
  if (!names.empty()) return names;
  const Hdf5Handle group = hdf5::open_group(file, survey.path);
  names = names_in_attributes(group.get(), survey.path, count, notes);
  if (!names.empty()) return names;
  for (const char* name : kNameAttributes) {
    const DatasetSummary* summary = survey.find(name);
    if (summary == nullptr || !holds_names(*summary)) continue;
    if (summary->rows() == count) {
      hdf5::Dataset dataset(file, summary->path);
      return hdf5::read_labels(dataset);
    }
    notes.push_back(fmt::format("{} has {} names for {} columns: ignored", summary->path, summary->rows(), count));
  }
  return {};
}

/// Numbers that stand for missing cells of `dataset`, by the conventions of netCDF.
std::vector<double> fills_of(const hdf5::Dataset& dataset) {
  std::vector<double> fills;
  if (dataset.type().form != hdf5::ElementType::Form::number) return fills;
  for (const char* attribute : {"_FillValue", "missing_value"}) {
    for (const double fill : hdf5::read_number_list_attribute(dataset.id(), attribute).value_or(std::vector<double>{})) {
      if (!std::isnan(fill) && std::ranges::find(fills, fill) == fills.end()) fills.push_back(fill);
    }
  }
  return fills;
}

/// A cell of `dataset`, some numbers of which may stand for missing ones.
DatasetColumn cell_of(std::int64_t cell, const std::vector<double>& fills) {
  return {.cell = cell, .decode = fills.empty() ? Decode::none : Decode::fills, .fills = fills};
}

void note_fills(const std::string& path, const std::vector<double>& fills, std::vector<std::string>& notes) {
  if (!fills.empty())
    notes.push_back(fmt::format("cells of {} that are {} are missing, as its attributes say", path, fmt::join(fills, " or ")));
}

void add_matrix(const hdf5::InputFile& file, const GroupSurvey& survey, const std::string& path, TableParts& parts) {
  hdf5::Dataset dataset(file, path);
  const std::int64_t columns = dataset.shape()[1];
  constexpr std::int64_t kMostColumns = std::int64_t{1} << 20;
  if (columns > kMostColumns) {
    throw DataError(
        fmt::format("it has {} columns", columns), {.path = file.path, .dataset = path, .column = {}},
        "rows are customers and columns are what is known of them; transpose it if it was written the other way round");
  }
  if (columns > dataset.rows() && dataset.rows() > 0) {
    parts.info.notes.push_back(
        fmt::format("{} has more columns ({}) than rows ({}); rows are taken for customers, so transpose it if "
                    "they are the columns",
                    path, columns, dataset.rows()));
  }
  const auto names = name_columns(find_names(file, survey, dataset, columns, parts.info.notes), columns);
  const std::vector<double> fills = fills_of(dataset);
  std::vector<ColumnSchema> schemas;
  std::vector<DatasetColumn> cells;
  for (std::int64_t j = 0; j < columns; ++j) {
    schemas.push_back({names[static_cast<std::size_t>(j)], {}, {}, {}});
    cells.push_back(cell_of(j, fills));
  }
  declare_columns(dataset.id(), path, schemas, parts.info.notes);
  note_fills(path, fills, parts.info.notes);
  auto matrix = std::make_unique<DatasetSource>(std::move(dataset), std::move(cells));
  const DataType type = columns > 0 ? matrix->type_of(0) : DataType::float64;
  const int source = parts.add_source(std::move(matrix));
  for (std::int64_t j = 0; j < columns; ++j) {
    schemas[static_cast<std::size_t>(j)].type = type;
    parts.add_column(std::move(schemas[static_cast<std::size_t>(j)]), source, static_cast<int>(j));
  }
}

void add_vector(const hdf5::InputFile& file, const DatasetSummary& summary, TableParts& parts) {
  hdf5::Dataset dataset(file, summary.path);
  ColumnSchema schema = {summary.name, dataset.type().type, {}, {}};
  // A link cannot hold every name (no slash): then the attribute has it.
  if (auto name = hdf5::read_string_attribute(dataset.id(), "name"); name && !name->empty()) schema.name = std::move(*name);
  if (dataset.type().form == hdf5::ElementType::Form::coded_text) schema.declared_kind = Kind::nominal;
  declare_columns(dataset.id(), summary.path, {&schema, 1}, parts.info.notes);
  const bool may_miss = schema.declared_role != Role::id;  // an id stays what it is
  const std::vector<double> fills = may_miss ? fills_of(dataset) : std::vector<double>{};
  note_fills(summary.path, fills, parts.info.notes);
  auto source = std::make_unique<DatasetSource>(std::move(dataset), std::vector<DatasetColumn>{cell_of(0, fills)});
  schema.type = source->type_of(0);
  parts.add_single(std::move(schema), std::move(source));
}

std::string why_skipped(const DatasetSummary& dataset, std::int64_t rows, std::int64_t matrix_columns) {
  if (dataset.shape != Shape::vector) return fmt::format("{} ({})", dataset.name, dataset.description);
  if (matrix_columns == dataset.rows() && !dataset.text) {
    return fmt::format("{} ({} values, as many as there are columns; if columns are customers, transpose the dataset)",
                       dataset.name, dataset.rows());
  }
  return fmt::format("{} ({} values for {} rows)", dataset.name, dataset.rows(), rows);
}

/// Whether `dataset` names the columns rather than being one.
bool names_columns(const DatasetSummary& dataset, std::int64_t matrix_columns, std::int64_t rows) {
  if (!holds_names(dataset)) return false;
  return matrix_columns >= 0 ? dataset.rows() == matrix_columns : dataset.rows() != rows;
}

/// Adds the 1-D datasets of the table's length; notes what else is in the group. `matrix_columns` is -1 without a matrix.
/// Returns how many were added.
int add_vectors(const hdf5::InputFile& file, const GroupSurvey& survey, const Candidate& candidate, std::int64_t matrix_columns,
                TableParts& parts) {
  int added = 0;
  std::vector<std::string> skipped;
  for (const DatasetSummary& dataset : survey.datasets) {
    const bool is_matrix = matrix_columns >= 0 && dataset.path == candidate.path;
    if (is_matrix || names_columns(dataset, matrix_columns, candidate.rows)) continue;
    if (dataset.shape == Shape::vector && dataset.rows() == candidate.rows) {
      add_vector(file, dataset, parts);
      ++added;
    } else {
      skipped.push_back(why_skipped(dataset, candidate.rows, matrix_columns));
    }
  }
  if (!skipped.empty()) parts.info.notes.push_back("not part of the table: " + list_names(skipped));
  if (!survey.aliases.empty()) {
    parts.info.notes.push_back("second names of the same datasets were left out: " + list_names(survey.aliases));
  }
  if (!survey.elsewhere.empty()) {
    parts.info.notes.push_back("links out of the file were not followed: " + list_names(survey.elsewhere));
  }
  return added;
}

std::string count_vectors(int count) { return fmt::format("{} 1-D dataset{}", count, count == 1 ? "" : "s"); }

}  // namespace

TableParts open_matrix(const hdf5::InputFile& file, const Candidate& candidate) {
  const GroupSurvey survey = survey_group(file, hdf5::parent_path(candidate.path));
  TableParts parts;
  parts.info.dataset = candidate.path;
  parts.info.rows = candidate.rows;
  add_matrix(file, survey, candidate.path, parts);
  const int vectors = add_vectors(file, survey, candidate, static_cast<std::int64_t>(parts.info.columns.size()), parts);
  parts.info.layout = (candidate.layout == Layout::ann_benchmarks ? "ann-benchmarks " : "2-D dataset ") + candidate.path;
  if (vectors > 0) parts.info.layout += " with " + count_vectors(vectors) + " beside it";
  return parts;
}

TableParts open_vectors(const hdf5::InputFile& file, const Candidate& candidate) {
  const bool is_group = hdf5::find_object(file, candidate.path).kind == hdf5::ObjectKind::group;
  const GroupSurvey survey = survey_group(file, is_group ? candidate.path : hdf5::parent_path(candidate.path));
  TableParts parts;
  parts.info.dataset = survey.path;
  parts.info.rows = candidate.rows;
  const int vectors = add_vectors(file, survey, candidate, -1, parts);
  parts.info.layout = fmt::format("group {} of {}", survey.path, count_vectors(vectors));
  return parts;
}

}  // namespace tessera
