// SPDX-License-Identifier: Apache-2.0
#include "table/generate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "table/generate_random.hpp"
#include "table/generate_rows.hpp"
#include "tessera/error.hpp"
#include "tessera/table.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <typename T>
T cell(const ColumnView& view, std::int64_t row) {
  T value;
  std::memcpy(&value, view.data + row * view.stride_bytes, sizeof(T));
  return value;
}

class Generate : public ::testing::Test {
 protected:
  GenerateReport generate(GenerateOptions options, const std::string& name = "a.h5", int thread_count = 2) {
    options.path = folder_.path() / name;
    options.overwrite = true;
    SilentObserver observer;
    const CancelToken cancel;
    ThreadPool threads(thread_count);
    return generate_table(options, {observer, cancel, threads});
  }
  std::string bytes(const GenerateOptions& options, int thread_count = 1) {
    generate(options, "bytes.h5", thread_count);
    return content(folder_.path() / "bytes.h5");
  }
  std::unique_ptr<Table> table() { return open_table(folder_.path() / "a.h5"); }

  testing::TemporaryFolder folder_;
};

RawChunk read_all(Table& table) {
  std::vector<int> all(table.info().columns.size());
  std::iota(all.begin(), all.end(), 0);
  RawChunk chunk;
  table.read(0, table.info().rows, all, chunk);
  return chunk;
}

/// Share of the rows whose nearest true centre is the one they were drawn from.
double recovered_share(const GenerateOptions& options) {
  const RowGenerator generator(options);
  std::vector<float> row(static_cast<std::size_t>(options.features));
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < options.rows; ++i) {
    const std::int32_t truth = generator.segment(i);
    generator.features(i, truth, row);
    std::int32_t nearest = -1;
    double least = std::numeric_limits<double>::infinity();
    for (std::int32_t c = 0; c < options.segments; ++c) {
      double distance2 = 0.0;
      for (std::size_t j = 0; j < row.size(); ++j) {
        const double difference = static_cast<double>(row[j]) - generator.centers()(c, static_cast<std::int64_t>(j));
        distance2 += difference * difference;
      }
      if (distance2 < least) {
        least = distance2;
        nearest = c;
      }
    }
    if (nearest == truth) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(options.rows);
}

TEST_F(Generate, WritesATableThatSaysWhatItsColumnsAre) {
  const GenerateReport report = generate({.path = {}, .rows = 5000, .features = 3, .segments = 4, .nominals = 1, .kpis = 2});
  EXPECT_EQ(std::accumulate(report.segment_rows.begin(), report.segment_rows.end(), std::int64_t{0}), 5000);
  EXPECT_EQ(report.noise_rows, 0);
  EXPECT_GE(report.least_separation, 10.0);
  EXPECT_EQ(report.bytes, static_cast<std::int64_t>(std::filesystem::file_size(folder_.path() / "a.h5")));

  const auto opened = table();
  const TableInfo& info = opened->info();
  EXPECT_EQ(info.rows, 5000);
  std::map<std::string, ColumnSchema> columns;
  for (const ColumnSchema& column : info.columns) columns[column.name] = column;
  EXPECT_EQ(columns.size(), 8U);
  EXPECT_EQ(columns.at("feature_3").type, DataType::float32);
  EXPECT_EQ(columns.at("id").declared_role, Role::id);
  EXPECT_EQ(columns.at("segment").declared_role, Role::ignore);
  EXPECT_EQ(columns.at("nominal_1").declared_kind, Kind::nominal);
  EXPECT_EQ(columns.at("kpi_2").declared_role, Role::kpi);
}

TEST_F(Generate, EqualSeedsGiveEqualBytesForAnyThreads) {
  const GenerateOptions options = {.path = {},
                                   .rows = 70'000,
                                   .features = 5,
                                   .segments = 7,
                                   .seed = 42,
                                   .imbalance = 0.5,
                                   .noise = 0.05,
                                   .missing = 0.01,
                                   .nominals = 2,
                                   .kpis = 2};
  const std::string reference = bytes(options);
  EXPECT_TRUE(bytes(options) == reference);
  EXPECT_TRUE(bytes(options, 3) == reference);
  GenerateOptions other = options;
  other.seed = 43;
  EXPECT_FALSE(bytes(other) == reference);
}

