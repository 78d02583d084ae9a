// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <utility>

#include "hdf5/attribute.hpp"
#include "table/layouts.hpp"
#include "table/pandas_types.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::size_t kMostColumns = std::size_t{1} << 20;

/// A frame in the file: its group, and how errors name it.
struct Frame {
  const hdf5::InputFile& file;
  const std::string& path;
  [[nodiscard]] DataLocation location() const { return {.path = file.path, .dataset = path, .column = {}}; }
  [[nodiscard]] hdf5::Dataset dataset(const std::string& name) const { return {file, hdf5::join_path(path, name)}; }
};

/// pandas pickles what is neither number nor text into variable-length bytes.
bool is_pickled(const hdf5::Dataset& dataset) {
  const bool plain = dataset.type().is_number() || dataset.type().is_text();
  return !plain || hdf5::has_attribute(dataset.id(), "PSEUDOATOM");
}

[[noreturn]] void refuse_pickled(const Frame& frame, const std::string& what) {
  throw DataError(what + " is stored as pickled Python objects, which are never unpickled", frame.location(),
                  pandas_recipe(frame.file.path, frame.path));
}

void refuse_levels(const Frame& frame, hid_t group) {
  if (hdf5::read_string_attribute(group, "axis0_variety").value_or("regular") != "regular") {
    throw DataError("its columns have several levels (a MultiIndex)", frame.location(),
                    "give them one name each before saving: df.columns = ['_'.join(map(str, c)) for c in df.columns]");
  }
}

/// Values of an empty array are a stand-in; the attribute `shape` then holds the true extents, pickled.
bool is_empty(const hdf5::Dataset& dataset) { return hdf5::has_attribute(dataset.id(), "shape"); }

std::vector<std::string> read_names(const Frame& frame, const std::string& name) {
  hdf5::Dataset dataset = frame.dataset(name);
  if (is_empty(dataset)) return {};
  if (is_pickled(dataset)) refuse_pickled(frame, name);
  return hdf5::read_labels(dataset);
}

/// Adds the index as a column of role id; one that cannot be read is left out with a note. Returns the number of rows, -1 if
/// the index does not tell.
std::int64_t add_index(const Frame& frame, const std::string& name, TableParts& parts) {
  const Hdf5Handle group = hdf5::open_group(frame.file, frame.path);
  if (hdf5::read_string_attribute(group.get(), name + "_variety").value_or("regular") != "regular") {
    parts.info.notes.push_back("the index has several levels and was left out");
    return -1;
  }
  hdf5::Dataset dataset = frame.dataset(name);
  if (is_empty(dataset)) return 0;
  if (is_pickled(dataset) || dataset.shape().size() != 1) {
    parts.info.notes.push_back("the index is stored as pickled Python objects and was left out");
    return -1;
  }
  const std::int64_t rows = dataset.rows();
  const std::string kind = hdf5::read_string_attribute(dataset.id(), "kind").value_or("");
  DatasetColumn column = pandas_column(kind);
  ColumnSchema schema = {pandas_index_name(dataset.id()), DataType::float64, {}, Role::id};
  auto source = std::make_unique<DatasetSource>(std::move(dataset), std::vector<DatasetColumn>{column});
  schema.type = source->type_of(0);
  parts.add_single(std::move(schema), std::move(source));
  return rows;
}

/// Where a column of the frame lies: source of its block and position in it.
struct Located {
  ColumnSchema schema;
  int source = 0;
  int column = 0;
};

