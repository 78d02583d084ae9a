// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/edit_distance.hpp"
#include "tessera/error.hpp"
#include "tessera/schema.hpp"

namespace tessera {
namespace {

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("abc", "abc"), 0);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("abc", ""), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("income", "incmoe"), 1) << "neighbours swapped";
  EXPECT_EQ(edit_distance("ca", "abc"), 3) << "no byte may be edited twice";
}

TEST(EditDistance, IsSymmetric) {
  const std::vector<std::string> words = {"income", "incmoe", "age", "", "aeg", "outcome", "in"};
  for (const auto& one : words) {
    for (const auto& other : words) EXPECT_EQ(edit_distance(one, other), edit_distance(other, one)) << one << ' ' << other;
  }
}

TEST(NearestName, FindsWhatWasMeant) {
  const std::vector<std::string> columns = {"income", "outcome", "age", "Balance"};
  EXPECT_EQ(nearest_name("incone", columns), "income");
  EXPECT_EQ(nearest_name("INCOME", columns), "income");
  EXPECT_EQ(nearest_name("balanse", columns), "Balance");
  EXPECT_EQ(nearest_name("aeg", columns), "age");
  EXPECT_EQ(nearest_name("zipcode", columns), std::nullopt);
  EXPECT_EQ(nearest_name("x", columns), std::nullopt);
  EXPECT_EQ(nearest_name("", columns), std::nullopt);
  EXPECT_EQ(nearest_name("age", {}), std::nullopt);
}

TEST(NearestName, TiesGoToTheFirst) {
  const std::vector<std::string> columns = {"price_a", "price_b"};
  EXPECT_EQ(nearest_name("price_c", columns), "price_a");
}

TEST(Bytes, ParsesWhatPeopleWrite) {
  EXPECT_EQ(parse_bytes("4096"), 4096);
  EXPECT_EQ(parse_bytes("128M"), std::int64_t{128} << 20);
  EXPECT_EQ(parse_bytes("8G"), std::int64_t{8} << 30);
  EXPECT_EQ(parse_bytes("8g"), std::int64_t{8} << 30);
  EXPECT_EQ(parse_bytes("512MiB"), std::int64_t{512} << 20);
  EXPECT_EQ(parse_bytes(" 512 mib "), std::int64_t{512} << 20);
  EXPECT_EQ(parse_bytes("500MB"), 500'000'000);
  EXPECT_EQ(parse_bytes("1.5G"), std::int64_t{3} << 29);
  EXPECT_EQ(parse_bytes("2T"), std::int64_t{2} << 40);
  EXPECT_EQ(parse_bytes("100B"), 100);
}

TEST(Bytes, RefusesWhatIsNoAmount) {
  for (const char* text : {"", "M", "-1G", "0", "8X", "8GG", "1e9", "nan", "inf", "8 G B", "99999999999T", "0x10", "1,5G"}) {
    EXPECT_THROW((void)parse_bytes(text), ConfigError) << text;
  }
  try {
    (void)parse_bytes("lots");
    FAIL() << "no exception";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_FALSE(error.advice().empty());
  }
}

TEST(Bytes, FormatsThreeDigits) {
  EXPECT_EQ(format_bytes(0), "0 bytes");
  EXPECT_EQ(format_bytes(1), "1 byte");
  EXPECT_EQ(format_bytes(1023), "1023 bytes");
  EXPECT_EQ(format_bytes(1024), "1.00 KiB");
  EXPECT_EQ(format_bytes(1536), "1.50 KiB");
  EXPECT_EQ(format_bytes(std::int64_t{128} << 20), "128 MiB");
  EXPECT_EQ(format_bytes((std::int64_t{1} << 30) - 1), "1.00 GiB");
  EXPECT_EQ(format_bytes(std::int64_t{25} << 30), "25.0 GiB");
}

TEST(Bytes, OptionIsEnoughAndNotMuchMore) {
  for (const std::int64_t bytes : {std::int64_t{1}, std::int64_t{1025}, std::int64_t{12345678}, std::int64_t{987654321012}}) {
    const std::int64_t read = parse_bytes(bytes_option(bytes));
    EXPECT_GE(read, bytes);
    EXPECT_LE(read, bytes + bytes / 100 + 1024);
  }
  EXPECT_EQ(bytes_option(std::int64_t{128} << 20), "128M");
}

TEST(Schema, WordsRoundTrip) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(parse_kind(to_string(static_cast<Kind>(i))), static_cast<Kind>(i));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(parse_role(to_string(static_cast<Role>(i))), static_cast<Role>(i));
  EXPECT_EQ(to_string(DataType::text), "text");
  EXPECT_EQ(parse_kind("Nominal"), std::nullopt);
  EXPECT_EQ(parse_role(""), std::nullopt);
}

}  // namespace
}  // namespace tessera
