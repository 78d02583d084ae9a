// SPDX-License-Identifier: Apache-2.0
// Reads tables that differ from a sound one in what the input says. Whatever the difference, the outcome is an Error with
// advice, or a table whose cells do not depend on how many rows are read at a time.
//
// The first byte chooses one of the sound tables of tests/data/tables, the second whether --dataset is given; the rest is a
// list of edits, made through HDF5, so that the file stays sound as a file: HDF5 itself crashes on many a damaged one, which is
// why open_table() sends a child ahead, and is no finding here. The table is read in this process, where coverage guides the
// search.
#include <hdf5.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include "hdf5_edits.hpp"
#include "table/hdf5_table.hpp"
#include "tessera/error.hpp"
#include "unit/table/table_cells.hpp"

namespace {

using namespace tessera;
namespace fs = std::filesystem;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

constexpr const char* kFixtures[] = {"matrix.h5",        "columns.h5",        "compound.h5",
                                     "pytables.h5",      "pandas_fixed.h5",   "pandas_fixed_numbers.h5",
                                     "pandas_series.h5", "pandas_empty.h5",   "pandas_table.h5",
                                     "pandas_levels.h5", "dense.h5ad",        "sparse.h5ad",
                                     "sibling_names.h5", "ann_benchmarks.h5", "several.h5",
                                     "links.h5"};

/// The sound tables, and where an edited one goes.
struct Ground {
  Ground() {
    const fs::path folder = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    path = folder / ("tessera-table-fuzz-" + std::to_string(::getpid()) + ".h5");
    for (const char* name : kFixtures) fixtures.emplace_back(fs::path(TESSERA_TEST_DATA) / "tables" / name);
  }
  ~Ground() { fs::remove(path); }

  fs::path path;
  std::vector<fuzz::Fixture> fixtures;
};

/// Rows [first, first + rows), read `run` rows at a time.
testing::Cells read_rows(Table& table, std::int64_t first, std::int64_t rows, std::int64_t run) {
  std::vector<int> all(table.info().columns.size());
  std::iota(all.begin(), all.end(), 0);
  testing::Cells cells;
  RawChunk chunk;
  for (std::int64_t row = first; row < first + rows; row += run) {
    const std::int64_t count = std::min(run, first + rows - row);
    table.read(row, count, all, chunk);
    require(chunk.columns.size() == all.size() && chunk.rows == count, "a chunk is not what was asked for");
    for (std::int64_t i = 0; i < count; ++i) {
      std::vector<std::string>& line = cells.emplace_back();
      for (const ColumnView& view : chunk.columns) line.push_back(testing::cell_text(view, i));
    }
  }
  return cells;
}

/// The beginning and the end, because the file may claim more than there is time for.
void read(Table& table) {
  const TableInfo& info = table.info();
  require(info.rows > 0 && !info.columns.empty() && !info.layout.empty(), "a table without rows or columns");
  require(table.preferred_rows() > 0 && table.preferred_rows() % 4096 == 0, "preferred rows");
  constexpr std::size_t kManyColumns = 10'000;
  const std::int64_t rows = std::min<std::int64_t>(info.rows, info.columns.size() > kManyColumns ? 1 : 10);
  const testing::Cells beginning = read_rows(table, 0, rows, rows);
  if (info.columns.size() > kManyColumns) return;
  require(beginning == read_rows(table, 0, rows, 3), "cells depend on the run");
  read_rows(table, info.rows - rows, rows, rows);
}

}  // namespace

/// HDF5 leaks now and then where it fails, and that is no finding.
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

/// An input is a list of edits of some bytes each, so that a search that begins with the shortest inputs would begin with
/// nothing.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  static std::vector<char*> extended(*arguments, *arguments + *count);
  static std::array<char, 15> option = {"-len_control=0"};
  extended.push_back(option.data());
  *count = static_cast<int>(extended.size());
  extended.push_back(nullptr);
  *arguments = extended.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Ground ground;
  if (size > 512) return -1;
  fuzz::Input input(data, size);
  const fuzz::Fixture& fixture = input.choose(ground.fixtures);
  const auto choice = input.take<std::uint8_t>();
  TableOptions options;
  if (choice >= 128) options.dataset = fixture.objects[choice % fixture.objects.size()];
  std::ofstream(ground.path, std::ios::binary | std::ios::trunc) << fixture.bytes;
  fuzz::edit(ground.path, fixture, input);
  try {
    read(*open_trusted_hdf5_table(ground.path, options));
  } catch (const Error& error) {
    require(error.code() != ErrorCode::internal, error.what());
    require(!error.advice().empty(), error.what());
  }
  return 0;
}
