// SPDX-License-Identifier: Apache-2.0
#include "table/convert.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/table_cells.hpp"
#include "support/temporary_folder.hpp"
#include "table/convert_names.hpp"
#include "table/convert_number.hpp"
#include "table/delimited.hpp"
#include "tessera/error.hpp"
#include "tessera/table.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

using testing::ColumnCells;

std::vector<ColumnCells> read_all(Table& table) {
  std::vector<ColumnCells> columns;
  for (int j = 0; j < static_cast<int>(table.info().columns.size()); ++j) columns.push_back(testing::read_column(table, j));
  return columns;
}

class Convert : public ::testing::Test {
 protected:
  ConvertReport convert(const std::string& text, ConvertOptions options = {}) {
    options.input = folder_.path() / "in.csv";
    options.output = folder_.path() / "out.h5";
    options.overwrite = true;
    std::ofstream(options.input, std::ios::binary) << text;
    SilentObserver observer;
    const CancelToken cancel;
    ThreadPool threads(1);
    ConvertReport report = convert_delimited(options, {observer, cancel, threads});
    EXPECT_EQ(report.rows_in, report.rows_kept + report.rows_rejected);
    columns_ = read_all(*open_table(options.output));
    return report;
  }
  /// The type that a column with these cells gets; the numbers are left in columns_.
  DataType type_of(const std::vector<std::string>& cells) {
    std::string text = "id,x\n";
    for (const std::string& cell : cells) text += "k," + cell + "\n";
    return convert(text).columns[1].type;
  }

  testing::TemporaryFolder folder_;
  std::vector<ColumnCells> columns_;
};

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST_F(Convert, KeepsRowsColumnsAndOrder) {
  const ConvertReport report = convert("zone,Alter,city\n3,41,Paris\n1,29,\n2,35,\"Köln, am Rhein\"\n");
  EXPECT_EQ(report.rows_kept, 3);
  EXPECT_EQ(report.rejects, "");
  ASSERT_EQ(columns_.size(), 3U);
  EXPECT_EQ(columns_[0].schema.name, "zone");
  EXPECT_EQ(columns_[1].schema.name, "Alter");
  EXPECT_EQ(columns_[2].schema.name, "city");
  EXPECT_THAT(columns_[0].numbers, ElementsAre(3, 1, 2));
  EXPECT_THAT(columns_[2].text, ElementsAre("Paris", "", "Köln, am Rhein"));
  EXPECT_EQ(report.columns[2].missing, 1);
}

TEST_F(Convert, IntegersGetTheNarrowestWidth) {
  EXPECT_EQ(type_of({"0", "127", "-128"}), DataType::int8);
  EXPECT_EQ(type_of({"128"}), DataType::int16);
  EXPECT_EQ(type_of({"-129", "32767"}), DataType::int16);
  EXPECT_EQ(type_of({"32768"}), DataType::int32);
  EXPECT_EQ(type_of({"-2147483648", "2147483647", "+5"}), DataType::int32);
  EXPECT_EQ(type_of({"2147483648"}), DataType::int64);
  EXPECT_EQ(type_of({"999999999999999999", "-1"}), DataType::int64);
}

TEST_F(Convert, WhatWouldLoseDigitsStaysText) {
  EXPECT_EQ(type_of({"1234567890123456789", "1"}), DataType::text);
  EXPECT_EQ(type_of({"00123", "45678"}), DataType::text);
  EXPECT_THAT(columns_[1].text, ElementsAre("00123", "45678"));
  EXPECT_EQ(type_of({"-01"}), DataType::text);
  EXPECT_EQ(type_of({"9007199254740993", ""}), DataType::text) << "an id with missing cells fits no float";
  EXPECT_THAT(columns_[1].text, ElementsAre("9007199254740993", ""));
  EXPECT_EQ(type_of({"9007199254740993", "0.5"}), DataType::text);
  EXPECT_EQ(type_of({"9007199254740992", ""}), DataType::float32) << "a power of two";
  EXPECT_EQ(type_of({"9007199254740991", ""}), DataType::float64);
}

TEST_F(Convert, RealsAreFloat32OnlyWhereThatIsExact) {
  EXPECT_EQ(type_of({"0.5", "-3.25", "16777216"}), DataType::float32);
  EXPECT_EQ(type_of({"0.1"}), DataType::float64);
  EXPECT_EQ(type_of({"1000000.123"}), DataType::float64);
  EXPECT_THAT(columns_[1].numbers, ElementsAre(1000000.123));
  EXPECT_EQ(type_of({"16777217", ""}), DataType::float64);
  EXPECT_EQ(type_of({"1e400", "-INF", "2"}), DataType::float32);
  EXPECT_THAT(columns_[1].numbers,
              ElementsAre(std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 2));
  EXPECT_EQ(type_of({"1e-400", "5e-324", ".5", "5."}), DataType::float64);
  EXPECT_THAT(columns_[1].numbers, ElementsAre(0, 5e-324, 0.5, 5));
}

