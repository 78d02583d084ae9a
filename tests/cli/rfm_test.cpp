// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "cli/cli_test.hpp"
#include "support/shared_data.hpp"

namespace tessera::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHeader = "who,when,quantity,price,bill\n";

class RfmTest : public CliTest {
 protected:
  [[nodiscard]] Arguments command(const std::string& table, const std::string& output, const Arguments& more = {}) const {
    Arguments arguments = {"rfm",  path(table), "--customer",     "who", "--time",
                           "when", "--amount",  "quantity*price", "-o",  path(output)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] nlohmann::json rfm(const std::string& table, const std::string& output, Arguments more = {}) const {
    more.emplace_back("--json");
    return nlohmann::json::parse(expect_exit(0, command(table, output, more)).out);
  }
  [[nodiscard]] std::vector<std::string> lines(const std::string& name) const {
    std::vector<std::string> found;
    std::istringstream stream(read_text(file(name)));
    for (std::string line; std::getline(stream, line);) found.push_back(line);
    return found;
  }
  void write_small() const {
    write_text("t.csv", kHeader +
                            "bo,2026-01-05 10:00,2,2.55,A\n"
                            "bo,2026-01-05 10:00,1,0.10,A\n"
                            "al,2026-01-01,3,1.00,B\n"
                            "bo,2026-01-25,1,10,C\n"
                            "bo,2026-01-26,-1,10,C\n"
                            ",2026-01-26,1,1,D\n"
                            "al,,1,1,E\n"
                            "al,2026-01-02,,1,F\n"
                            "cy,2026-01-31,1,0,G\n");
  }
};

TEST_F(RfmTest, OneRowPerCustomerWithEveryTransactionAccountedFor) {
  write_small();
  const nlohmann::json json = rfm("t.csv", "c.h5", {"--csv", "--invoice", "bill"});
  EXPECT_THAT(names(), ElementsAre("c.csv", "c.h5", "t.csv"));
  EXPECT_THAT(lines("c.csv"),
              ElementsAre("customer_id,recency_days,frequency,monetary,tenure_days,average_order_value,mean_gap_days,returned,"
                          "return_rows,first_purchase,last_purchase,r_score,f_score,m_score,rfm_cell,stage",
                          "al,31,1,3,31,3,,0,0,2026-01-01,2026-01-01,1,2,3,123,active",
                          "bo,7,2,5.2,27,7.6,20,10,1,2026-01-05,2026-01-25,3,5,5,355,loyal",
                          "cy,1,1,0,1,0,,0,0,2026-01-31,2026-01-31,5,2,1,521,new"));
  const std::map<std::string, std::int64_t> wanted = {{"rows", 9},
                                                      {"rows_used", 6},
                                                      {"rows_filtered", 0},
                                                      {"rows_without_time", 1},
                                                      {"rows_without_amount", 1},
                                                      {"rows_after_as_of", 0},
                                                      {"rows_without_customer", 1},
                                                      {"rows_zero", 1},
                                                      {"rows_returned", 1},
                                                      {"customers", 3},
                                                      {"orders", 4}};
  for (const auto& [key, value] : wanted) EXPECT_EQ(json[key], value) << key;
  EXPECT_EQ(json["revenue"], 8.2);
  EXPECT_EQ(json["returned"], 10.0);
  EXPECT_EQ(json["as_of"], "2026-02-01");
  EXPECT_EQ(json["typical_gap_days"], 20.0);
}

TEST_F(RfmTest, LooksBackFromTheDayAskedFor) {
  write_small();
  const nlohmann::json json = rfm("t.csv", "c.h5", {"--csv", "--as-of", "2026-01-25", "--gap", "3"});
  EXPECT_EQ(json["rows_after_as_of"], 3);
  EXPECT_EQ(json["typical_gap_days"], 3.0);
  EXPECT_THAT(lines("c.csv")[2], HasSubstr("bo,0,2,15.2,20,7.6,20,0,0,2026-01-05,2026-01-25"));
}

/// Many customers, several rows a bill; shuffled by `seed` unless it is 0.
std::string transactions(std::uint64_t seed) {
  std::mt19937_64 random(17);
  std::vector<std::string> rows;
  for (int bill = 0; bill < 4000; ++bill) {
    const auto customer = random() % 900;
    const auto day = 1 + random() % 28;
    for (std::uint64_t line = 1 + random() % 4; line > 0; --line) {
      rows.push_back(fmt::format("{},2026-{:02}-{:02} 12:{:02},{},{}.{:02},b{}\n", customer, 1 + customer % 12, day,
                                 random() % 2, static_cast<int>(random() % 12) - 2, random() % 100, random() % 100, bill));
    }
  }
  if (seed != 0) std::shuffle(rows.begin(), rows.end(), std::mt19937_64(seed));
  std::string text = kHeader;
  for (const std::string& row : rows) text += row;
  return text;
}

TEST_F(RfmTest, TheOrderOfRowsAndThreadsChangeNoByte) {
  write_text("a.csv", transactions(0));
  write_text("b.csv", transactions(1));
  const nlohmann::json one = rfm("a.csv", "a.h5", {"--invoice", "bill"});
  const nlohmann::json other = rfm("b.csv", "b.h5", {"--invoice", "bill", "--threads", "1"});
  EXPECT_EQ(read_text(file("a.h5")), read_text(file("b.h5")));
  EXPECT_EQ(one["revenue"], other["revenue"]);
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

TEST_F(RfmTest, EqualsAPlainCount) {
  write_text("a.csv", transactions(0));
  (void)rfm("a.csv", "c.h5", {"--csv", "--where", "quantity > 0", "--invoice", "bill"});
  struct Customer {
    std::set<std::string> bills;
    std::string last;
    std::int64_t cents = 0;
  };
  std::map<std::int64_t, Customer> naive;
  const std::vector<std::string> rows = lines("a.csv");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::vector<std::string> cells = cells_of(rows[i]);
    const std::int64_t quantity = std::stoll(cells[2]);
    if (quantity <= 0) continue;
    Customer& customer = naive[std::stoll(cells[0])];
    customer.bills.insert(cells[4]);
    customer.cents += quantity * std::llround(std::stod(cells[3]) * 100.0);
    customer.last = std::max(customer.last, cells[1].substr(0, 10));
  }
  const std::vector<std::string> found = lines("c.csv");
  ASSERT_EQ(found.size(), naive.size() + 1);
  std::size_t line = 1;
  for (const auto& [id, customer] : naive) {
    const std::vector<std::string> cells = cells_of(found[line++]);
    EXPECT_EQ(cells[0], std::to_string(id));
    EXPECT_EQ(cells[2], std::to_string(customer.bills.size()));
    EXPECT_EQ(std::stod(cells[3]), static_cast<double>(customer.cents) / 100.0) << "to the last bit";
    EXPECT_EQ(cells[10], customer.last);
  }
}

TEST_F(RfmTest, ItsOutputIsSegmentedAtOnce) {
  write_text("a.csv", transactions(0));
  (void)rfm("a.csv", "c.h5", {"--where", "quantity > 0"});
  const nlohmann::json summary =
      nlohmann::json::parse(expect_exit(0, {"segment", path("c.h5"), "-k", "3", "-o", path("run"), "--json"}).out);
  EXPECT_EQ(summary["k"], 3);
  EXPECT_EQ(summary["features"], (std::vector<std::string>{"recency_days", "frequency", "monetary"}));
  EXPECT_EQ(summary["analysis"]["crosstabs"].size(), 1U) << "segments by stage";
}

TEST_F(RfmTest, EndsWithTheDocumentedCodesAndLeavesNothing) {
  write_small();
  write_text("dots.csv", kHeader + "al,31.12.2025,1,1,A\nal,30.12.2025,1,1,A\n");
  write_text("half.csv", kHeader + "1.5,2026-01-01,1,1,A\n2,2026-01-01,1,1,A\n");
  const auto before = names();
  EXPECT_THAT(expect_exit(64, {"rfm", path("t.csv"), "-o", path("c.h5")}).err, HasSubstr("--customer"));
  EXPECT_THAT(expect_exit(64, command("t.csv", "c.h5", {"--where", "price >"})).err, HasSubstr("at its end"));
  EXPECT_THAT(expect_exit(64, command("t.csv", "c.h5", {"--as-of", "yesterday"})).err, HasSubstr("yesterday"));
  (void)expect_exit(64, command("t.csv", "c.h5", {"--gap", "0"}));
  (void)expect_exit(64, command("t.csv", "c.csv", {"--csv"}));
  EXPECT_THAT(expect_exit(65, command("dots.csv", "c.h5")).err, HasSubstr("31.12.2025"));
  EXPECT_THAT(expect_exit(65, command("half.csv", "c.h5")).err, HasSubstr("not whole"));
  EXPECT_THAT(expect_exit(65, command("t.csv", "c.h5", {"--where", "quantity > 99"})).err, HasSubstr("--where"));
  EXPECT_THAT(expect_exit(65, command("t.csv", "c.h5", {"--as-of", "2020-01-01"})).err, HasSubstr("--as-of"));
  (void)expect_exit(66, command("none.csv", "c.h5"));
  EXPECT_THAT(expect_exit(71, command("t.csv", "c.h5", {"--memory", "1K"})).err, HasSubstr("--memory"));
  (void)expect_exit(73, command("t.csv", "t.csv", {"--force"}));
  (void)expect_exit(73, command("t.csv", "t.h5", {"--csv", "--force"}));
  EXPECT_THAT(expect_exit(78, command("t.csv", "c.h5", {"--invoice", "bil"})).err, HasSubstr("'bill'"));
  (void)expect_exit(78,
                    {"rfm", path("t.csv"), "--customer", "who", "--time", "quantity", "--amount", "price", "-o", path("c.h5")});
  EXPECT_EQ(names(), before);
  (void)rfm("t.csv", "c.h5");
  (void)expect_exit(73, command("t.csv", "c.h5"));
  (void)rfm("t.csv", "c.h5", {"--force"});
}

TEST_F(RfmTest, TimesAreReadAsDateFormatSays) {
  write_small();
  std::string text = read_text(file("t.csv"));
  for (std::size_t at = text.find(" 10:00"); at != std::string::npos; at = text.find(" 10:00")) text.erase(at, 6);
  write_text("iso.csv", text);
  for (std::size_t at = text.find("2026-01-"); at != std::string::npos; at = text.find("2026-01-")) {
    text.replace(at, 10, "1/" + text.substr(at + 8, 2) + "/2026");  // 2026-01-05 -> 1/05/2026
  }
  write_text("us.csv", text);
  static_cast<void>(rfm("iso.csv", "a.h5", {"--csv"}));
  EXPECT_EQ(rfm("us.csv", "b.h5", {"--csv", "--date-format", "%m/%d/%Y"})["rows_used"], 6);
  EXPECT_EQ(read_text(file("a.csv")), read_text(file("b.csv")));

  const CommandResult silent = expect_exit(65, command("us.csv", "no.h5"));
  EXPECT_THAT(silent.err, HasSubstr("no time can be read; the first is '1/05/2026'"));
  EXPECT_THAT(silent.err, HasSubstr("--date-format '%m/%d/%Y' or '%d/%m/%Y'"));
  const CommandResult other = expect_exit(65, command("us.csv", "no.h5", {"--date-format", "%d/%m/%Y"}));
  EXPECT_THAT(other.err, HasSubstr("4 of 8 times are not written as --date-format says; the first is '1/25/2026'"));
  EXPECT_THAT(other.err, HasSubstr("--date-format '%m/%d/%Y'"));
  EXPECT_THAT(expect_exit(64, command("us.csv", "no.h5", {"--date-format", "%m/%d"})).err, HasSubstr("lacks the year"));
  EXPECT_THAT(expect_exit(78, command("iso.csv", "no.h5", {"--date-format", "%m/%d/%Y"})).err,
              HasSubstr("holds dates already"));
}

TEST_F(RfmTest, HostileIdsAndColumnNamesAreHarmless) {
  const std::string longest(300, 'z');
  write_text("t.csv", "\"who, <b>\",when,\"net \"\"amount\"\"\"\n=HYPERLINK(1),2026-01-01,1\n\"a,\"\"b\",2026-01-02,2\n" +
                          longest + ",2026-01-03,3\n");
  const CommandResult result =
      expect_exit(0, {"rfm", path("t.csv"), "--customer", "who, <b>", "--time", "when", "--amount", "net \"amount\"", "--where",
                      "\"net \"\"amount\"\"\" > 0 and `who, <b>` != 'x'", "-o", path("c.h5"), "--csv"});
  EXPECT_THAT(lines("c.csv")[1], HasSubstr("'=HYPERLINK(1),3,1,1,"));
  EXPECT_THAT(lines("c.csv")[2], HasSubstr("\"a,\"\"b\",2,1,2,"));
  EXPECT_THAT(lines("c.csv")[3], HasSubstr(longest + ",1,1,3,"));
  EXPECT_EQ(nlohmann::json::parse(expect_exit(0, {"inspect", path("c.h5"), "--json"}).out)["rows"], 3);
}

TEST_F(RfmTest, HelpHasExamplesAndExitCodes) {
  const std::string help = expect_exit(0, {"rfm", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("Example:\n  tessera rfm"));
  EXPECT_THAT(help, HasSubstr("Exit codes:\n  0    done"));
}

TEST_F(RfmTest, OnlineRetailGivesTheKnownTotals) {
  const std::filesystem::path table = data_folder() / "online_retail/online_retail.csv.gz";
  if (!std::filesystem::exists(table)) GTEST_SKIP() << "no " << table << ": set TESSERA_DATA";
  const CommandResult result =
      expect_exit(0, {"rfm", table, "--customer", "CustomerID", "--time", "InvoiceDate", "--invoice", "InvoiceNo", "--amount",
                      "Quantity*UnitPrice", "--where", "Quantity>0 and UnitPrice>0", "-o", path("c.h5"), "--json"});
  const auto json = nlohmann::json::parse(result.out);
  // pandas: d = read_csv(...); d = d[(d.Quantity > 0) & (d.UnitPrice > 0) & d.CustomerID.notna()]
  // len(d), d.CustomerID.nunique(), d.InvoiceNo.nunique(), (d.Quantity * d.UnitPrice).sum()
  EXPECT_EQ(json["rows"], 541'909);
  EXPECT_EQ(json["rows_used"], 397'884);
  EXPECT_EQ(json["customers"], 4338);
  EXPECT_EQ(json["orders"], 18'532);
  EXPECT_EQ(json["revenue"], 8911407.904) << "8,911,407.90 to the cent: some prices have three decimals";
}

}  // namespace
}  // namespace tessera::testing
