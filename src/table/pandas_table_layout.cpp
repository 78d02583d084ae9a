// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "hdf5/attribute.hpp"
#include "table/layouts.hpp"
#include "table/pandas_types.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using Form = hdf5::ElementType::Form;

/// Attributes of the dataset `table` say what each member is: "age_dtype", "city_meta", "index_kind".
std::string about(const hdf5::Dataset& table, const std::string& member, const std::string& what) {
  return hdf5::read_string_attribute(table.id(), member + "_" + what).value_or("");
}

/// The levels of a categorical column: a table of its own at meta/COLUMN/meta/table, member `values`; code i is row i.
hdf5::CodeLabels read_categories(const hdf5::InputFile& file, const std::string& frame, const std::string& column) {
  const std::string path = frame + "/meta/" + column + "/meta/table";
  hdf5::Dataset table(file, path);
  constexpr std::int64_t kMostCategories = std::int64_t{1} << 20;
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 28;
  const bool small =
      table.shape().size() == 1 && table.rows() <= kMostCategories && table.rows() * table.row_bytes() <= kMostBytes;
  for (std::size_t i = 0; i < table.type().members.size() && small; ++i) {
    const hdf5::RecordMember& member = table.type().members[i];
    const bool readable = member.cells == 1 && (member.type.is_number() || member.type.is_text());
    if (member.name != "values" || !readable) continue;
    return read_member_labels(std::move(table), static_cast<int>(i));
  }
  throw DataError("the categories of the column cannot be read", {.path = file.path, .dataset = path, .column = column},
                  pandas_recipe(file.path, frame));
}

[[noreturn]] void refuse_blocks(const hdf5::InputFile& file, const std::string& frame, const std::string& member) {
  throw DataError(fmt::format("the names of the columns in '{}' are pickled Python objects, which are never unpickled", member),
                  {.path = file.path, .dataset = frame, .column = {}}, pandas_recipe(file.path, frame));
}

}  // namespace

TableParts open_pandas_table(const hdf5::InputFile& file, const Candidate& candidate) {
  const std::string& frame = candidate.path;
  const Hdf5Handle group = hdf5::open_group(file, frame);
  hdf5::Dataset table(file, hdf5::join_path(frame, "table"));
  if (table.type().form != Form::record || table.shape().size() != 1) {
    throw DataError("a pandas table needs a 1-D compound dataset 'table'", {.path = file.path, .dataset = frame, .column = {}},
                    pandas_recipe(file.path, frame));
  }
  const std::string missing = hdf5::read_string_attribute(group.get(), "nan_rep").value_or("nan");
  TableParts parts;
  parts.info.layout = fmt::format("pandas frame {} (table)", frame);
  parts.info.dataset = frame;
  parts.info.rows = table.rows();
  std::vector<ColumnSchema> schemas;
  std::vector<DatasetColumn> columns;
  std::vector<hdf5::CodeLabels> labels;
  for (std::size_t i = 0; i < table.type().members.size(); ++i) {
    const hdf5::RecordMember& member = table.type().members[i];
    if (member.name.starts_with("values_block_") || member.cells != 1) refuse_blocks(file, frame, member.name);
    if (member.type.form == Form::unsupported || member.type.form == Form::record) {
      parts.info.notes.push_back(fmt::format("column {} ({}) was left out", member.name, member.type.description));
      continue;
    }
    const bool is_index = member.name == "index";
    const std::string stored = about(table, member.name, is_index ? "kind" : "dtype");
    DatasetColumn column = pandas_column(stored);
    column.member = static_cast<int>(i);
    column.missing_text = missing;
    ColumnSchema schema = {member.name, member.type.type, pandas_kind(stored), {}};
    if (is_index) schema.declared_role = Role::id;
    if (about(table, member.name, "meta") == "category" && member.type.form == Form::number) {
      column.decode = Decode::labels;
      column.labels = static_cast<int>(labels.size());
      labels.push_back(read_categories(file, frame, member.name));
      schema.declared_kind = Kind::nominal;
    }
    schemas.push_back(std::move(schema));
    columns.push_back(std::move(column));
  }
  auto source = std::make_unique<DatasetSource>(std::move(table), std::move(columns), std::move(labels));
  for (std::size_t i = 0; i < schemas.size(); ++i) schemas[i].type = source->type_of(static_cast<int>(i));
  const int index = parts.add_source(std::move(source));
  for (std::size_t i = 0; i < schemas.size(); ++i) parts.add_column(std::move(schemas[i]), index, static_cast<int>(i));
  return parts;
}

}  // namespace tessera