TEST_F(Convert, DecimalsOfAnyFormRoundTrip) {
  std::mt19937_64 random(3);
  std::string text = "x,y\n";
  std::vector<double> expected;
  for (int i = 0; i < 20'000; ++i) {
    std::uint64_t bits = random();
    double value = 0.0;
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) continue;
    text += i % 3 == 0   ? fmt::format("{},k\n", value)
            : i % 3 == 1 ? fmt::format("{:.17g},k\n", value)
                         : fmt::format("{:.17E},k\n", value);
    expected.push_back(value);
  }
  convert(text);
  EXPECT_EQ(columns_[0].schema.type, DataType::float64);
  EXPECT_EQ(columns_[0].numbers, expected);
}

TEST_F(Convert, WhateverTheTypeTheNumberIsTheOneThatFloat64Gives) {
  std::mt19937 random(4);
  for (int round = 0; round < 40; ++round) {
    const int decimals = static_cast<int>(random() % 4);
    const int digits = 1 + static_cast<int>(random() % 12);
    const bool missing = random() % 3 == 0;
    std::vector<std::string> cells;
    std::vector<double> expected;
    for (int i = 0; i < 20; ++i) {
      if (missing && i % 7 == 0) {
        cells.emplace_back("");
        expected.push_back(kNaN);
        continue;
      }
      const double scale = std::pow(10.0, digits);
      cells.push_back(fmt::format("{:.{}f}", (static_cast<double>(random()) / 4294967296.0 - 0.5) * scale, decimals));
      expected.push_back(std::strtod(cells.back().c_str(), nullptr));
    }
    type_of(cells);
    EXPECT_THAT(columns_[1].numbers, ::testing::Pointwise(::testing::NanSensitiveDoubleEq(), expected));
  }
}

TEST_F(Convert, MissingMarkersAreMissing) {
  const ConvertReport report = convert("n,t\n1,a\nNA,NA\n\" \",?\nnull,  \nNaN,-\nN/A,\"\"\n2,b\n");
  EXPECT_EQ(report.columns[0].type, DataType::float32);
  EXPECT_EQ(report.columns[0].missing, 5);
  EXPECT_EQ(report.columns[1].missing, 5);
  EXPECT_THAT(columns_[1].text, ElementsAre("a", "", "", "", "", "", "b"));
  EXPECT_THAT(report.columns[1].note, HasSubstr("3 cells such as 'NA'"));
  EXPECT_THAT(columns_[0].numbers,
              ::testing::Pointwise(::testing::NanSensitiveDoubleEq(), std::vector<double>{1, kNaN, kNaN, kNaN, kNaN, kNaN, 2}));
}

TEST_F(Convert, MissingMarkersCanBeChosen) {
  const ConvertReport report = convert("n,t\n1,NA\n-99,b\n,c\n", {.missing_markers = {"-99"}});
  EXPECT_EQ(report.columns[0].missing, 2);
  EXPECT_THAT(columns_[1].text, ElementsAre("NA", "b", "c"));
}

TEST_F(Convert, AColumnWithoutAnyValueIsMissingThroughout) {
  const ConvertReport report = convert("a,b\n1,\n2,NA\n");
  EXPECT_EQ(report.columns[1].type, DataType::float32);
  EXPECT_TRUE(std::isnan(columns_[1].numbers[0]) && std::isnan(columns_[1].numbers[1]));
  EXPECT_THAT(report.columns[1].note, HasSubstr("no value"));
}

TEST_F(Convert, DatesAreDays) {
  const ConvertReport report = convert(
      "day,time,gap,mixed\n2013-09-04,2010-12-01 08:26:00,1970-01-02,2013-09-04\n2000-02-29,1970-01-01T12:00:00Z,,soon\n");
  EXPECT_TRUE(report.columns[0].date && report.columns[1].date && report.columns[2].date);
  EXPECT_FALSE(report.columns[3].date);
  EXPECT_EQ(report.columns[0].type, DataType::int32);
  EXPECT_EQ(report.columns[1].type, DataType::float64);
  EXPECT_EQ(report.columns[2].type, DataType::float32);
  EXPECT_THAT(columns_[0].numbers, ElementsAre(15952, 11016));
  EXPECT_THAT(columns_[1].numbers, ElementsAre(14944.0 + 30360.0 / 86400.0, 0.5));
  EXPECT_EQ(columns_[0].schema.declared_kind, Kind::date);
  EXPECT_THAT(columns_[3].text, ElementsAre("2013-09-04", "soon"));
}

