// SPDX-License-Identifier: Apache-2.0
// The layouts of tests/data/tables, written by h5py, pandas, PyTables and anndata, against what their libraries say is in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "hdf5/handle.hpp"
#include "table/hdf5_table.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::Cells;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::read_cells;

const std::string kFolder = std::string(TESSERA_TEST_DATA) + "/tables/";

struct Expected {
  std::vector<std::string> names, types, kinds, roles;
  Cells cells;
};

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream stream(line);
  for (std::string part; std::getline(stream, part, '\t');) parts.push_back(part);
  if (line.empty() || line.back() == '\t') parts.emplace_back();
  return parts;
}

bool is_floating(const std::string& type) { return type.starts_with("float"); }

Expected load_expected(const std::string& name) {
  std::ifstream in(kFolder + name + ".tsv");
  EXPECT_TRUE(in.is_open()) << name;
  Expected expected;
  std::string line;
  for (auto* part : {&expected.names, &expected.types, &expected.kinds, &expected.roles}) {
    std::getline(in, line);
    *part = split(line);
  }
  while (std::getline(in, line)) {
    std::vector<std::string> cells = split(line);
    for (std::size_t j = 0; j < cells.size(); ++j) {
      if (is_floating(expected.types[j])) cells[j] = testing::exact_text(std::strtod(cells[j].c_str(), nullptr));
    }
    expected.cells.push_back(std::move(cells));
  }
  return expected;
}

template <typename Word>
std::string word_or_dash(const std::optional<Word>& word) {
  return word ? std::string(to_string(*word)) : "-";
}

void expect_table(Table& table, const Expected& expected) {
  const TableInfo& info = table.info();
  std::vector<std::string> names, types, kinds, roles;
  for (const ColumnSchema& column : info.columns) {
    names.push_back(column.name);
    types.emplace_back(to_string(column.type));
    kinds.push_back(word_or_dash(column.declared_kind));
    roles.push_back(word_or_dash(column.declared_role));
  }
  EXPECT_EQ(names, expected.names);
  EXPECT_EQ(types, expected.types);
  EXPECT_EQ(kinds, expected.kinds);
  EXPECT_EQ(roles, expected.roles);
  ASSERT_EQ(info.rows, static_cast<std::int64_t>(expected.cells.size()));
  for (const std::int64_t run : {1, 2, 3, 5, 100}) EXPECT_EQ(read_cells(table, run), expected.cells) << "in runs of " << run;
  // Each column alone, and all backwards.
  std::vector<int> backwards;
  for (int j = static_cast<int>(names.size()) - 1; j >= 0; --j) backwards.push_back(j);
  const Cells reversed = read_cells(table, backwards, 4);
  for (std::size_t j = 0; j < names.size(); ++j) {
    const Cells alone = read_cells(table, {static_cast<int>(j)}, 4);
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_EQ(alone[i].front(), expected.cells[i][j]) << names[j];
      EXPECT_EQ(reversed[i][names.size() - 1 - j], expected.cells[i][j]) << names[j];
    }
  }
}

struct LayoutCase {
  const char* file;
  const char* layout;
  const char* dataset;
  const char* option = "";
};
void PrintTo(const LayoutCase& one, std::ostream* out) { *out << one.file; }

class RecognisedLayout : public ::testing::TestWithParam<LayoutCase> {};

TEST_P(RecognisedLayout, GivesTheCellsThatItsLibraryWrote) {
  const auto table = open_hdf5_table(kFolder + GetParam().file, {.dataset = GetParam().option});
  EXPECT_THAT(table->info().layout, HasSubstr(GetParam().layout));
  EXPECT_EQ(table->info().dataset, GetParam().dataset);
  EXPECT_EQ(table->info().path, kFolder + GetParam().file);
  EXPECT_EQ(table->preferred_rows() % 4096, 0);
  EXPECT_GT(table->preferred_rows(), 0);
  std::string name = GetParam().file;
  if (name.ends_with(".h5")) name.resize(name.size() - 3);
  expect_table(*table, load_expected(name));
}

