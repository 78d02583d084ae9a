// SPDX-License-Identifier: Apache-2.0
// Where the names, roles and kinds of columns come from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "hdf5/writer.hpp"
#include "support/table_cells.hpp"
#include "support/temporary_folder.hpp"
#include "table/hdf5_table.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

class Hdf5Names : public ::testing::Test {
 protected:
  /// Writes a matrix [4 x 3] at /g/x, lets `adorn` add to the file, and opens it.
  std::unique_ptr<Table> table_with(const std::function<void(hdf5::FileWriter&)>& adorn) {
    const std::string path = (folder_.path() / "t.h5").string();
    hdf5::FileWriter file(path, {.overwrite = true});
    file.write<float>("/g/x", Matrix<float>(4, 3, 1.0F).view());
    adorn(file);
    file.commit();
    return open_hdf5_table(path, {});
  }
  static Words names_of(const Table& table) {
    Words names;
    for (const ColumnSchema& column : table.info().columns) names.push_back(column.name);
    return names;
  }
  testing::TemporaryFolder folder_;
};

TEST_F(Hdf5Names, AreTakenFromTheDatasetThenTheGroupThenASibling) {
  const Words first = {"a", "b", "c"};
  const Words second = {"d", "e", "f"};
  const Words third = {"g", "h", "i"};
  const auto sibling = [&](hdf5::FileWriter& file) { file.write_text("/g/columns", third); };
  const auto group = [&](hdf5::FileWriter& file) {
    sibling(file);
    file.set_attribute("/g", "feature_names", second);
  };
  const auto dataset = [&](hdf5::FileWriter& file) {
    group(file);
    file.set_attribute("/g/x", "columns", first);
  };
  EXPECT_EQ(names_of(*table_with(dataset)), first);
  EXPECT_EQ(names_of(*table_with(group)), second);
  EXPECT_EQ(names_of(*table_with(sibling)), third);
}

TEST_F(Hdf5Names, OfAnotherNumberAreIgnoredWithANote) {
  const auto table = table_with([](hdf5::FileWriter& file) { file.set_attribute("/g/x", "columns", Words{"a", "b"}); });
  EXPECT_THAT(names_of(*table), ElementsAre("col_000", "col_001", "col_002"));
  EXPECT_THAT(table->info().notes, ElementsAre(HasSubstr("2 names for 3 columns")));
}

TEST_F(Hdf5Names, ThatAreEmptyOrRepeatedAreMadeUp) {
  const auto table = table_with([](hdf5::FileWriter& file) {
    file.set_attribute("/g/x", "columns", Words{"a", "", "a"});
    file.write("/g/a", std::vector<double>{1, 2, 3, 4});
    file.write("/g/a_2", std::vector<double>{1, 2, 3, 4});
  });
  EXPECT_THAT(names_of(*table), ElementsAre("a", "col_001", "a_3", "a_4", "a_2"));
  EXPECT_THAT(table->info().notes, ElementsAre(HasSubstr("a, a")));
}

TEST_F(Hdf5Names, FourNamesBesideFourRowsAndThreeColumnsAreAColumn) {
  const auto table = table_with([](hdf5::FileWriter& file) { file.write_text("/g/columns", {"p", "q", "r", "s"}); });
  EXPECT_THAT(names_of(*table), ElementsAre("col_000", "col_001", "col_002", "columns"));
}

TEST_F(Hdf5Names, RolesAndKindsAreOneWordOrOneForEachColumn) {
  const auto each = table_with([](hdf5::FileWriter& file) {
    file.set_attribute("/g/x", "role", Words{"feature", "kpi", "ignore"});
    file.set_attribute("/g/x", "kind", "ordinal");
    file.write("/g/w", std::vector<float>{1, 2, 3, 4});
    file.set_attribute("/g/w", "role", "weight");
  });
  const std::vector<ColumnSchema>& columns = each->info().columns;
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[0].declared_role, Role::feature);
  EXPECT_EQ(columns[1].declared_role, Role::kpi);
  EXPECT_EQ(columns[2].declared_role, Role::ignore);
  EXPECT_EQ(columns[3].declared_role, Role::weight);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(columns[j].declared_kind, Kind::ordinal);
  EXPECT_EQ(columns[3].declared_kind, std::nullopt);
  EXPECT_THAT(each->info().notes, IsEmpty());

  const auto wrong = table_with([](hdf5::FileWriter& file) {
    file.set_attribute("/g/x", "role", Words{"feature", "kpi"});
    file.set_attribute("/g/x", "kind", std::int64_t{3});
  });
  EXPECT_EQ(wrong->info().columns[0].declared_role, std::nullopt);
  EXPECT_THAT(wrong->info().notes, ElementsAre(HasSubstr("'role' of /g/x"), HasSubstr("'kind' of /g/x")));
}