TEST_F(Generate, AShorterTableIsTheBeginningOfALongerOne) {
  const GenerateOptions options = {.path = {}, .rows = 1000, .features = 3, .segments = 4, .seed = 9};
  GenerateOptions longer = options;
  longer.rows = 2000;
  const RowGenerator a(options);
  const RowGenerator b(longer);
  std::vector<float> x(3);
  std::vector<float> y(3);
  for (std::int64_t i = 0; i < options.rows; ++i) {
    ASSERT_EQ(a.segment(i), b.segment(i));
    a.features(i, a.segment(i), x);
    b.features(i, b.segment(i), y);
    ASSERT_EQ(x, y);
  }
}

TEST(GeneratedSegments, AreRecoverableByDefaultForAnyShape) {
  for (const auto& [segments, features] :
       std::vector<std::pair<int, int>>{{5, 8}, {2, 1}, {1000, 1}, {1000, 2}, {200, 3}, {64, 6}, {50, 32}, {7, 200}}) {
    for (const std::uint64_t seed : {0U, 1U}) {
      const GenerateOptions options = {.path = {}, .rows = 3000, .features = features, .segments = segments, .seed = seed};
      EXPECT_GE(recovered_share(options), 0.999) << segments << " segments in " << features << " dimensions";
      EXPECT_GE(least_distance(segment_centers(options).view()), 10.0);
    }
  }
}

TEST(GeneratedSegments, OverlapBringsThemTogether) {
  GenerateOptions options = {.path = {}, .rows = 3000, .features = 2, .segments = 20};
  double before = recovered_share(options);
  for (const double overlap : {0.5, 0.8, 1.0}) {
    options.overlap = overlap;
    EXPECT_GE(least_distance(segment_centers(options).view()), 10.0 - 9.0 * overlap);
    const double share = recovered_share(options);
    EXPECT_LE(share, before);
    before = share;
  }
  EXPECT_LT(before, 0.9);
}

TEST(GeneratedSegments, AreStandardNormalAroundTheirCentres) {
  const GenerateOptions options = {.path = {}, .rows = 50'000, .features = 4, .segments = 3, .offset = 50.0};
  const RowGenerator generator(options);
  std::vector<double> sum(4), sum2(4), sum4(4);
  std::vector<float> row(4);
  for (std::int64_t i = 0; i < options.rows; ++i) {
    const std::int32_t segment = generator.segment(i);
    generator.features(i, segment, row);
    for (std::size_t j = 0; j < 4; ++j) {
      const double z = static_cast<double>(row[j]) - generator.centers()(segment, static_cast<std::int64_t>(j));
      sum[j] += z;
      sum2[j] += z * z;
      sum4[j] += z * z * z * z;
    }
  }
  for (std::size_t j = 0; j < 4; ++j) {  // five standard errors of each moment
    EXPECT_NEAR(sum[j] / 50'000, 0.0, 5.0 / std::sqrt(50'000.0));
    EXPECT_NEAR(sum2[j] / 50'000, 1.0, 5.0 * std::sqrt(2.0 / 50'000.0));
    EXPECT_NEAR(sum4[j] / 50'000, 3.0, 5.0 * std::sqrt(96.0 / 50'000.0));
  }
  for (std::int64_t j = 0; j < 4; ++j) EXPECT_GE(generator.centers()(0, j), 50.0);
}

