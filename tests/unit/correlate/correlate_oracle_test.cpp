// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/correlation_run.hpp"
#include "support/memory_table.hpp"

namespace tessera {
namespace {

using nlohmann::json;
using testing::correlate_rows;
using testing::MemoryTable;

double number(const json& value) { return value.is_null() ? std::nan("") : value.get<double>(); }

/// tests/data/make_correlation_oracle.py says where the values are from.
class CorrelationOracle : public ::testing::Test {
 protected:
  CorrelationOracle() {
    std::ifstream(std::string(TESSERA_TEST_DATA) + "/correlation_oracle.json") >> oracle_;
    for (const auto& [name, cells] : oracle_["columns"].items()) {
      std::vector<double> values;
      for (const json& cell : cells) values.push_back(number(cell));
      table_.add(name, values);
    }
  }

  [[nodiscard]] CorrelationGroup group(CorrelationMethod method, bool listwise = false) {
    CorrelateOptions options;
    options.prepare.features = {"*"};
    options.method = method;
    options.listwise = listwise;
    return correlate_rows(table_, options).groups.front();
  }

  void expect_matrix(const Matrix<double>& r, const std::string& name) const {
    for (std::int64_t i = 0; i < 4; ++i) {
      for (std::int64_t j = 0; j < 4; ++j)
        EXPECT_NEAR(r(i, j), number(oracle_[name][static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]), 1e-12)
            << name << ' ' << i << ' ' << j;
    }
  }
  void expect_p(const Matrix<double>& p, const std::string& name) const {
    for (std::int64_t i = 0; i < 4; ++i) {
      for (std::int64_t j = 0; j < 4; ++j) {
        const double wanted = number(oracle_[name][static_cast<std::size_t>(i)][static_cast<std::size_t>(j)][1]);
        EXPECT_TRUE(i == j || std::fabs(p(i, j) - wanted) <= 1e-9 * wanted) << name << ' ' << i << ' ' << j;
      }
    }
  }

  json oracle_;
  MemoryTable table_;
};

TEST_F(CorrelationOracle, PearsonIsThatOfPandas) {
  const CorrelationGroup own = group(CorrelationMethod::pearson);
  expect_matrix(own.r, "pearson");
  expect_p(own.p, "pearson_tests");
  expect_matrix(group(CorrelationMethod::pearson, true).r, "pearson_listwise");
  std::size_t pair = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = i + 1; j < 4; ++j) {
      const double wanted = number(oracle_["false_discovery"][pair++]);
      EXPECT_NEAR(own.p_adjusted(i, j), wanted, 1e-9 * wanted);
    }
  }
}

TEST_F(CorrelationOracle, SpearmanIsThatOfPandasAndSciPy) {
  const CorrelationGroup own = group(CorrelationMethod::spearman);
  expect_matrix(own.r, "spearman");
  expect_p(own.p, "spearman_tests");
}

TEST_F(CorrelationOracle, KendallIsThatOfPandasAndSciPy) {
  const CorrelationGroup own = group(CorrelationMethod::kendall);
  expect_matrix(own.r, "kendall");
  expect_p(own.p, "kendall_tests");
}

TEST_F(CorrelationOracle, MixedIsRatioAndCramersV) {
  table_.add("city", oracle_["city"].get<std::vector<std::string>>());
  table_.add("tier", oracle_["tier"].get<std::vector<std::string>>());
  const CorrelationGroup own = group(CorrelationMethod::mixed);
  ASSERT_EQ(own.r.rows(), 6);
  expect_matrix(own.r, "pearson");
  for (std::int64_t i = 0; i < 4; ++i) {
    const json& wanted = oracle_["ratio_city"][static_cast<std::size_t>(i)];
    EXPECT_NEAR(own.r(i, 4), number(wanted[0]), 1e-12);
    EXPECT_NEAR(own.p(i, 4), number(wanted[1]), 1e-9 * number(wanted[1]));
    EXPECT_EQ(own.n(i, 4), number(wanted[2]));
    EXPECT_LE(own.low(i, 4), own.r(i, 4));
    EXPECT_GT(own.high(i, 4), own.r(i, 4));
  }
  const json& v = oracle_["cramers_v"];
  EXPECT_NEAR(own.r(4, 5), number(v[0]), 1e-12);
  EXPECT_NEAR(own.p(4, 5), number(v[1]), 1e-9 * number(v[1]));
  EXPECT_EQ(own.n(5, 4), number(v[2]));
  EXPECT_EQ(own.r(5, 5), 1.0);
  EXPECT_EQ(own.partial.rows(), 0);
  EXPECT_EQ(own.repaired.rows(), 0);
}

}  // namespace
}  // namespace tessera