/// As netCDF has it: a number or a list, of the dataset's type or another.
TEST_F(Hdf5Names, AttributesSayWhichNumbersAreMissing) {
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  const auto table = table_with([&](hdf5::FileWriter& file) {
    file.set_attribute("/g/x", "_FillValue", 1.0);  // all of it
    file.write("/g/answer", std::vector<std::int8_t>{5, 99, 3, 98});
    file.set_attribute("/g/answer", "missing_value", std::vector<std::int64_t>{98, 99});
    file.write("/g/money", std::vector<double>{0.5, -999, 2, 9e36});
    file.set_attribute("/g/money", "missing_value", -999);
    file.set_attribute("/g/money", "_FillValue", 9e36);
    file.write("/g/nothing", std::vector<double>{0.5, -999, 2, 3});
    file.set_attribute("/g/nothing", "_FillValue", std::numeric_limits<double>::quiet_NaN());
    file.set_attribute("/g/nothing", "missing_value", "unknown");
    file.write("/g/rounded", std::vector<float>{-99.9F, 1, 2, 3});
    file.set_attribute("/g/rounded", "missing_value", -99.9);
    file.write("/g/number", std::vector<std::int64_t>{large, 0, large, 1});
    file.set_attribute("/g/number", "role", "id");
    file.set_attribute("/g/number", "_FillValue", 0);
  });
  ASSERT_THAT(names_of(*table),
              ElementsAre("col_000", "col_001", "col_002", "answer", "money", "nothing", "rounded", "number"));
  const auto column = [&](int j) { return testing::read_column(*table, j); };
  const auto are = [](const std::vector<double>& values) {
    return ::testing::Pointwise(::testing::NanSensitiveDoubleEq(), values);
  };
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(table->info().columns[0].type, DataType::float32);
  EXPECT_THAT(column(1).numbers, are({kNaN, kNaN, kNaN, kNaN}));
  EXPECT_EQ(table->info().columns[3].type, DataType::float64);
  EXPECT_THAT(column(3).numbers, are({5, kNaN, 3, kNaN}));
  EXPECT_THAT(column(4).numbers, are({0.5, kNaN, 2, kNaN}));
  EXPECT_THAT(column(5).numbers, are({0.5, -999, 2, 3}));
  EXPECT_THAT(column(6).numbers, are({kNaN, 1, 2, 3}));
  EXPECT_EQ(table->info().columns[7].type, DataType::int64);
  EXPECT_THAT(table->info().notes,
              ElementsAre(HasSubstr("cells of /g/x that are 1 are missing"), HasSubstr("/g/answer that are 98 or 99 are"),
                          HasSubstr("/g/money that are"), HasSubstr("/g/rounded that are")));
}

TEST_F(Hdf5Names, WholeNumbersThatWouldLoseDigitsBesideMissingOnesAreAnError) {
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  const auto open = [&](std::int64_t number) {
    static_cast<void>(table_with([&](hdf5::FileWriter& file) {
      file.write("/g/number", std::vector<std::int64_t>{number, 0, -number, 1});
      file.set_attribute("/g/number", "_FillValue", 0);
    }));
  };
  EXPECT_NO_THROW(open(large - 1));
  EXPECT_THROW(open(large + 1), DataError);
}

TEST_F(Hdf5Names, WideTablesKeepTheirNamesInOrder) {
  const std::string path = (folder_.path() / "wide.h5").string();
  hdf5::FileWriter file(path);
  file.write<float>("/x", Matrix<float>(2, 1200, 1.0F).view());
  file.commit();
  const Words names = names_of(*open_hdf5_table(path, {}));
  EXPECT_EQ(names.front(), "col_0000");
  EXPECT_EQ(names.back(), "col_1199");
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

}  // namespace
}  // namespace tessera
