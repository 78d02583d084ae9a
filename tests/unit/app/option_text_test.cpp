// SPDX-License-Identifier: Apache-2.0
#include "app/option_text.hpp"

#include <gtest/gtest.h>

#include "tessera/error.hpp"

namespace tessera {
namespace {

TEST(OptionText, TransformsComeBackAsWritten) {
  for (const char* text : {"auto", "none", "log1p:spend,visits*"}) {
    PrepareOptions options;
    parse_transform(text, options);
    EXPECT_EQ(transform_text(options), text);
  }
}

TEST(OptionText, WeightBlocksComeBackAsWritten) {
  for (const char* text : {"attitudes=0.5:q1,q2,q3", "a=b:c=0.25:x", "odd:name=2:x*"}) {
    EXPECT_EQ(weight_block_text(parse_weight_block(text)), text);
  }
  const WeightBlock block = parse_weight_block("a=b:c=0.25:x,y");
  EXPECT_EQ(block.name, "a=b:c");
  EXPECT_EQ(block.weight, 0.25);
  EXPECT_EQ(block.columns, (std::vector<std::string>{"x", "y"}));
}

TEST(OptionText, RangesComeBackAsWritten) {
  EXPECT_EQ(parse_range("2:15"), std::pair(2, 15));
  EXPECT_EQ(parse_range("5"), std::pair(5, 5));
  EXPECT_EQ(range_text(2, 15), "2:15");
}

TEST(OptionText, PoliciesForMissingCellsComeBackAsWritten) {
  for (const char* text : {"impute", "error", "drop-row", "em", "partial"})
    EXPECT_EQ(to_string(parse_missing(text).value()), text);
  EXPECT_EQ(parse_missing("drop_row"), std::nullopt);
}

TEST(OptionText, DatesAreWholeDays) {
  EXPECT_EQ(parse_date("1970-01-31"), 30.0);
  for (const char* text : {"1970-02-30", "1970-1-3", "1970-01-31 10:00", ""})
    EXPECT_THROW((void)parse_date(text), ConfigError) << text;
}

TEST(OptionText, RefusesWhatItDoesNotUnderstand) {
  for (const char* text : {"", "=0.5:a", "a=0.5", "a=0.5:", "a=0:b", "a=-1:b", "a=inf:b", "a=b:c"}) {
    EXPECT_THROW((void)parse_weight_block(text), ConfigError) << text;
  }
  for (const char* text : {"", "0:4", "4:2", "1:", ":4", "1:70000", "1:2:3"}) {
    EXPECT_THROW((void)parse_range(text), ConfigError) << text;
  }
  PrepareOptions options;
  for (const char* text : {"", "log", "log1p:", "log1p:,"}) EXPECT_THROW(parse_transform(text, options), ConfigError) << text;
  for (const char* text : {"", "0", "-3", "65536", "5 ", "automatic"})
    EXPECT_THROW((void)parse_segments(text), ConfigError) << text;
  EXPECT_EQ(parse_segments("auto"), std::nullopt);
  EXPECT_EQ(parse_segments("65535"), 65535);
}

}  // namespace
}  // namespace tessera
