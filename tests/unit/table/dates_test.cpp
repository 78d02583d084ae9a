// SPDX-License-Identifier: Apache-2.0
#include "core/dates.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace tessera {
namespace {

// Oracle: python3 -c "import datetime as d; print((d.date(2013,9,4)-d.date(1970,1,1)).days)" and the like.
TEST(Dates, KnownDays) {
  EXPECT_EQ(parse_iso_date("1970-01-01"), 0.0);
  EXPECT_EQ(parse_iso_date("1969-12-31"), -1.0);
  EXPECT_EQ(parse_iso_date("2013-09-04"), 15952.0);
  EXPECT_EQ(parse_iso_date("2000-02-29"), 11016.0);
  EXPECT_EQ(parse_iso_date("0001-01-01"), -719162.0);
  EXPECT_EQ(parse_iso_date("9999-12-31"), 2932896.0);
}

TEST(Dates, EveryDayFollowsTheOneBefore) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t expected = -719528;
  for (int year = 0; year <= 9999; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    for (int month = 1; month <= 12; ++month) {
      const int days = kDays[month - 1] + (month == 2 && leap ? 1 : 0);
      for (int day = 1; day <= days; ++day) ASSERT_EQ(days_from_civil(year, month, day), expected++);
      ASSERT_FALSE(days_from_civil(year, month, days + 1));
    }
  }
}

TEST(Dates, TimesAreFractionsOfADay) {
  EXPECT_EQ(parse_iso_date("1970-01-01 12:00"), 0.5);
  EXPECT_EQ(parse_iso_date("1970-01-01T06:00:00"), 0.25);
  EXPECT_EQ(parse_iso_date("1970-01-02T18:00:00Z"), 1.75);
  EXPECT_EQ(parse_iso_date("1970-01-01T00:00:00.5+00:00"), 0.5 / 86400.0);
  EXPECT_EQ(parse_iso_date("2010-12-01 08:26:00"), 14944.0 + 30360.0 / 86400.0);
}

TEST(Dates, AnythingElseIsNoDate) {
  for (const char* text : {"",
                           "2013",
                           "2013-9-4",
                           "2013-13-01",
                           "2013-02-29",
                           "2013-00-10",
                           "2013-01-00",
                           "20130904",
                           "04/09/2013",
                           "2013-09-04 ",
                           "2013-09-04x",
                           "2013-09-04 24:00",
                           "2013-09-04 10",
                           "2013-09-04 10:60",
                           "2013-09-04 10:20:60",
                           "2013-09-04 10:20:30.",
                           "2013-09-04T10:20+02:00",
                           "2013-09-04 10:20 pm",
                           "-2013-09-04",
                           "+013-09-04",
                           "12013-09-04"}) {
    EXPECT_FALSE(parse_iso_date(text)) << text;
  }
}

TEST(Dates, FormatIsTheInverse) {
  for (std::int64_t day = -719528; day < 2932897; day += 97) {
    const auto days = static_cast<double>(day);
    ASSERT_EQ(parse_iso_date(format_iso_date(days)), days);
    const double time = days + static_cast<double>((day + 719528) % 86400) / 86400.0;
    ASSERT_EQ(format_iso_date(parse_iso_date(format_iso_date(time)).value()), format_iso_date(time));
  }
  EXPECT_EQ(format_iso_date(15952.0), "2013-09-04");
  EXPECT_EQ(format_iso_date(14944.0 + 30360.0 / 86400.0), "2010-12-01 08:26:00");
  EXPECT_EQ(format_iso_date(0.9999999999), "1970-01-02");
  EXPECT_EQ(format_iso_date(1e9), "1000000000");
  EXPECT_EQ(format_iso_date(-1e300), "-1e+300");
  EXPECT_EQ(format_iso_date(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(format_iso_date(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(format_iso_date(2932896.9999999), "2932896.9999999");  // the first second of the year 10000
}

}  // namespace
}  // namespace tessera
