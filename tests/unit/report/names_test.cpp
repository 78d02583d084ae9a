// SPDX-License-Identifier: Apache-2.0
#include "report/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tessera/error.hpp"
#include "unit/report/made_summary.hpp"

namespace tessera {
namespace {

std::vector<std::string> names_in(const std::vector<SegmentName>& names) {
  std::vector<std::string> result;
  for (const SegmentName& entry : names) result.push_back(entry.name);
  return result;
}

TEST(Names, AreThoseOfTheSummaryAtFirst) {
  const std::vector<SegmentName> names = default_names(testing::made_summary());
  EXPECT_THAT(names_in(names), ::testing::ElementsAre("segment 0", "segment 1", "segment 2"));
  EXPECT_TRUE(default_names(nlohmann::json("no summary")).empty());
}

TEST(Names, ComeBackFromTheirFile) {
  std::vector<SegmentName> names = default_names(testing::made_summary());
  names[1].name = "The \"faithful\" <b>";
  const std::vector<SegmentName> read = parse_names(names_json(names), "names.json");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[1].name, "The \"faithful\" <b>");
  EXPECT_EQ(read[1].default_name, "segment 1");
}

TEST(Names, DamagedFilesSayWhatIsWrong) {
  EXPECT_THROW((void)parse_names("{", "names.json"), DataError);
  EXPECT_THROW((void)parse_names("[]", "names.json"), DataError);
  EXPECT_THROW((void)parse_names(R"({"format": "other"})", "names.json"), DataError);
  EXPECT_THROW((void)parse_names(R"({"format": "tessera-names", "segments": [{"segment": -1}]})", "names.json"), DataError);
  EXPECT_THROW((void)parse_names(R"({"format": "tessera-names", "segments": [{"segment": 0, "name": 7}]})", "names.json"),
               DataError);
  EXPECT_TRUE(parse_names(R"({"format": "tessera-names"})", "names.json").empty());
}

TEST(Names, ChangedOnesAreKeptForTheSameSegment) {
  const std::vector<SegmentName> earlier = {{0, "high income", "Champions"},
                                            {1, "low income", "low income"},
                                            {2, "average", "Middle"},
                                            {3, "average", "Other middle"}};
  // The same segments, in another order: only those move whose default name is the only one.
  const std::vector<SegmentName> fresh = {
      {0, "low income", "low income"}, {1, "high income", "high income"}, {2, "average", "average"}, {3, "young", "young"}};
  EXPECT_THAT(names_in(keep_changed_names(fresh, earlier)),
              ::testing::ElementsAre("low income", "Champions", "Middle", "young"));
  EXPECT_THAT(names_in(keep_changed_names(fresh, {})), ::testing::ElementsAre("low income", "high income", "average", "young"));
}

TEST(Names, AmbiguousOnesAreNotGuessed) {
  const std::vector<SegmentName> earlier = {{0, "average", "A"}, {1, "average", "B"}};
  const std::vector<SegmentName> fresh = {{2, "average", "average"}};
  EXPECT_THAT(names_in(keep_changed_names(fresh, earlier)), ::testing::ElementsAre("average"));
}

}  // namespace
}  // namespace tessera
