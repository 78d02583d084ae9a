// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "hdf5/attribute.hpp"
#include "table/layouts.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr const char* kAdvice = "the file may be damaged; write it again with anndata";

std::string encoding_of(const hdf5::InputFile& file, const std::string& path) {
  const Hdf5Handle object = hdf5::open_object(file, path);
  return hdf5::read_string_attribute(object.get(), "encoding-type").value_or("");
}

bool has_member(const hdf5::InputFile& file, const std::string& group_path, const std::string& name) {
  const Hdf5Handle group = hdf5::open_group(file, group_path);
  for (const hdf5::Member& member : hdf5::list_group(group.get(), file.path, group_path).members) {
    if (member.name == name) return true;
  }
  return false;
}

/// The path of a data frame's index.
std::string index_path(const hdf5::InputFile& file, const std::string& frame) {
  if (hdf5::find_object(file, frame).kind != hdf5::ObjectKind::group) {
    throw DataError("it was written by an anndata older than 0.7", {.path = file.path, .dataset = frame, .column = {}},
                    "write it anew: python -c \"import anndata; anndata.read_h5ad('old.h5ad').write_h5ad('new.h5ad')\"");
  }
  const Hdf5Handle group = hdf5::open_group(file, frame);
  return hdf5::join_path(frame, hdf5::read_string_attribute(group.get(), "_index").value_or("_index"));
}

std::unique_ptr<DatasetSource> open_single(const hdf5::InputFile& file, const std::string& path, DatasetColumn column = {},
                                           std::vector<hdf5::CodeLabels> labels = {}) {
  hdf5::Dataset dataset(file, path);
  using Form = hdf5::ElementType::Form;
  const Form form = dataset.type().form;
  if (dataset.shape().size() != 1 || form == Form::record || form == Form::unsupported) {
    throw DataError("it is not a 1-D dataset of numbers or text", {.path = file.path, .dataset = path, .column = {}}, kAdvice);
  }
  return std::make_unique<DatasetSource>(std::move(dataset), std::vector<DatasetColumn>{std::move(column)}, std::move(labels));
}

[[noreturn]] void refuse_length(const hdf5::InputFile& file, const std::string& path, std::int64_t cells, std::int64_t rows) {
  throw DataError(fmt::format("it has {} cells for {} rows", cells, rows), {.path = file.path, .dataset = path, .column = {}},
                  kAdvice);
}

/// A column of numbers or text with a second one of numbers, which are not zero where a cell is missing.
std::unique_ptr<MaskedSource> open_nullable(const hdf5::InputFile& file, const std::string& path) {
  const std::string values_path = path + "/values";
  const std::string mask_path = path + "/mask";
  auto mask = open_single(file, mask_path);
  if (mask->type_of(0) == DataType::text) {
    throw DataError("the mask of missing cells is text", {.path = file.path, .dataset = mask_path, .column = {}}, kAdvice);
  }
  const std::int64_t rows = hdf5::Dataset(file, values_path).rows();
  const std::int64_t cells = hdf5::Dataset(file, mask_path).rows();
  if (cells != rows) refuse_length(file, mask_path, cells, rows);
  return std::make_unique<MaskedSource>(open_single(file, values_path), std::move(mask));
}

std::unique_ptr<DatasetSource> open_categorical(const hdf5::InputFile& file, const std::string& path) {
  hdf5::Dataset categories(file, path + "/categories");
  DatasetColumn column;
  column.decode = Decode::labels;
  column.labels = 0;
  std::vector<hdf5::CodeLabels> labels;
  labels.push_back(number_labels(hdf5::read_labels(categories)));
  return open_single(file, path + "/codes", std::move(column), std::move(labels));
}

/// One column of a data frame, by the way it is encoded; returns false if it is left out.
bool add_column(const hdf5::InputFile& file, const std::string& path, ColumnSchema schema, TableParts& parts) {
  const hdf5::ObjectKind kind = hdf5::find_object(file, path).kind;
  const std::string encoding = encoding_of(file, path);
  const Hdf5Handle object = hdf5::open_object(file, path);
  if (encoding == "categorical") {
    auto source = open_categorical(file, path);
    schema.type = source->type_of(0);
    schema.declared_kind = Kind::nominal;
    declare_columns(object.get(), path, {&schema, 1}, parts.info.notes);
    parts.add_single(std::move(schema), std::move(source));
    return true;
  }
  if (encoding.starts_with("nullable-")) {
    auto source = open_nullable(file, path);
    schema.type = source->type();
    declare_columns(object.get(), path, {&schema, 1}, parts.info.notes);
    parts.add_single(std::move(schema), std::move(source));
    return true;
  }
  if (kind != hdf5::ObjectKind::dataset || hdf5::has_attribute(object.get(), "categories")) return false;
  if (hdf5::Dataset(file, path).shape().size() != 1) return false;
  auto source = open_single(file, path);
  schema.type = source->type_of(0);
  declare_columns(object.get(), path, {&schema, 1}, parts.info.notes);
  parts.add_single(std::move(schema), std::move(source));
  return true;
}

