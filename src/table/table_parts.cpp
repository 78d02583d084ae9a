// SPDX-License-Identifier: Apache-2.0
#include "table/table_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "hdf5/attribute.hpp"

namespace tessera {
namespace {

/// The words of an attribute, one for each column; empty if it is not there or of another length.
std::vector<std::string> words_for(hid_t object, const std::string& path, const std::string& name, std::size_t count,
                                   std::vector<std::string>& notes) {
  if (!hdf5::has_attribute(object, name)) return {};
  auto words = hdf5::read_string_list_attribute(object, name);
  if (words && words->size() == 1) words->resize(count, words->front());
  if (words && words->size() == count) return std::move(*words);
  notes.push_back(fmt::format("attribute '{}' of {} is neither one word nor {} of them: ignored", name, path, count));
  return {};
}

template <typename Value, typename Parse>
void declare(const std::vector<std::string>& words, const std::string& path, const std::string& attribute, Parse parse,
             std::span<ColumnSchema> columns, std::optional<Value> ColumnSchema::*member, std::vector<std::string>& notes) {
  std::set<std::string> unknown;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::optional<Value> value = parse(words[i]);
    if (value) columns[i].*member = value;
    if (!value && !words[i].empty() && unknown.insert(words[i]).second) {
      notes.push_back(
          fmt::format("attribute '{}' of {} says '{}', which is not a {}: ignored", attribute, path, words[i], attribute));
    }
  }
}

}  // namespace

int TableParts::add_source(std::unique_ptr<ColumnSource> source) {
  sources.push_back(std::move(source));
  return static_cast<int>(sources.size()) - 1;
}

void TableParts::add_column(ColumnSchema schema, int source, int column) {
  info.columns.push_back(std::move(schema));
  places.push_back({source, column});
}

void TableParts::add_single(ColumnSchema schema, std::unique_ptr<ColumnSource> source) {
  add_column(std::move(schema), add_source(std::move(source)), 0);
}

void declare_columns(hid_t object, const std::string& object_path, std::span<ColumnSchema> columns,
                     std::vector<std::string>& notes) {
  const auto roles = words_for(object, object_path, "role", columns.size(), notes);
  declare(roles, object_path, "role", parse_role, columns, &ColumnSchema::declared_role, notes);
  const auto kinds = words_for(object, object_path, "kind", columns.size(), notes);
  declare(kinds, object_path, "kind", parse_kind, columns, &ColumnSchema::declared_kind, notes);
}

std::vector<std::string> name_columns(std::vector<std::string> names, std::int64_t count) {
  names.resize(static_cast<std::size_t>(count));
  const std::size_t digits = std::max<std::size_t>(3, std::to_string(count - 1).size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = fmt::format("col_{:0{}}", i, digits);
  }
  return names;
}

void make_names_unique(TableInfo& info) {
  std::set<std::string> taken;
  for (const ColumnSchema& column : info.columns) taken.insert(column.name);
  if (taken.size() == info.columns.size()) return;
  std::set<std::string> seen;
  std::vector<std::string> renamed;
  for (ColumnSchema& column : info.columns) {
    if (seen.insert(column.name).second) continue;
    renamed.push_back(column.name);
    int number = 2;
    std::string name;
    do name = fmt::format("{}_{}", column.name, number++);
    while (!taken.insert(name).second);
    column.name = name;
    seen.insert(name);
  }
  info.notes.push_back("columns of the same name were told apart by a number at the end: " + list_names(renamed));
}

std::string list_names(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

}  // namespace tessera
