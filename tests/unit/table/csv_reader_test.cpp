// SPDX-License-Identifier: Apache-2.0
#include "table/csv_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Fields = std::vector<std::string>;

struct Parsed {
  std::int64_t line = 0;
  Fields fields;
  std::string error;
  std::string bytes;
};

std::vector<Parsed> parse_file(const std::filesystem::path& path, char delimiter = ',') {
  CsvReader reader(path, delimiter);
  CsvRecord record;
  std::vector<Parsed> all;
  while (reader.next(record)) {
    Parsed parsed = {record.line, {}, record.error, std::string(record.bytes)};
    for (std::int64_t j = 0; record.error.empty() && j < record.field_count(); ++j)
      parsed.fields.emplace_back(record.fields[j]);
    all.push_back(std::move(parsed));
  }
  return all;
}

class CsvReading : public ::testing::Test {
 protected:
  std::filesystem::path save(const std::string& text) {
    const auto path = folder_.path() / "text.csv";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::filesystem::path save_gzip(const std::string& text, std::size_t keep_bytes = std::string::npos) {
    const auto path = folder_.path() / "text.csv.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    if (keep_bytes != std::string::npos) std::filesystem::resize_file(path, keep_bytes);
    return path;
  }
  std::vector<Parsed> parse(const std::string& text, char delimiter = ',') { return parse_file(save(text), delimiter); }
  std::vector<Fields> fields(const std::string& text, char delimiter = ',') {
    std::vector<Fields> all;
    for (const Parsed& record : parse(text, delimiter)) {
      EXPECT_EQ(record.error, "") << "line " << record.line;
      all.push_back(record.fields);
    }
    return all;
  }
  testing::TemporaryFolder folder_;
};

TEST_F(CsvReading, EveryLineEndGivesTheSameRecords) {
  const std::vector<Fields> expected = {{"a", "b"}, {"1", "2"}, {"3", ""}};
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    EXPECT_EQ(fields("a,b" + end + "1,2" + end + "3," + end), expected);
    EXPECT_EQ(fields("a,b" + end + "1,2" + end + "3,"), expected) << "no final line end";
    EXPECT_EQ(fields(end + "a,b" + end + end + "1,2" + end + "   " + end + "3," + end + end), expected) << "empty lines";
  }
}

