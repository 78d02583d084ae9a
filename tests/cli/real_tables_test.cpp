// SPDX-License-Identifier: Apache-2.0
// Real tables of customers from CSV to summary with no option at all.
#include <gmock/gmock.h>

#include <cstdlib>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

struct RealTable {
  const char* file;
  std::int64_t rows;
};

void PrintTo(const RealTable& table, std::ostream* stream) { *stream << table.file; }

std::filesystem::path data_folder() {
  if (const char* folder = std::getenv("TESSERA_DATA")) return folder;
  return std::filesystem::path(TESSERA_SOURCE_DIR) / ".." / "shared" / "data";
}

class RealTableTest : public CliTest, public ::testing::WithParamInterface<RealTable> {};

TEST_P(RealTableTest, RunsWithDefaultsAndScoresItselfAlike) {
  const std::filesystem::path table = data_folder() / GetParam().file;
  if (!std::filesystem::exists(table)) GTEST_SKIP() << "no " << table << ": set TESSERA_DATA";
  const CommandResult result = expect_exit(0, {"segment", table, "-o", path("run"), "--csv", "--json"});
  const auto summary = nlohmann::json::parse(result.out);
  EXPECT_EQ(summary["rows"], GetParam().rows);
  EXPECT_EQ(summary["rows_rejected"], 0);
  EXPECT_FALSE(summary["k_selection"]["verdict"].get<std::string>().empty());
  EXPECT_EQ(summary["k_selection"]["criteria"].size(), 10U);
  std::int64_t assigned = 0;
  for (const auto& segment : summary["segments"]) {
    EXPECT_GT(segment["size"], 0);
    assigned += segment["size"].get<std::int64_t>();
  }
  EXPECT_EQ(assigned, GetParam().rows);
  (void)expect_exit(0, {"score", path("run/model.h5"), table, "-o", path("out.h5"), "--quiet"});
  EXPECT_EQ(read_text(file("out.h5")), read_text(file("run/assignments.h5")));
  EXPECT_EQ(nlohmann::json::parse(expect_exit(0, {"inspect", table, "--json"}).out)["rows"], GetParam().rows);
}

/// `rows`: those with missing cells in a feature.
class RealGapsTest : public CliTest, public ::testing::WithParamInterface<RealTable> {};

TEST_P(RealGapsTest, LeftOutTheyGiveTheSameBitsEverywhere) {
  const std::filesystem::path table = data_folder() / GetParam().file;
  if (!std::filesystem::exists(table)) GTEST_SKIP() << "no " << table << ": set TESSERA_DATA";
  const auto segment = [&](Arguments more) {
    more.insert(more.begin(),
                {"segment", table, "-o", path("run"), "--force", "--no-analysis", "--missing", "partial", "-k", "4"});
    (void)expect_exit(0, more);
    return read_text(file("run/assignments.h5"));
  };
  const std::string plain = segment({"--threads", "1", "--cpu-level", "eigen"});
  EXPECT_EQ(read_json(file("run/summary.json"))["rows_incomplete"], GetParam().rows);
  EXPECT_EQ(segment({"--threads", "3", "--chunk-rows", "4096"}), plain);
  (void)expect_exit(0, {"score", path("run/model.h5"), table, "-o", path("out.h5"), "--quiet"});
  EXPECT_EQ(read_text(file("out.h5")), plain);
}

INSTANTIATE_TEST_SUITE_P(Tables, RealGapsTest,
                         ::testing::Values(RealTable{"cc_general/cc_general.csv", 314},
                                           RealTable{"marketing_campaign/marketing_campaign.csv", 24},
                                           RealTable{"telco_churn/telco_churn.csv", 11}, RealTable{"bfi/bfi.csv", 564}));

INSTANTIATE_TEST_SUITE_P(Tables, RealTableTest,
                         ::testing::Values(RealTable{"cc_general/cc_general.csv", 8950},
                                           RealTable{"marketing_campaign/marketing_campaign.csv", 2240},
                                           RealTable{"telco_churn/telco_churn.csv", 7043},
                                           RealTable{"bank_churners/bank_churners.csv.gz", 10127},
                                           RealTable{"mcdonalds/mcdonalds.csv", 1453},
                                           RealTable{"skin_segmentation/skin_segmentation.csv.gz", 245057},
                                           RealTable{"mall_customers/mall_customers.csv", 200},
                                           RealTable{"wholesale_customers/wholesale_customers.csv", 440}));

}  // namespace
}  // namespace tessera::testing