/// Rows that a column has, from its dataset or, encoded, from the ones in its group.
std::int64_t rows_of(const hdf5::InputFile& file, const std::string& path) {
  if (hdf5::find_object(file, path).kind == hdf5::ObjectKind::dataset) return hdf5::Dataset(file, path).rows();
  const std::string encoding = encoding_of(file, path);
  return hdf5::Dataset(file, path + (encoding == "categorical" ? "/codes" : "/values")).rows();
}

/// The columns of a data frame of parts.info.rows rows; the index comes first and is an id.
void add_frame(const hdf5::InputFile& file, const std::string& frame, TableParts& parts) {
  const Hdf5Handle group = hdf5::open_group(file, frame);
  const std::string index = index_path(file, frame);
  const auto names = hdf5::read_string_list_attribute(group.get(), "column-order").value_or(std::vector<std::string>{});
  std::vector<std::string> skipped;
  const auto add = [&](const std::string& path, ColumnSchema schema) {
    const std::string name = schema.name;
    if (!add_column(file, path, std::move(schema), parts)) {
      skipped.push_back(name);
    } else if (const std::int64_t cells = rows_of(file, path); cells != parts.info.rows) {
      refuse_length(file, path, cells, parts.info.rows);
    }
  };
  const std::string index_name = hdf5::base_name(index);
  add(index, {index_name == "_index" ? "index" : index_name, DataType::text, {}, Role::id});
  for (const std::string& name : names) add(hdf5::join_path(frame, name), {name, DataType::float64, {}, {}});
  if (!skipped.empty()) {
    parts.info.notes.push_back(
        fmt::format("columns of {} in an encoding that is not read were left out: {}", frame, list_names(skipped)));
  }
}

void add_matrix(const hdf5::InputFile& file, const std::string& path, const std::string& variables, TableParts& parts) {
  hdf5::Dataset matrix(file, path);
  const DataLocation location = {.path = file.path, .dataset = path, .column = {}};
  if (matrix.shape().size() != 2 || !matrix.type().is_number()) {
    throw DataError("X is not a 2-D dataset of numbers: " + matrix.description(), location, kAdvice);
  }
  hdf5::Dataset index(file, index_path(file, variables));
  const std::vector<std::string> names = hdf5::read_labels(index);
  const std::int64_t columns = matrix.shape()[1];
  if (static_cast<std::int64_t>(names.size()) != columns) {
    throw DataError(fmt::format("X has {} columns, var has {} names", columns, names.size()), location, kAdvice);
  }
  const DataType type = matrix.type().type;
  std::vector<DatasetColumn> cells;
  for (std::int64_t j = 0; j < columns; ++j) cells.push_back({.cell = j, .missing_text = {}});
  const int source = parts.add_source(std::make_unique<DatasetSource>(std::move(matrix), std::move(cells)));
  const std::vector<std::string> named = name_columns(names, columns);
  for (std::int64_t j = 0; j < columns; ++j) {
    parts.add_column({named[static_cast<std::size_t>(j)], type, {}, {}}, source, static_cast<int>(j));
  }
}

}  // namespace

TableParts open_dataframe(const hdf5::InputFile& file, const Candidate& candidate) {
  TableParts parts;
  parts.info.layout = "AnnData data frame " + candidate.path;
  parts.info.dataset = candidate.path;
  parts.info.rows = rows_of(file, index_path(file, candidate.path));
  add_frame(file, candidate.path, parts);
  return parts;
}

TableParts open_anndata(const hdf5::InputFile& file, const Candidate& candidate) {
  const std::string matrix = hdf5::join_path(candidate.path, "X");
  const std::string observations = hdf5::join_path(candidate.path, "obs");
  TableParts parts;
  parts.info.layout = "AnnData " + candidate.path;
  parts.info.dataset = candidate.path;
  if (!has_member(file, candidate.path, "X")) {
    parts.info.rows = rows_of(file, index_path(file, observations));
  } else if (hdf5::find_object(file, matrix).kind != hdf5::ObjectKind::dataset) {
    refuse_sparse(file, matrix);
  } else {
    parts.info.rows = hdf5::Dataset(file, matrix).rows();
    add_matrix(file, matrix, hdf5::join_path(candidate.path, "var"), parts);
  }
  add_frame(file, observations, parts);
  parts.info.notes.push_back("of an AnnData file X and obs are read; layers, obsm and uns are not");
  return parts;
}

void refuse_sparse(const hdf5::InputFile& file, const std::string& path) {
  throw DataError("it is a sparse matrix, and tables are dense", {.path = file.path, .dataset = path, .column = {}},
                  fmt::format("write it dense: python -c \"import anndata; a = anndata.read_h5ad('{}'); a.X = a.X.toarray(); "
                              "a.write_h5ad('dense.h5ad')\"",
                              file.path));
}

}  // namespace tessera
