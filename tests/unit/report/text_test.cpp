// SPDX-License-Identifier: Apache-2.0
#include "report/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "report/csv_text.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(text::number(82000), "82,000");
  EXPECT_EQ(text::number(81973.4), "81,970");
  EXPECT_EQ(text::number(1234567.8), "1,235,000");
  EXPECT_EQ(text::number(-1234.5), "-1,234");  // half to even, as everywhere
  EXPECT_EQ(text::number(999.7), "999.7");
  EXPECT_EQ(text::number(12.345), "12.3");
  EXPECT_EQ(text::number(0.00123456), "0.00123");
  EXPECT_EQ(text::number(2.0), "2");
  EXPECT_EQ(text::number(0.1 + 0.2), "0.3");
  EXPECT_EQ(text::number(1.23e-9), "1.23e-09");
  EXPECT_EQ(text::number(1e30), "1.00e+30");
  EXPECT_EQ(text::number(0.0), "0");
  EXPECT_EQ(text::number(kNan), "-");
  EXPECT_EQ(text::number(-std::numeric_limits<double>::infinity()), "-infinity");
  EXPECT_EQ(text::count(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(text::count(999), "999");
  EXPECT_EQ(text::count(-1000), "-1,000");
}

TEST(Text, CloseNumbersStayDifferent) {
  const int digits = text::telling_digits(1000001.25, 1000003.75);
  EXPECT_NE(text::number(1000001.25, digits), text::number(1000003.75, digits));
  EXPECT_EQ(text::telling_digits(5, 5), 3);
  EXPECT_EQ(text::telling_digits(kNan, 5), 3);
  EXPECT_EQ(text::telling_digits(0, 0), 3);
  EXPECT_EQ(text::telling_digits(82000, 52000), 3);
}

TEST(Text, SharesForPeople) {
  EXPECT_EQ(text::percent(0.0), "0%");
  EXPECT_EQ(text::percent(0.00001), "<0.01%");
  EXPECT_EQ(text::percent(0.00123), "0.12%");
  EXPECT_EQ(text::percent(0.0526), "5.3%");
  EXPECT_EQ(text::percent(0.0999), "10%");
  EXPECT_EQ(text::percent(0.5), "50%");
  EXPECT_EQ(text::percent(0.996), "99.60%");
  EXPECT_EQ(text::percent(0.99999), ">99.99%");
  EXPECT_EQ(text::percent(1.0), "100%");
  EXPECT_EQ(text::percent(kNan), "-");
}

TEST(Text, Durations) {
  EXPECT_EQ(text::duration(12.4), "12 ms");
  EXPECT_EQ(text::duration(12345), "12.3 s");
  EXPECT_EQ(text::duration(250000), "4 min 10 s");
  EXPECT_EQ(text::duration(7.5e6), "2 h 5 min");
  EXPECT_EQ(text::duration(kNan), "-");
}

TEST(Text, NothingFromAFileCanSteerTheTerminal) {
  EXPECT_EQ(text::printable("a\x1b[31mb"), "a<1B>[31mb");
  EXPECT_EQ(text::printable("a\nb\tc"), "a b c");
  EXPECT_EQ(text::printable("\xE2\x80\xAE"
                            "abc"),
            "<202E>abc");  // right-to-left override
  EXPECT_EQ(text::printable("\xC2\x9B"
                            "1m"),
            "<9B>1m");  // C1 control sequence introducer
  EXPECT_EQ(text::printable("\xFF\xC3"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(text::printable("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(text::printable("Größe 大"), "Größe 大");
}

TEST(Text, Widths) {
  EXPECT_EQ(text::display_width("Größe"), 5);
  EXPECT_EQ(text::display_width("大小"), 4);
  EXPECT_EQ(text::display_width("e\xCC\x81"), 1);  // e and a combining accent
  EXPECT_EQ(text::shorten("abcdef", 4), "abc…");
  EXPECT_EQ(text::shorten("大小大小", 4), "大…");
  EXPECT_EQ(text::shorten("abc", 3), "abc");
  EXPECT_EQ(text::pad_left("7", 3), "  7");
  EXPECT_EQ(text::pad_right("ö", 3), "ö  ");
  EXPECT_THAT(text::wrap("one two  three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(text::wrap("incomprehensible x", 5), ElementsAre("incomprehensible", "x"));
  EXPECT_THAT(text::wrap("", 5), ElementsAre(""));
  EXPECT_EQ(text::plural(1, "row"), "1 row");
  EXPECT_EQ(text::plural(1200, "row"), "1,200 rows");
}

std::string csv(std::string_view cell) {
  std::string out;
  append_csv_text(out, cell);
  return out;
}

TEST(CsvText, QuotesWhatHasTo) {
  EXPECT_EQ(csv("plain"), "plain");
  EXPECT_EQ(csv("a,b"), "\"a,b\"");
  EXPECT_EQ(csv("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv(""), "");
  EXPECT_EQ(csv("Größe"), "Größe");
}

TEST(CsvText, FormulasAreDisarmed) {
  EXPECT_EQ(csv("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
  EXPECT_EQ(csv("+1"), "'+1");
  EXPECT_EQ(csv("-1"), "'-1");
  EXPECT_EQ(csv("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(csv("\t=1"), "'\t=1");
  EXPECT_EQ(csv("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(csv("a=b"), "a=b");
}

TEST(CsvText, NumbersReadBackExactly) {
  for (const double value : {0.1, -1.0 / 3.0, 1e300, 5e-324, 123456789.0, -0.0}) {
    std::string cell;
    append_csv_number(cell, value);
    double back = 0.0;
    std::from_chars(cell.data(), cell.data() + cell.size(), back);
    EXPECT_EQ(back, value) << cell;
  }
  std::string cell;
  append_csv_number(cell, 0.1F);
  EXPECT_EQ(cell, "0.1");
  cell.clear();
  append_csv_number(cell, kNan);
  append_csv_number(cell, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(cell, "");
  append_csv_number(cell, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(cell, "18446744073709551615");
}

}  // namespace
}  // namespace tessera