TEST_F(Convert, TwoLevelsStayText) {
  const ConvertReport report = convert("a,b,c\nyes,true,F\nno,false,M\n");
  for (const ConvertedColumn& column : report.columns) EXPECT_EQ(column.type, DataType::text);
  EXPECT_THAT(columns_[1].text, ElementsAre("true", "false"));
}

TEST_F(Convert, OneTextAmongNumbersIsReportedWithItsLine) {
  std::string text = "id,amount\n";
  for (int i = 0; i < 5000; ++i) text += fmt::format("{},{}\n", i, i == 4321 ? "12,5O" : std::to_string(i * 3));
  text.replace(text.find("12,5O"), 5, "12.5O");
  const ConvertReport report = convert(text);
  EXPECT_EQ(report.columns[1].type, DataType::text);
  EXPECT_THAT(report.columns[1].note, HasSubstr("1 of 5000 cells is not a number, first in line 4323: '12.5O'"));
  EXPECT_THAT(open_table(folder_.path() / "in.csv")->info().notes,
              ElementsAre(HasSubstr("column 'amount' is kept as text: 1 of 5000")));
  EXPECT_EQ(columns_[1].text[4321], "12.5O");
}

TEST_F(Convert, ADecimalCommaIsReadIfAskedForAndElseReported) {
  const std::string text = "id;spend;rows;city\n1;12,5;3;a\n2;;4;1,5\n3;-0,25;5;b\n4;7;6;c\n";
  const ConvertReport guessed = convert(text);
  EXPECT_EQ(guessed.columns[1].type, DataType::text);
  EXPECT_EQ(guessed.columns[1].note,
            "is kept as text: its numbers have a comma, first in line 2: '12,5'; if that is the decimal mark, 'tessera convert "
            "--decimal-comma' reads them");
  EXPECT_EQ(guessed.columns[3].note, "");
  ConvertOptions options;
  options.decimal_mark = ',';
  const ConvertReport asked = convert(text, options);
  EXPECT_EQ(asked.columns[1].type, DataType::float32);
  EXPECT_THAT(columns_[1].numbers, ::testing::Pointwise(::testing::NanSensitiveDoubleEq(), {12.5, kNaN, -0.25, 7.0}));
  EXPECT_EQ(asked.columns[2].type, DataType::int8);
  EXPECT_EQ(asked.columns[3].type, DataType::text);
}

TEST_F(Convert, NamesAreStableAndUnique) {
  const ConvertReport report = convert("a,,a, b ,a_2,\"x/y\",x_y,.,columns\n1,2,3,4,5,6,7,8,9\n");
  std::vector<std::string> names;
  for (const ColumnCells& column : columns_) names.push_back(column.schema.name);
  EXPECT_THAT(names, ElementsAre("a", "col_002", "a_3", "b", "a_2", "x/y", "x_y", ".", "columns"));
  for (std::size_t j = 0; j < columns_.size(); ++j) EXPECT_THAT(columns_[j].numbers, ElementsAre(static_cast<double>(j + 1)));
  EXPECT_EQ(report.columns[5].dataset, "/x_y_2");
  EXPECT_THAT(report.notes,
              ElementsAre("column 2 has no name and is called 'col_002'", "column 3 is a second 'a' and is called 'a_3'"));
}

TEST(ConvertNames, AreUniqueWhateverTheHeader) {
  std::mt19937 random(5);
  const std::vector<std::string> pool = {"a", "a_2", "a_3", "", "b", "a_2_2", "col_003", "/", "_", "_2"};
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> header(1 + random() % 8);
    for (std::string& name : header) name = pool[random() % pool.size()];
    std::vector<std::string> notes;
    const auto names = unique_column_names(header, notes);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), header.size());
    const auto datasets = dataset_names(names);
    EXPECT_EQ(std::set<std::string>(datasets.begin(), datasets.end()).size(), header.size());
  }
}

TEST_F(Convert, ATableWithoutNamesKeepsItsFirstRow) {
  const ConvertReport report = convert("1,2.5\n3,4.5\n");
  EXPECT_FALSE(report.header);
  EXPECT_EQ(report.rows_kept, 2);
  EXPECT_EQ(columns_[0].schema.name, "col_001");
  EXPECT_THAT(columns_[1].numbers, ElementsAre(2.5, 4.5));
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("names no columns")));
  EXPECT_EQ(convert("1,2.5\n3,4.5\n", {.header = HeaderPolicy::present}).rows_kept, 1);
  EXPECT_EQ(columns_[0].schema.name, "1");
  EXPECT_EQ(convert("a,b\n3,4\n", {.header = HeaderPolicy::absent}).rows_kept, 2);
  EXPECT_THAT(columns_[0].text, ElementsAre("a", "3"));
}