TEST_F(Generate, SegmentsNoiseAndMissingCellsHaveTheirShares) {
  const GenerateReport report = generate(
      {.path = {}, .rows = 100'000, .features = 4, .segments = 3, .imbalance = 0.8, .noise = 0.1, .missing = 0.2, .kpis = 1});
  EXPECT_NEAR(static_cast<double>(report.noise_rows), 10'000, 500);
  const double weights[] = {1.0, 0.6, 0.2};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(static_cast<double>(report.segment_rows[i]), 90'000 * weights[i] / 1.8, 1000);

  const auto opened = table();
  const RawChunk chunk = read_all(*opened);
  std::int64_t missing = 0;
  std::int64_t noise = 0;
  for (std::size_t j = 0; j < chunk.columns.size(); ++j) {
    const std::string& name = opened->info().columns[j].name;
    for (std::int64_t i = 0; i < chunk.rows; ++i) {
      if (name.starts_with("feature") && std::isnan(cell<float>(chunk.columns[j], i))) ++missing;
      if (name == "segment" && cell<std::int32_t>(chunk.columns[j], i) == -1) ++noise;
      if (name == "id") {
        ASSERT_EQ(cell<std::int64_t>(chunk.columns[j], i), i + 1);
      }
    }
  }
  EXPECT_EQ(noise, report.noise_rows);
  EXPECT_NEAR(static_cast<double>(missing), 80'000, 2000);
}

TEST_F(Generate, KpisAndNominalsTellTheSegmentsApart) {
  generate({.path = {}, .rows = 20'000, .features = 2, .segments = 4, .nominals = 1, .kpis = 1});
  const auto opened = table();
  const RawChunk chunk = read_all(*opened);
  std::map<std::string, std::size_t> at;
  for (std::size_t j = 0; j < chunk.columns.size(); ++j) at[opened->info().columns[j].name] = j;
  std::map<std::int32_t, std::map<std::string, int>> levels;
  std::map<std::int32_t, std::vector<double>> kpis;
  for (std::int64_t i = 0; i < chunk.rows; ++i) {
    const auto segment = cell<std::int32_t>(chunk.columns[at["segment"]], i);
    ++levels[segment][std::string((*chunk.columns[at["nominal_1"]].text)[i])];
    const double kpi = cell<double>(chunk.columns[at["kpi_1"]], i);
    EXPECT_EQ(kpi, std::rint(kpi * 100.0) / 100.0) << "whole cents";
    kpis[segment].push_back(kpi);
  }
  std::set<std::string> favourites;
  std::set<std::int64_t> means;
  for (const auto& [segment, counts] : levels) {
    const auto most = std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; });
    const auto rows = static_cast<double>(kpis[segment].size());
    EXPECT_NEAR(most->second / rows, 0.775, 0.03);
    favourites.insert(most->first);
    means.insert(std::llrint(std::accumulate(kpis[segment].begin(), kpis[segment].end(), 0.0) / rows / 3.0));
  }
  EXPECT_EQ(favourites.size(), 4U);
  EXPECT_EQ(means.size(), 4U);
}

TEST_F(Generate, EverySegmentHasARow) {
  EXPECT_THAT(generate({.path = {}, .rows = 6, .features = 1, .segments = 6}).segment_rows, ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_THAT(generate({.path = {}, .rows = 1, .features = 1, .segments = 1}).segment_rows, ElementsAre(1));
}

TEST_F(Generate, MemoryDoesNotDependOnTheRows) {
  rusage before = {};
  getrusage(RUSAGE_SELF, &before);
  generate({.path = {}, .rows = 3'000'000, .features = 16, .segments = 5}, "a.h5", 2);
  rusage after = {};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "a.h5") / 1'000'000, 228U);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 80 * 1024) << "KiB";
}

TEST_F(Generate, OptionsOutOfRangeAreRefused) {
  for (const GenerateOptions& options :
       {GenerateOptions{.path = {}, .rows = 0}, GenerateOptions{.path = {}, .features = 0},
        GenerateOptions{.path = {}, .segments = 0}, GenerateOptions{.path = {}, .rows = 3, .segments = 4},
        GenerateOptions{.path = {}, .overlap = 1.5}, GenerateOptions{.path = {}, .imbalance = 1.0},
        GenerateOptions{.path = {}, .noise = -0.1}, GenerateOptions{.path = {}, .offset = std::nan("")},
        GenerateOptions{.path = {}, .missing = 1.0}, GenerateOptions{.path = {}, .nominals = -1},
        GenerateOptions{.path = {}, .kpis = 1'000'000}}) {
    EXPECT_THROW(generate(options), ConfigError);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "a.h5"));
  }
}

// Oracle: scipy.stats.norm.ppf
TEST(NormalQuantile, AgreesWithScipy) {
  const std::vector<std::pair<double, double>> known = {{0.5, 0.0},
                                                        {0.3, -0.5244005127080409},
                                                        {0.075, -1.4395314709384563},
                                                        {0.0749, -1.4402382675279635},
                                                        {0.9251, 1.4402382675279635},
                                                        {1e-5, -4.264890793922825},
                                                        {0.99999, 4.264890793923841},
                                                        {1e-12, -7.034483825301132},
                                                        {1e-20, -9.262340089798408}};
  for (const auto& [u, quantile] : known)
    EXPECT_NEAR(normal_quantile(u), quantile, 4e-15 * std::max(1.0, std::fabs(quantile))) << u;
}

TEST(NormalQuantile, IsOddAndGrows) {
  double before = -std::numeric_limits<double>::infinity();
  for (int i = 1; i < 4096; ++i) {
    const double u = i / 4096.0;
    EXPECT_GT(normal_quantile(u), before);
    before = normal_quantile(u);
    EXPECT_EQ(normal_quantile(1.0 - u), -before);
  }
}

}  // namespace
}  // namespace tessera
