// SPDX-License-Identifier: Apache-2.0
#include "core/date_format.hpp"

#include <gtest/gtest.h>

#include "core/dates.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

std::string read(const std::string& format, const std::string& text) {
  const auto days = DateFormat(format).read(text);
  return days ? format_iso_date(*days) : "";
}

TEST(DateFormat, ReadsWhatItSays) {
  EXPECT_EQ(read("%m/%d/%Y %H:%M", "12/1/2010 8:26"), "2010-12-01 08:26:00");
  EXPECT_EQ(read("%d.%m.%Y", "31.12.1999"), "1999-12-31");
  EXPECT_EQ(read("%d-%b-%y", "5-Mar-68"), "2068-03-05");
  EXPECT_EQ(read("%d-%b-%y", "5-MARCH-69"), "1969-03-05");
  EXPECT_EQ(read("%Y%m%d%H%M%S", "20260102030405"), "2026-01-02 03:04:05");
  EXPECT_EQ(read("%m/%d/%Y %I:%M %p", "1/2/2026 12:05 AM"), "2026-01-02 00:05:00");
  EXPECT_EQ(read("%m/%d/%Y %I:%M:%S%p", "1/2/2026 12:05:06pm"), "2026-01-02 12:05:06");
  EXPECT_EQ(read("%m/%d/%Y %I %p", "1/2/2026 11 PM"), "2026-01-02 23:00:00");
  EXPECT_EQ(read("week of %b %d %Y (100%%)", "week of May 3 2026 (100%)"), "2026-05-03");
}

TEST(DateFormat, ReadsNothingElse) {
  for (const char* text :
       {"", "13/1/2026", "2/30/2026", "1/2/26", "1/2/2026 8:00", "a1/2/2026", "1-2-2026", "1/2/", "/2/2026"}) {
    EXPECT_EQ(read("%m/%d/%Y", text), "") << text;
  }
  for (const char* text : {"1/2/2026 24:00", "1/2/2026 8:60", "1/2/2026 8"})
    EXPECT_EQ(read("%m/%d/%Y %H:%M", text), "") << text;
  for (const char* text : {"1/2/2026 0 AM", "1/2/2026 13 PM", "1/2/2026 5 XM"})
    EXPECT_EQ(read("%m/%d/%Y %I %p", text), "") << text;
}

TEST(DateFormat, RefusesFormatsThatAreNone) {
  for (const char* format : {"", "%Y", "%Y-%m", "%m/%d", "%Q/%m/%d/%Y", "%m/%d/%Y %", "%m/%d/%Y %I", "%m/%d/%Y %H %p"}) {
    EXPECT_THROW(DateFormat{format}, ConfigError) << format;
  }
}

TEST(GuessDateFormat, NamesBothWhereDayAndMonthCouldBeEither) {
  const DateGuess either = guess_date_format("12/1/2010 8:26");
  EXPECT_EQ(either.format, "%m/%d/%Y %H:%M");
  EXPECT_EQ(either.other, "%d/%m/%Y %H:%M");
  EXPECT_EQ(guess_date_format("12/31/2010").format, "%m/%d/%Y");
  EXPECT_EQ(guess_date_format("12/31/2010").other, "");
  EXPECT_EQ(guess_date_format("31.12.2010 10:20:30").format, "%d.%m.%Y %H:%M:%S");
  EXPECT_EQ(guess_date_format("5-Mar-2010").format, "%d-%b-%Y");
  EXPECT_EQ(guess_date_format("1/31/26 8:26 PM").format, "%m/%d/%y %I:%M %p");
  EXPECT_EQ(guess_date_format("2026/3/4").format, "%Y/%m/%d");
  for (const char* cell : {"", "yesterday", "40179", "2010-13-01"}) EXPECT_EQ(guess_date_format(cell).format, "") << cell;
}

}  // namespace
}  // namespace tessera
