// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::HasSubstr;

class CrosstabTest : public CliTest {
 protected:
  void write_table() const {
    std::string text = "id,type,region,product,year,spend,visits\n";
    for (int i = 0; i < 600; ++i) {
      const int year = 2021 + i % 3;
      text += std::to_string(1000 + i) + (i % 5 < 2 ? ",A" : ",B") + (i % 7 < 3 ? ",north" : ",south") +
              (i * 31 % 10 < 2 * (year - 2020) ? ",new," : ",old,") + std::to_string(year) + "," +
              std::to_string(i * 17 % 100) + "," + std::to_string(i * 13 % 41) + "\n";
    }
    write_text("t.csv", text);
  }
  [[nodiscard]] Arguments analyse(const Arguments& more) const {
    Arguments arguments = {"analyse", path("t.csv"), "--by", "type", "--id", "id", "--kpi", "spend", "-o", path("run")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST_F(CrosstabTest, PairsAndPeriodsHaveTheirTables) {
  write_table();
  (void)expect_exit(0, analyse({"--crosstab", "region*product", "--period", "year"}));
  const nlohmann::json analysis = read_json(file("run") / "summary.json")["analysis"];
  const nlohmann::json& pair = analysis["crosstabs"].back();
  EXPECT_EQ(pair["row_column"], "region");
  EXPECT_EQ(pair["column_column"], "product");
  EXPECT_EQ(pair["total"]["n"], 600);
  EXPECT_THAT(read_text(file("run") / pair["file"].get<std::string>()), HasSubstr("\n(all),(all),600,600,"));
  ASSERT_EQ(analysis["period_crosstabs"].size(), 3U);  // the pair, then region and product in every segment
  for (const nlohmann::json& table : analysis["period_crosstabs"]) {
    ASSERT_EQ(table["periods"].size(), 3U);
    for (const nlohmann::json& period : table["periods"]) EXPECT_EQ(period["n"].back().back(), 200);
    const std::string csv = read_text(file("run") / table["file"].get<std::string>());
    EXPECT_THAT(csv, HasSubstr("period,row,column,n,weight,"));
    EXPECT_THAT(csv, HasSubstr("\n2023,(all),(all),200,200,"));
  }
  EXPECT_THAT(read_text(file("run") / "report.md"), HasSubstr("product from 2021 to 2023: shares that change most"));
}

TEST_F(CrosstabTest, WrongNamesEndBeforeAnythingIsDone) {
  write_table();
  const CommandResult typo = expect_exit(78, analyse({"--crosstab", "regoin*product"}));
  EXPECT_THAT(typo.err, HasSubstr("there is no column 'regoin'"));
  EXPECT_THAT(typo.err, HasSubstr("did you mean 'region'?"));
  EXPECT_THAT(expect_exit(78, analyse({"--crosstab", "region"})).err, HasSubstr("region*product"));
  const CommandResult late = expect_exit(78, {"segment", path("t.csv"), "-o", path("found"), "--period", "yaer"});
  EXPECT_THAT(late.err, HasSubstr("did you mean 'year'?"));
  EXPECT_EQ(late.err.find("fit:"), std::string::npos);
}

}  // namespace
}  // namespace tessera::testing
