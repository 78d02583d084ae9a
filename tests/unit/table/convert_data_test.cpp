// SPDX-License-Identifier: Apache-2.0
// Real tables, opened as text. The facts are those that the publishers of the data state (or that follow from the files alone).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "support/shared_data.hpp"
#include "support/table_cells.hpp"
#include "support/temporary_folder.hpp"
#include "table/convert.hpp"
#include "tessera/table.hpp"

namespace tessera {
namespace {

class RealTable : public ::testing::Test {
 protected:
  /// False if the file is not here; the caller then skips.
  bool convert(const std::string& name) {
    ConvertOptions options;
    options.input = testing::data_folder() / name;
    if (!std::filesystem::exists(options.input)) return false;
    options.output = folder_.path() / "out.h5";
    options.overwrite = true;
    SilentObserver observer;
    const CancelToken cancel;
    ThreadPool threads(1);
    report_ = convert_delimited(options, {observer, cancel, threads});
    table_ = open_table(options.output);
    EXPECT_EQ(report_.rows_in, report_.rows_kept + report_.rows_rejected);
    EXPECT_EQ(report_.rows_rejected, 0);
    EXPECT_EQ(table_->info().rows, report_.rows_kept);
    EXPECT_EQ(table_->info().columns.size(), report_.columns.size());
    return true;
  }
  std::vector<double> numbers(const std::string& name) { return testing::read_column(*table_, index_of(name)).numbers; }
  double mean(const std::string& name) {
    double sum = 0.0;
    std::int64_t count = 0;
    for (const double value : numbers(name)) {
      if (std::isnan(value)) continue;
      sum += value;
      ++count;
    }
    return sum / static_cast<double>(count);
  }
  std::map<std::string, std::int64_t> levels(const std::string& name) {
    std::map<std::string, std::int64_t> counts;
    for (const std::string& level : testing::read_column(*table_, index_of(name)).text) ++counts[level];
    return counts;
  }
  int index_of(const std::string& name) {
    for (std::size_t j = 0; j < report_.columns.size(); ++j) {
      if (report_.columns[j].name == name) return static_cast<int>(j);
    }
    ADD_FAILURE() << "no column " << name;
    return 0;
  }
  const ConvertedColumn& column(const std::string& name) { return report_.columns[static_cast<std::size_t>(index_of(name))]; }