INSTANTIATE_TEST_SUITE_P(
    All, RecognisedLayout,
    ::testing::Values(LayoutCase{"matrix.h5", "2-D dataset /features with 6 1-D datasets beside it", "/features"},
                      LayoutCase{"matrix.h5", "2-D dataset", "/features", "features"},
                      LayoutCase{"sibling_names.h5", "2-D dataset /data/x", "/data/x"},
                      LayoutCase{"columns.h5", "group /columns of 8 1-D datasets", "/columns"},
                      LayoutCase{"columns.h5", "group /columns of 8 1-D datasets", "/columns", "/columns/text"},
                      LayoutCase{"compound.h5", "compound table /customers", "/customers"},
                      LayoutCase{"pytables.h5", "compound table /customers", "/customers"},
                      LayoutCase{"pandas_fixed.h5", "pandas frame /df (fixed)", "/df"},
                      LayoutCase{"pandas_fixed.h5", "pandas frame /df (fixed)", "/df", "/df/block0_values"},
                      LayoutCase{"pandas_fixed_numbers.h5", "pandas frame /df (fixed)", "/df"},
                      LayoutCase{"pandas_table.h5", "pandas frame /df (table)", "/df"},
                      LayoutCase{"pandas_table.h5", "pandas frame /df (table)", "/df", "/df/table"},
                      LayoutCase{"pandas_series.h5", "pandas series /s (fixed)", "/s"},
                      LayoutCase{"dense.h5ad", "AnnData", "/"},
                      LayoutCase{"ann_benchmarks.h5", "ann-benchmarks /train", "/train"},
                      LayoutCase{"transposed.h5", "2-D dataset /x", "/x"}));

std::string notes_of(const std::string& file) {
  std::string text;
  const auto table = open_hdf5_table(kFolder + file, {});
  for (const std::string& note : table->info().notes) text += note + "\n";
  return text;
}

TEST(Hdf5Layout, NotesWhatIsLeftOutAndWhy) {
  const std::string notes = notes_of("matrix.h5");
  EXPECT_THAT(notes, HasSubstr("cube"));
  EXPECT_THAT(notes, HasSubstr("short (3 values"));
  EXPECT_THAT(notes, HasSubstr("note (one value"));
  EXPECT_THAT(notes, HasSubstr("'gold', which is not a role"));
  EXPECT_THAT(notes_of("compound.h5"), HasSubstr("z (a compound type), nested (a compound type)"));
  EXPECT_THAT(notes_of("dense.h5ad"), HasSubstr("obsm"));
  EXPECT_THAT(notes_of("columns.h5"), ::testing::IsEmpty());
}

TEST(Hdf5Layout, SaysWhenATableLooksTransposedButReadsItAsItStands) {
  EXPECT_THAT(notes_of("transposed.h5"),
              HasSubstr("id (7 values, as many as there are columns; if columns are customers, transpose"));
}

TEST(Hdf5Layout, SaysWhenThereAreMoreColumnsThanRows) {
  EXPECT_THAT(notes_of("transposed.h5"), HasSubstr("more columns (7) than rows (3)"));
  EXPECT_THAT(notes_of("matrix.h5"), ::testing::Not(HasSubstr("more columns")));
}

TEST(Hdf5Layout, FollowsNoLinkOutOfTheFileAndNoCircle) {
  const auto table = open_hdf5_table(kFolder + "links.h5", {});
  ASSERT_EQ(table->info().columns.size(), 1U);
  EXPECT_EQ(table->info().columns[0].name, "here");
  EXPECT_THAT(notes_of("links.h5"), HasSubstr("second names of the same datasets were left out: again"));
  EXPECT_THAT(notes_of("links.h5"), HasSubstr("links out of the file were not followed: nowhere, out"));
}

struct RefusedCase {
  const char* file;
  const char* option;
  ErrorCode code;
  std::vector<const char*> message;
  const char* advice;
};
void PrintTo(const RefusedCase& one, std::ostream* out) { *out << one.file << " " << one.option; }