/// Opens block `number` and says where its columns are, by name.
void add_block(const Frame& frame, int number, TableParts& parts, std::multimap<std::string, Located>& located) {
  const std::string name = fmt::format("block{}", number);
  const std::vector<std::string> items = read_names(frame, name + "_items");
  hdf5::Dataset values = frame.dataset(name + "_values");
  if (is_pickled(values)) refuse_pickled(frame, fmt::format("column {}", list_names(items)));
  if (items.size() > kMostColumns - located.size()) {
    throw DataError("it has more than 1,048,576 columns", frame.location(), "choose those that matter before saving");
  }
  const auto count = static_cast<std::int64_t>(items.size());
  const bool transposed = hdf5::read_integer_attribute(values.id(), "transposed").value_or(0) != 0;
  if (!transposed || values.shape() != std::vector<std::int64_t>{parts.info.rows, count}) {
    throw DataError(fmt::format("{}_values is not {} rows of {} columns", name, parts.info.rows, count), frame.location(),
                    pandas_recipe(frame.file.path, frame.path));
  }
  const std::string stored = hdf5::read_string_attribute(values.id(), "value_type").value_or("");
  std::vector<DatasetColumn> columns;
  for (std::int64_t j = 0; j < count; ++j) {
    columns.push_back(pandas_column(stored));
    columns.back().cell = j;
  }
  if (count == 0) return;
  auto source = std::make_unique<DatasetSource>(std::move(values), std::move(columns));
  const DataType type = source->type_of(0);
  const int index = parts.add_source(std::move(source));
  for (int j = 0; j < static_cast<int>(count); ++j) {
    const std::string& item = items[static_cast<std::size_t>(j)];
    located.emplace(item, Located{{item, type, pandas_kind(stored), {}}, index, j});
  }
}

void add_blocks(const Frame& frame, hid_t group, TableParts& parts) {
  const std::int64_t blocks = hdf5::read_integer_attribute(group, "nblocks").value_or(0);
  std::multimap<std::string, Located> located;
  for (std::int64_t number = 0; number < blocks; ++number) add_block(frame, static_cast<int>(number), parts, located);
  for (const std::string& name : read_names(frame, "axis0")) {
    const auto at = located.find(name);
    if (at == located.end())
      throw DataError(fmt::format("no block holds the column '{}'", name), frame.location(),
                      pandas_recipe(frame.file.path, frame.path));
    parts.add_column(std::move(at->second.schema), at->second.source, at->second.column);
    located.erase(at);
  }
}

void add_series(const Frame& frame, hid_t group, TableParts& parts) {
  hdf5::Dataset values = frame.dataset("values");
  if (is_pickled(values)) refuse_pickled(frame, "it");
  if (values.shape().size() != 1 || (parts.info.rows >= 0 && values.rows() != parts.info.rows)) {
    throw DataError("its values and its index do not have the same length", frame.location(),
                    pandas_recipe(frame.file.path, frame.path));
  }
  parts.info.rows = values.rows();
  const std::string stored = hdf5::read_string_attribute(values.id(), "value_type").value_or("");
  const std::string name = hdf5::read_string_attribute(group, "name").value_or("");
  auto source = std::make_unique<DatasetSource>(std::move(values), std::vector<DatasetColumn>{pandas_column(stored)});
  const DataType type = source->type_of(0);
  parts.add_single({pandas_plain_name(name, "values"), type, pandas_kind(stored), {}}, std::move(source));
}

}  // namespace

TableParts open_pandas_fixed(const hdf5::InputFile& file, const Candidate& candidate) {
  const Frame frame = {file, candidate.path};
  const Hdf5Handle group = hdf5::open_group(file, candidate.path);
  const std::string type = hdf5::read_string_attribute(group.get(), "pandas_type").value_or("");
  TableParts parts;
  parts.info.layout = fmt::format("pandas {} {} (fixed)", type, candidate.path);
  parts.info.dataset = candidate.path;
  if (type == "series") {
    parts.info.rows = add_index(frame, "index", parts);
    if (parts.info.rows != 0) add_series(frame, group.get(), parts);
    return parts;
  }
  if (type != "frame") {
    throw DataError(fmt::format("it is a pandas object of the type '{}'", type), frame.location(), "save a DataFrame");
  }
  refuse_levels(frame, group.get());
  parts.info.rows = add_index(frame, "axis1", parts);
  if (parts.info.rows < 0) parts.info.rows = frame.dataset("block0_values").rows();
  if (parts.info.rows != 0) add_blocks(frame, group.get(), parts);
  return parts;
}

}  // namespace tessera