  testing::TemporaryFolder folder_;
  ConvertReport report_;
  std::unique_ptr<Table> table_;
};

#define NEED_TABLE(name) \
  if (!convert(name)) GTEST_SKIP() << (testing::data_folder() / (name)).string() << " is not here"

TEST_F(RealTable, BundledCustomers) {
  const std::filesystem::path bundled = std::filesystem::path(TESSERA_SOURCE_DIR) / "datasets";
  ASSERT_TRUE(convert(bundled / "customers.csv"));
  EXPECT_EQ(report_.rows_kept, 500);
  EXPECT_EQ(column("id").type, DataType::text);
  EXPECT_EQ(column("average_order_value").type, DataType::float64);
  EXPECT_GT(column("satisfaction").missing, 0);
  EXPECT_EQ(levels("churned").size(), 2U);
  EXPECT_LE(std::filesystem::file_size(bundled / "customers.csv"), 65'536U);
}

TEST(BundledData, IsWhatItsScriptWrites) {
  if (std::system("python3 -c pass >/dev/null 2>&1") != 0) GTEST_SKIP() << "no python3";
  const std::string folder = (std::filesystem::path(TESSERA_SOURCE_DIR) / "datasets").string();
  EXPECT_EQ(std::system(("python3 '" + folder + "/make_customers.py' | cmp - '" + folder + "/customers.csv'").c_str()), 0);
}

TEST_F(RealTable, OnlineRetail) {
  NEED_TABLE("online_retail/online_retail.csv.gz");
  EXPECT_EQ(report_.rows_kept, 541'909);
  EXPECT_EQ(column("CustomerID").missing, 135'080);
  EXPECT_EQ(column("InvoiceNo").type, DataType::text);
  EXPECT_TRUE(column("InvoiceDate").date);
  EXPECT_EQ(levels("Country").size(), 38U);
  EXPECT_EQ(levels("Country")["United Kingdom"], 495'478);
  EXPECT_EQ(levels("StockCode").size(), 4'070U);
  const auto quantity = numbers("Quantity");
  const auto price = numbers("UnitPrice");
  EXPECT_NEAR(std::inner_product(quantity.begin(), quantity.end(), price.begin(), 0.0), 9'747'747.93, 0.005);
  EXPECT_EQ(std::count_if(quantity.begin(), quantity.end(), [](double q) { return q < 0; }), 10'624);
  EXPECT_EQ(std::count_if(price.begin(), price.end(), [](double p) { return p <= 0; }), 2'517);
  const auto date = numbers("InvoiceDate");
  EXPECT_EQ(*std::min_element(date.begin(), date.end()), 14944.0 + (8 * 60 + 26) / 1440.0);
}

TEST_F(RealTable, CreditCards) {
  NEED_TABLE("cc_general/cc_general.csv");
  EXPECT_EQ(report_.rows_kept, 8'950);
  EXPECT_EQ(report_.columns.size(), 18U);
  for (const ConvertedColumn& each : report_.columns) {
    EXPECT_EQ(each.missing, each.name == "MINIMUM_PAYMENTS" ? 313 : each.name == "CREDIT_LIMIT" ? 1 : 0) << each.name;
  }
  EXPECT_NEAR(mean("BALANCE"), 1564.474828, 5e-7);
  EXPECT_NEAR(mean("PURCHASES"), 1003.204834, 5e-7);
  EXPECT_NEAR(mean("CREDIT_LIMIT"), 4494.449450, 5e-7);
  EXPECT_NEAR(mean("MINIMUM_PAYMENTS"), 864.206542, 5e-7);
  EXPECT_NEAR(mean("TENURE"), 11.517318, 5e-7);
}

TEST_F(RealTable, MallCustomers) {
  NEED_TABLE("mall_customers/mall_customers.csv");
  EXPECT_EQ(report_.rows_kept, 200);
  EXPECT_EQ(levels("Gender"), (std::map<std::string, std::int64_t>{{"Female", 112}, {"Male", 88}}));
  EXPECT_DOUBLE_EQ(mean("Age"), 38.85);
  EXPECT_DOUBLE_EQ(mean("Annual Income (k$)"), 60.56);
  EXPECT_EQ(column("Age").type, DataType::int8);
}

TEST_F(RealTable, Wholesale) {
  NEED_TABLE("wholesale_customers/wholesale_customers.csv");
  EXPECT_EQ(report_.rows_kept, 440);
  EXPECT_NEAR(mean("Fresh"), 12000.2977, 5e-5);
  EXPECT_NEAR(mean("Delicassen"), 1524.8705, 5e-5);
}

TEST_F(RealTable, MarketingCampaign) {
  NEED_TABLE("marketing_campaign/marketing_campaign.csv");
  EXPECT_EQ(report_.rows_kept, 2'240);
  EXPECT_EQ(column("Income").missing, 24);
  EXPECT_NEAR(mean("Income"), 52247.2514, 5e-5);
  EXPECT_NEAR(mean("MntWines"), 303.9357, 5e-5);
  EXPECT_EQ(levels("Education")["Graduation"], 1127);
  EXPECT_TRUE(column("Dt_Customer").date);
  EXPECT_EQ(column("Dt_Customer").type, DataType::int32);
}

TEST_F(RealTable, TelcoChurn) {
  NEED_TABLE("telco_churn/telco_churn.csv");
  EXPECT_EQ(report_.rows_kept, 7'043);
  EXPECT_EQ(column("TotalCharges").missing, 11);
  EXPECT_EQ(column("TotalCharges").type, DataType::float64);
  EXPECT_NEAR(mean("tenure"), 32.3711, 5e-5);
  EXPECT_NEAR(mean("MonthlyCharges"), 64.7617, 5e-5);
  EXPECT_EQ(levels("Churn"), (std::map<std::string, std::int64_t>{{"No", 5'174}, {"Yes", 1'869}}));
}

TEST_F(RealTable, BankChurners) {
  NEED_TABLE("bank_churners/bank_churners.csv.gz");
  EXPECT_EQ(report_.rows_kept, 10'127);
  EXPECT_EQ(report_.columns.size(), 23U);
  EXPECT_EQ(levels("Attrition_Flag")["Attrited Customer"], 1'627);
  for (const ConvertedColumn& each : report_.columns) EXPECT_EQ(each.missing, 0) << each.name;
}

TEST_F(RealTable, McDonalds) {
  NEED_TABLE("mcdonalds/mcdonalds.csv");
  EXPECT_EQ(report_.rows_kept, 1'453);
  EXPECT_EQ(levels("Gender"), (std::map<std::string, std::int64_t>{{"Female", 788}, {"Male", 665}}));
  EXPECT_EQ(levels("Like")["I hate it!-5"], 152);
  EXPECT_EQ(column("yummy").type, DataType::text);
}

TEST_F(RealTable, Questionnaires) {
  NEED_TABLE("bfi/bfi.csv");
  EXPECT_EQ(report_.rows_kept, 2'800);
  EXPECT_EQ(column("N4").missing, 36);
  EXPECT_EQ(column("education").missing, 223);
  EXPECT_EQ(column("O2").missing, 0);
  ASSERT_TRUE(convert("ecsi_satisfaction/mobile_provider.csv"));
  EXPECT_NEAR(mean("CUSA1"), 7.988, 5e-4);
  ASSERT_TRUE(convert("ecsi_satisfaction/bank.csv"));
  EXPECT_EQ(report_.rows_kept, 250);
}

TEST_F(RealTable, PisaReading) {
  NEED_TABLE("pisa_reading/pisa_reading_items.csv.gz");
  EXPECT_EQ(report_.rows_kept, 66'690);
  std::int64_t missing = 0;
  for (const ConvertedColumn& each : report_.columns) missing += each.missing;
  EXPECT_EQ(missing, 124'687);
  EXPECT_EQ(levels("CNT")["Mexico"], 38'250);
  EXPECT_EQ(levels("ST24Q01")["Disagree"], 23'515);
  EXPECT_EQ(levels("ST24Q01")[""], 1'199);
}

TEST_F(RealTable, SkinSegmentation) {
  NEED_TABLE("skin_segmentation/skin_segmentation.csv.gz");
  EXPECT_EQ(report_.rows_kept, 245'057);
  EXPECT_NEAR(mean("B"), 125.0654, 5e-5);
  EXPECT_NEAR(mean("G"), 132.5073, 5e-5);
  EXPECT_NEAR(mean("R"), 123.1772, 5e-5);
}

TEST_F(RealTable, ClusteringTruth) {
  NEED_TABLE("clustering_truth/s1.csv");
  EXPECT_EQ(report_.rows_kept, 5'000);
  const std::map<std::string, std::int64_t> rows = {{"s2.csv", 5000},
                                                    {"a1.csv", 3000},
                                                    {"a3.csv", 7500},
                                                    {"r15.csv", 600},
                                                    {"iris.csv", 150},
                                                    {"hepta.csv", 212},
                                                    {"g2mg_64_60.csv.gz", 2048},
                                                    {"wdbc.csv", 569}};
  for (const auto& [name, count] : rows) {
    ASSERT_TRUE(convert("clustering_truth/" + name)) << name;
    EXPECT_EQ(report_.rows_kept, count) << name;
    EXPECT_TRUE(report_.header) << name;
  }
}

}  // namespace
}  // namespace tessera
