// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hdf5/input_file.hpp"
#include "table/column_source.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// A table as its layout describes it: columns, and the sources that they are read from.
struct TableParts {
  TableInfo info;
  std::vector<std::unique_ptr<ColumnSource>> sources;
  struct Place {
    int source = 0;
    int column = 0;
  };
  std::vector<Place> places;  ///< [info.columns.size()]

  /// Appends a source; its columns are added one by one with add_column().
  int add_source(std::unique_ptr<ColumnSource> source);
  void add_column(ColumnSchema schema, int source, int column);
  /// Appends a source of one column.
  void add_single(ColumnSchema schema, std::unique_ptr<ColumnSource> source);
};

/// Sets declared role and kind of columns [0, columns.size()) from the attributes `role` and `kind` of `object`: one word, or
/// one for each column. An unknown word, or a list of another length, is ignored with a note.
void declare_columns(hid_t object, const std::string& object_path, std::span<ColumnSchema> columns,
                     std::vector<std::string>& notes);

/// A name for every one of `count` columns: the given ones, where there is none `col_000`, `col_001` ... by position.
[[nodiscard]] std::vector<std::string> name_columns(std::vector<std::string> names, std::int64_t count);

/// Makes names unique by appending `_2`, `_3` ... to later ones, with a note.
void make_names_unique(TableInfo& info);

/// "a, b, c and 4 more"
[[nodiscard]] std::string list_names(const std::vector<std::string>& names, std::size_t most = 8);

}  // namespace tessera