class RefusedFile : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedFile, IsRefusedWithWhatToDo) {
  const RefusedCase& wanted = GetParam();
#if H5_VERSION_GE(2, 0, 0)
  if (std::string(wanted.file) == "later_format.h5") GTEST_SKIP() << "this HDF5 reads that format";
#endif
  try {
    static_cast<void>(open_hdf5_table(kFolder + wanted.file, {.dataset = wanted.option}));
    FAIL() << "was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), wanted.code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(wanted.file));
    for (const char* part : wanted.message) EXPECT_THAT(error.what(), HasSubstr(part));
    EXPECT_THAT(error.advice(), HasSubstr(wanted.advice));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedFile,
    ::testing::Values(
        RefusedCase{"several.h5",
                    "",
                    ErrorCode::bad_data,
                    {"4 tables", "/a (2-D dataset, 4 x 2, float64)", "/deep/b", "/lists/x", "/lists/y"},
                    "--dataset /a"},
        RefusedCase{"several.h5", "/lists", ErrorCode::bad_data, {"2 tables", "/lists/x", "/lists/y"}, "--dataset"},
        RefusedCase{"several.h5", "/no/such", ErrorCode::bad_data, {"/no/such", "no such object"}, "h5ls"},
        RefusedCase{"nothing.h5", "", ErrorCode::bad_data, {"no table"}, "docs/formats.md"},
        RefusedCase{"nothing.h5", "cube", ErrorCode::bad_data, {"not a table", "2 x 2 x 2"}, "docs/formats.md"},
        RefusedCase{"empty_rows.h5", "", ErrorCode::bad_data, {"no rows"}, ""},
        RefusedCase{"pandas_empty.h5", "", ErrorCode::bad_data, {"no rows"}, ""},
        RefusedCase{"pandas_fixed_pickled.h5", "", ErrorCode::bad_data, {"city", "never unpickled"}, "data_columns=True"},
        RefusedCase{
            "pandas_table_blocks.h5", "", ErrorCode::bad_data, {"values_block_0", "never unpickled"}, "data_columns=True"},
        RefusedCase{"pandas_levels.h5", "", ErrorCode::bad_data, {"MultiIndex"}, "df.columns"},
        RefusedCase{"sparse.h5ad", "", ErrorCode::bad_data, {"/X", "sparse"}, "toarray()"},
        RefusedCase{"external.h5", "", ErrorCode::bad_data, {"/x", "other files"}, "h5py"},
        RefusedCase{"links.h5", "/out", ErrorCode::bad_data, {"no such object"}, ""},
        RefusedCase{"lzf.h5", "", ErrorCode::unavailable, {"/x", "lzf (id 32000)"}, "HDF5_PLUGIN_PATH"},
        RefusedCase{"blosc.h5", "", ErrorCode::unavailable, {"/x", "blosc (id 32001)"}, "HDF5_PLUGIN_PATH"},
        RefusedCase{"later_format.h5", "", ErrorCode::bad_data, {"/x", "version number"}, "libver"},
        RefusedCase{"no-such-file.h5", "", ErrorCode::no_input, {"No such file"}, "path"}));

TEST(Hdf5Layout, TheOptionChoosesAmongSeveral) {
  EXPECT_EQ(open_hdf5_table(kFolder + "several.h5", {.dataset = "/a"})->info().columns.size(), 2U);
  const auto deep = open_hdf5_table(kFolder + "several.h5", {.dataset = "deep/b"});
  EXPECT_EQ(deep->info().rows, 5);
  EXPECT_EQ(deep->info().columns.back().name, "id");
  EXPECT_EQ(open_hdf5_table(kFolder + "several.h5", {.dataset = "/deep/"})->info().dataset, "/deep/b");
  EXPECT_EQ(open_hdf5_table(kFolder + "several.h5", {.dataset = "/lists/y"})->info().rows, 4);
}

TEST(Hdf5Layout, ReadingOutsideTheTableIsAnInternalError) {
  const auto table = open_hdf5_table(kFolder + "matrix.h5", {});
  RawChunk chunk;
  const std::vector<int> first = {0};
  const std::vector<int> none = {99};
  EXPECT_THROW(table->read(5, 3, first, chunk), Error);
  EXPECT_THROW(table->read(-1, 1, first, chunk), Error);
  EXPECT_THROW(table->read(0, 1, none, chunk), Error);
  table->read(7, 0, first, chunk);
  EXPECT_EQ(chunk.rows, 0);
}

}  // namespace
}  // namespace tessera
