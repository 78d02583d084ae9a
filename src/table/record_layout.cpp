// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "table/layouts.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::size_t kMostColumns = std::size_t{1} << 20;

}  // namespace

TableParts open_record(const hdf5::InputFile& file, const Candidate& candidate) {
  hdf5::Dataset dataset(file, candidate.path);
  TableParts parts;
  parts.info.layout = "compound table " + candidate.path;
  parts.info.dataset = candidate.path;
  parts.info.rows = dataset.rows();
  std::vector<ColumnSchema> schemas;
  std::vector<DatasetColumn> columns;
  std::vector<std::string> skipped;
  for (std::size_t i = 0; i < dataset.type().members.size(); ++i) {
    const hdf5::RecordMember& member = dataset.type().members[i];
    using Form = hdf5::ElementType::Form;
    if (member.type.form == Form::unsupported || member.type.form == Form::record) {
      skipped.push_back(fmt::format("{} ({})", member.name, member.type.description));
      continue;
    }
    if (static_cast<std::size_t>(member.cells) > kMostColumns - columns.size()) {
      throw DataError("its records have more than 1,048,576 cells",
                      {.path = file.path, .dataset = candidate.path, .column = {}},
                      "leave out long array members, or write them to a dataset of their own");
    }
    for (std::int64_t cell = 0; cell < member.cells; ++cell) {
      ColumnSchema schema = {
          member.extent.empty() ? member.name : fmt::format("{}_{}", member.name, cell), member.type.type, {}, {}};
      if (member.type.form == Form::coded_text) schema.declared_kind = Kind::nominal;
      schemas.push_back(std::move(schema));
      columns.push_back({.member = static_cast<int>(i), .cell = cell, .missing_text = {}});
    }
  }
  declare_columns(dataset.id(), candidate.path, schemas, parts.info.notes);
  if (!skipped.empty())
    parts.info.notes.push_back("members that are neither numbers nor text were left out: " + list_names(skipped));
  const int source = parts.add_source(std::make_unique<DatasetSource>(std::move(dataset), std::move(columns)));
  for (std::size_t i = 0; i < schemas.size(); ++i) parts.add_column(std::move(schemas[i]), source, static_cast<int>(i));
  return parts;
}

}  // namespace tessera
