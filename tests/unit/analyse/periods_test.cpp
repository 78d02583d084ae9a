// SPDX-License-Identifier: Apache-2.0
#include "analyse/periods.hpp"

#include <gmock/gmock.h>

#include "core/dates.hpp"

namespace tessera {
namespace {

double day(int year, int month, int of_month) { return static_cast<double>(days_from_civil(year, month, of_month).value()); }

TEST(CalendarPeriods, AreMonthsQuartersOrYears) {
  const PeriodEdges months = calendar_periods(day(2023, 11, 15), day(2024, 2, 3), 40);
  EXPECT_THAT(months.labels, ::testing::ElementsAre("2023-11", "2023-12", "2024-01", "2024-02"));
  EXPECT_EQ(months.edges.front(), day(2023, 11, 1));
  EXPECT_EQ(months.edges.back(), day(2024, 2, 1));
  const PeriodEdges quarters = calendar_periods(day(2022, 5, 1), day(2024, 1, 1), 40);
  EXPECT_EQ(quarters.labels.front(), "2022 Q2");
  EXPECT_EQ(quarters.labels.back(), "2024 Q1");
  const PeriodEdges years = calendar_periods(day(1990, 5, 1), day(2024, 1, 1), 10);
  EXPECT_EQ(years.labels.size(), 10U);
  EXPECT_EQ(years.labels.front(), "2015");
  EXPECT_EQ(years.labels.back(), "2024");
}

TEST(CalendarPeriods, OfNothingAreNone) { EXPECT_TRUE(calendar_periods(NAN, NAN, 10).labels.empty()); }

}  // namespace
}  // namespace tessera