TEST_F(CsvReading, QuotedFieldsHoldEverything) {
  EXPECT_THAT(fields("\"a,b\",\"c\"\"d\"\"\",\"\",\" e \", f \n"), ElementsAre(Fields{"a,b", "c\"d\"", "", " e ", "f"}));
  const std::vector<Parsed> records = parse("x,\"two\nlines\",y\r\n\"three\r\n\r\nlines\",z,\"\"\nlast,,\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[0].fields, ElementsAre("x", "two\nlines", "y"));
  EXPECT_THAT(records[1].fields, ElementsAre("three\r\n\r\nlines", "z", ""));
  EXPECT_EQ(records[1].line, 3);
  EXPECT_EQ(records[2].line, 6);
}

TEST_F(CsvReading, AQuoteInsideAnUnquotedFieldStandsForItself) {
  EXPECT_THAT(fields("12\" pipe,a\"\"b,c\"\n\"q\",x\"y\"z,\n"),
              ElementsAre(Fields{"12\" pipe", "a\"\"b", "c\""}, Fields{"q", "x\"y\"z", ""}));
}

TEST_F(CsvReading, OtherDelimiters) {
  EXPECT_THAT(fields("a;b,c;\"d;e\"\n", ';'), ElementsAre(Fields{"a", "b,c", "d;e"}));
  EXPECT_THAT(fields("a\t\tb c\t\n", '\t'), ElementsAre(Fields{"a", "", "b c", ""}));
}

TEST_F(CsvReading, TextBehindAClosingQuoteCostsOneLineOnly) {
  const std::vector<Parsed> records = parse("a,b\n\"1\" x,2\n3,4\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[1].error, HasSubstr("behind its closing quote"));
  EXPECT_EQ(records[1].line, 2);
  EXPECT_EQ(records[1].bytes, "\"1\" x,2\n");
  EXPECT_THAT(records[2].fields, ElementsAre("3", "4"));
}

TEST_F(CsvReading, AQuoteThatIsNeverClosedCostsOneLineOnly) {
  for (const std::string end : {"", "\n"}) {
    const std::vector<Parsed> records = parse("a,b\n1,\"2\n3,4\n5,6" + end);
    ASSERT_EQ(records.size(), 4U);
    EXPECT_THAT(records[1].error, HasSubstr("not closed"));
    EXPECT_EQ(records[1].bytes, "1,\"2\n");
    EXPECT_THAT(records[2].fields, ElementsAre("3", "4"));
    EXPECT_EQ(records[2].line, 3);
    EXPECT_THAT(records[3].fields, ElementsAre("5", "6"));
  }
}

TEST_F(CsvReading, AStrayQuoteDoesNotSwallowTheRowsUpToTheNextOne) {
  const std::vector<Parsed> records = parse("1,\"stray\n2,fine\n3,\"quoted\"\n4,fine\n");
  ASSERT_EQ(records.size(), 4U);
  EXPECT_NE(records[0].error, "");
  EXPECT_THAT(records[1].fields, ElementsAre("2", "fine"));
  EXPECT_THAT(records[2].fields, ElementsAre("3", "quoted"));
  EXPECT_THAT(records[3].fields, ElementsAre("4", "fine"));
}

TEST_F(CsvReading, MemoryIsBoundedByTheLongestRecord) {
  std::string text = "a,b\n1,\"open\n";
  while (text.size() < kMostRecordBytes + 100'000) text += "2,a line that the open quote would swallow\n";
  const std::vector<Parsed> records = parse(text);
  EXPECT_THAT(records[1].error, HasSubstr("longer than 16 MiB"));
  EXPECT_EQ(records[1].bytes, "1,\"open\n");
  EXPECT_THAT(records[2].fields, ElementsAre("2", "a line that the open quote would swallow"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), records.size());
}

TEST_F(CsvReading, ALineBeyondTheLimitIsSkippedInMemoryThatIsBounded) {
  const std::vector<Parsed> records = parse("a,b\n1," + std::string(2 * kMostRecordBytes + 12345, 'x') + "\r\n3,4\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[1].error, HasSubstr("longer than 16 MiB"));
  EXPECT_LE(records[1].bytes.size(), kMostRecordBytes + 10);
  EXPECT_THAT(records[2].fields, ElementsAre("3", "4"));
  EXPECT_EQ(records[2].line, 3);
}

TEST_F(CsvReading, LongFieldsAreFine) {
  const std::string million(1'000'000, 'y');
  EXPECT_THAT(fields("a,b\n" + million + ",\"" + million + "\"\n"), ElementsAre(Fields{"a", "b"}, Fields{million, million}));
}

TEST_F(CsvReading, NulAndBadUtf8AreErrorsOfTheirRow) {
  const std::vector<Parsed> records = parse(std::string("a,b\n1,x\0y\n2,caf\xE9\n3,caf\xC3\xA9\n", 25));
  ASSERT_EQ(records.size(), 4U);
  EXPECT_THAT(records[1].error, HasSubstr("NUL"));
  EXPECT_EQ(records[2].error, "field 2 is not UTF-8");
  EXPECT_THAT(records[3].fields, ElementsAre("3", "caf\xC3\xA9"));
}

TEST_F(CsvReading, TheByteOrderMarkIsNoPartOfTheFirstName) {
  EXPECT_THAT(fields("\xEF\xBB\xBF"
                     "a,b\n"),
              ElementsAre(Fields{"a", "b"}));
  EXPECT_THROW(parse(std::string("\xFF\xFE"
                                 "a\0,\0",
                                 6)),
               DataError);
}

TEST_F(CsvReading, NothingIsNoRecord) {
  EXPECT_THAT(parse(""), IsEmpty());
  EXPECT_THAT(parse("\n\r\n  \n"), IsEmpty());
}

TEST_F(CsvReading, GzipReadsAsItsText) {
  EXPECT_EQ(parse_file(save_gzip("a,b\n1,2\n")).size(), 2U);
  EXPECT_EQ(detect_delimiter(save_gzip("a;b\n1;2\n")), ';');
}

TEST_F(CsvReading, GzipThatIsCutOffOrDamagedIsAnError) {
  std::mt19937 random(1);
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(random()) + "," + std::to_string(random()) + "\n";
  const auto size = static_cast<std::size_t>(std::filesystem::file_size(save_gzip(text)));
  EXPECT_EQ(parse_file(folder_.path() / "text.csv.gz").size(), 50'000U);
  for (const std::size_t keep : {size - 1, size - 9, size / 2, std::size_t{30}}) {
    EXPECT_THROW(parse_file(save_gzip(text, keep)), DataError) << keep << " of " << size;
  }
  std::fstream file(save_gzip(text), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2));
  file << "damage";
  file.close();
  EXPECT_THROW(parse_file(folder_.path() / "text.csv.gz"), DataError);
}

TEST_F(CsvReading, WhatIsNoFileIsSaid) {
  try {
    parse_file(folder_.path() / "missing.csv");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_input);
  }
  EXPECT_THROW(parse_file(folder_.path()), FileError);
  EXPECT_THROW(parse_file("/dev/zero"), DataError);
}

TEST_F(CsvReading, TheDelimiterIsTheMostFrequentInTheFirstLine) {
  EXPECT_EQ(detect_delimiter(save("a,b;c,d\n;;;;;;\n")), ',');
  EXPECT_EQ(detect_delimiter(save("\"a,b,c\";d\n")), ';');
  EXPECT_EQ(detect_delimiter(save("a\tb\tc,d\n")), '\t');
  EXPECT_EQ(detect_delimiter(save("a|b\n")), '|');
  EXPECT_EQ(detect_delimiter(save("\n\nalone\n")), ',');
}

/// What is written by the rules comes back, wherever the blocks of the reader end.
TEST_F(CsvReading, RandomFieldsComeBack) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"a", "1", ",", "\"", "\n", "\r\n", "\r", " ", "é", "日本", ";", "\t", "x y"};
  for (const char delimiter : {',', ';', '\t'}) {
    std::string text;
    std::vector<Fields> expected;
    while (text.size() < 3'000'000) {
      Fields row(1 + random() % 5);
      for (std::string& field : row) {
        for (std::size_t i = random() % 6; i > 0; --i) field += pieces[random() % pieces.size()];
        std::string quoted = "\"";
        for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += quoted + "\"" + delimiter;
      }
      text.back() = '\n';
      expected.push_back(std::move(row));
    }
    EXPECT_TRUE(fields(text, delimiter) == expected) << "delimiter " << delimiter;
  }
}

/// Whatever the bytes, reading ends, and every byte that is no empty line belongs to exactly one record.
TEST_F(CsvReading, AnyBytesAreReadToTheEnd) {
  std::mt19937 random(8);
  const std::string alphabet("a1,\"\n\r ;\t\0\xE9\xC3", 12);
  for (int round = 0; round < 600; ++round) {
    std::string text;
    for (std::size_t i = random() % 40; i > 0; --i) text += alphabet[random() % alphabet.size()];
    std::string rest = text;
    std::int64_t line = 0;
    for (const Parsed& record : parse(text)) {
      EXPECT_GT(record.line, line);
      line = record.line;
      const std::size_t at = rest.find(record.bytes);
      ASSERT_NE(at, std::string::npos);
      EXPECT_EQ(rest.substr(0, at).find_first_not_of(" \t\r\n"), std::string::npos) << "skipped something";
      rest.erase(0, at + record.bytes.size());
    }
    EXPECT_EQ(rest.find_first_not_of(" \t\r\n"), std::string::npos);
  }
}

TEST(Utf8, WellFormedSequencesOnly) {
  for (const char* good : {"", "plain", "é", "日本", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
    EXPECT_TRUE(is_utf8(std::string("12345678") + good + "12345678"));
  }
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE6\x97", "\xF0\x9F\x98", "\xC3(", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
    EXPECT_FALSE(is_utf8(std::string("12345678") + bad + "12345678"));
  }
}

}  // namespace
}  // namespace tessera