TEST_F(Convert, RowsThatCannotBeParsedAreNamed) {
  const std::string text = "a,b\n1,2\n3\n4,5,6\n\"7\" x,8\n9,\xFF\n10,11\n";
  const ConvertReport report = convert(text);
  EXPECT_EQ(report.rows_in, 6);
  EXPECT_EQ(report.rows_kept, 2);
  ASSERT_EQ(report.first_rejected.size(), 4U);
  EXPECT_EQ(report.first_rejected[0].line, 3);
  EXPECT_EQ(report.first_rejected[0].reason, "1 field instead of 2");
  EXPECT_EQ(report.first_rejected[1].reason, "3 fields instead of 2");
  EXPECT_EQ(report.rejects, folder_.path() / "out.rejects.csv");
  EXPECT_EQ(content(report.rejects),
            "line,reason,row\n3,\"1 field instead of 2\",\"3\"\n4,\"3 fields instead of 2\",\"4,5,6\"\n"
            "5,\"field 1 has text behind its closing quote\",\"\"\"7\"\" x,8\"\n6,\"field 2 is not UTF-8\",\"9,\xFF\"\n");
  struct stat status = {};
  ASSERT_EQ(stat(report.rejects.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);

  EXPECT_EQ(convert("a,b\n1,2\n").rejects, "");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out.rejects.csv")) << "an old one would mislead";
}

TEST_F(Convert, MultilineAndWindowsTextConverts) {
  const ConvertReport report = convert("\xEF\xBB\xBFid;note\r\n1;\"two\r\nlines\"\r\n2;\"say \"\"hi\"\"\"\r\n3;plain");
  EXPECT_EQ(report.delimiter, ';');
  EXPECT_THAT(columns_[0].numbers, ElementsAre(1, 2, 3));
  EXPECT_EQ(columns_[0].schema.name, "id");
  EXPECT_THAT(columns_[1].text, ElementsAre("two\r\nlines", "say \"hi\"", "plain"));
}

TEST_F(Convert, LongAndShortTextMix) {
  const std::string million(1'000'000, 'z');
  std::string text = "t,u\n";
  for (int i = 0; i < 300; ++i) text += (i == 150 ? million : "short") + ",x\n";
  convert(text);
  EXPECT_EQ(columns_[0].text[150], million);
  EXPECT_EQ(columns_[0].text[151], "short");
  EXPECT_LT(std::filesystem::file_size(folder_.path() / "out.h5"), 2'000'000U) << "not a million bytes per cell";
}

TEST_F(Convert, CompressionIsSmallerAndReadsTheSame) {
  std::string text = "a,t\n";
  for (int i = 0; i < 50'000; ++i) text += fmt::format("{},{}\n", i % 100, i % 3 == 0 ? "north" : "south");
  convert(text);
  const auto plain_size = std::filesystem::file_size(folder_.path() / "out.h5");
  const auto plain = columns_[0].numbers;
  convert(text, {.compress = true});
  EXPECT_EQ(columns_[0].numbers, plain);
  EXPECT_LT(std::filesystem::file_size(folder_.path() / "out.h5"), plain_size / 4);
}

TEST_F(Convert, WhatIsNoTableIsAnErrorAndLeavesNothing) {
  for (const std::string& text : {std::string(), std::string("a,b\n"), std::string("a,b"), std::string("\n\n"),
                                  std::string("a,\"b\n1,2\n"), std::string("a\0b,c\n1,2\n", 10), std::string("a,b\n1\n2\n3\n"),
                                  std::string("\xFF\xFE"
                                              "a\0",
                                              4)}) {
    EXPECT_THROW(convert(text), DataError) << text;
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out.h5"));
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out.rejects.csv"));
  }
}

TEST_F(Convert, NothingIsReplacedUnasked) {
  std::ofstream(folder_.path() / "in.csv") << "a,b\n1\n2,3\n";
  SilentObserver observer;
  const CancelToken cancel;
  ThreadPool threads(1);
  const ConvertOptions options = {
      .input = folder_.path() / "in.csv", .output = folder_.path() / "out.h5", .rejects = {}, .missing_markers = {}};
  std::ofstream(folder_.path() / "out.rejects.csv") << "mine";
  EXPECT_THROW(convert_delimited(options, {observer, cancel, threads}), FileError);
  EXPECT_EQ(content(folder_.path() / "out.rejects.csv"), "mine");
  std::filesystem::remove(folder_.path() / "out.rejects.csv");
  EXPECT_EQ(convert_delimited(options, {observer, cancel, threads}).rows_kept, 1);
  EXPECT_THROW(convert_delimited(options, {observer, cancel, threads}), FileError);
}

TEST_F(Convert, TheSameTextGivesTheSameBytes) {
  const std::string text = "id,city,amount\n1,Paris,2.5\n2,,3.25\n3,København,\n";
  convert(text);
  const std::string first = content(folder_.path() / "out.h5");
  convert(text);
  EXPECT_TRUE(content(folder_.path() / "out.h5") == first);
}

TEST_F(Convert, StopsWhenAsked) {
  std::ofstream(folder_.path() / "in.csv") << "a,b\n1,2\n";
  SilentObserver observer;
  CancelToken cancel;
  cancel.cancel(15);
  ThreadPool threads(1);
  ConvertOptions options;
  options.input = folder_.path() / "in.csv";
  options.output = folder_.path() / "out.h5";
  EXPECT_THROW(convert_delimited(options, {observer, cancel, threads}), CancelledError);
  EXPECT_FALSE(std::filesystem::exists(options.output));
}

TEST_F(Convert, ATextOpensAsATable) {
  const auto path = folder_.path() / "customers.csv";
  std::ofstream(path) << "id,age,since\n1,20,2013-09-04\n2,30,2014-09-04\n3\n4,40,\n";
  const auto scratch = folder_.path() / "scratch";
  std::filesystem::create_directory(scratch);
  TableOptions options;
  options.scratch = scratch;
  const std::unique_ptr<Table> table = open_table(path, options);
  EXPECT_TRUE(std::filesystem::is_empty(scratch)) << "no name is left while it is open";
  EXPECT_EQ(table->info().path, path);
  EXPECT_EQ(table->info().layout, "CSV, 3 columns");
  EXPECT_EQ(table->info().rows, 3);
  EXPECT_THAT(table->info().notes, ElementsAre(HasSubstr("1 of 4 rows cannot be parsed")));
  EXPECT_THAT(table->info().notes[0], HasSubstr("line 4: 1 field instead of 3"));
  EXPECT_THAT(read_all(*table)[1].numbers, ElementsAre(20, 30, 40));
}

TEST_F(Convert, OpeningATextStopsWhenAskedAndLeavesNothing) {
  const auto path = folder_.path() / "customers.csv";
  std::ofstream(path) << "id,age\n1,20\n";
  const auto scratch = folder_.path() / "scratch";
  std::filesystem::create_directory(scratch);
  CancelToken cancel;
  cancel.cancel(2);
  TableOptions options;
  options.scratch = scratch;
  options.cancel = &cancel;
  EXPECT_THROW(static_cast<void>(open_table(path, options)), CancelledError);
  EXPECT_TRUE(std::filesystem::is_empty(scratch));
}

TEST(CellNumber, FormsOfText) {
  for (const char* text : {"", "-", "+", ".", "e5", "1e", "1,5", "0x10", "1_000", "1 2", "--1", "nan", "in", "1.2.3", "1e5.5",
                           "12a", "+-3", "infinit"}) {
    EXPECT_EQ(parse_cell_number(text).form, CellNumber::Form::none) << text;
  }
  for (const char* text : {"0", "-0", "+7", "123456789012345678"}) {
    EXPECT_EQ(parse_cell_number(text).form, CellNumber::Form::integer) << text;
  }
  for (const char* text : {"0.0", "-.5", "1E5", "1e+05", "inf", "-Infinity", "3.", "0e0"}) {
    EXPECT_EQ(parse_cell_number(text).form, CellNumber::Form::real) << text;
  }
  for (const char* text : {"1,5", "-,5", "3,", "1e5", "1,5e-3"}) {
    EXPECT_EQ(parse_cell_number(text, ',').form, CellNumber::Form::real) << text;
  }
  for (const char* text : {"1.5", "1.234,5", "1,2,3", ",", ".5"}) {
    EXPECT_EQ(parse_cell_number(text, ',').form, CellNumber::Form::none) << text;
  }
  EXPECT_EQ(parse_cell_number("-12,25", ',').value, -12.25);
  EXPECT_TRUE(parse_cell_number("0.123456789012345678").digits_lost);
  EXPECT_FALSE(parse_cell_number("0.00012345678901234567").digits_lost);
}

}  // namespace
}  // namespace tessera
