// SPDX-License-Identifier: Apache-2.0
// Whatever the table: a documented exit code, a sentence of what to do, nothing half-written.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BadInputTest : public CliTest {
 protected:
  /// Refused with 65, and nothing but the input is there afterwards.
  CommandResult expect_refused(const std::string& table, const Arguments& more = {}) const {
    Arguments all = {"segment", path(table), "-o", path("run")};
    all.insert(all.end(), more.begin(), more.end());
    CommandResult result = expect_exit(65, all);
    EXPECT_THAT(result.err, HasSubstr("tessera: "));
    EXPECT_THAT(names(), ElementsAre(table));
    return result;
  }
  /// Segmented; the summary.
  nlohmann::json expect_segmented(const std::string& table, const Arguments& more = {}) {
    Arguments all = {"segment", path(table), "-o", path("run"), "--force"};
    all.insert(all.end(), more.begin(), more.end());
    last_ = expect_exit(0, all);
    return last_.exit_code == 0 ? read_json(file("run/summary.json")) : nlohmann::json();
  }
  static std::vector<double> ramp(std::int64_t rows, double step = 1.0, double offset = 0.0) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < rows; ++i) values.push_back(offset + step * static_cast<double>((i * 37) % 101) + 0.25);
    return values;
  }

  CommandResult last_;
};

TEST_F(BadInputTest, EmptyFile) {
  write_text("empty.h5", "");
  (void)expect_refused("empty.h5");
}

TEST_F(BadInputTest, TruncatedHdf5) {
  const std::string whole = read_text(make_blobs("t.h5", 5'000));
  for (const std::size_t keep : {std::size_t{9}, std::size_t{600}, whole.size() / 2, whole.size() - 1}) {
    write_text("t.h5", whole.substr(0, keep));
    (void)expect_refused("t.h5");
  }
}

TEST_F(BadInputTest, CorruptHdf5EndsWithADocumentedCode) {
  const std::string whole = read_text(make_blobs("t.h5", 64));
  std::mt19937_64 random(7);
  for (int trial = 0; trial < 40; ++trial) {
    std::string damaged = whole;
    for (int hit = 0; hit < 4; ++hit) damaged[random() % 2048] = static_cast<char>(random());
    write_text("t.h5", damaged);
    const CommandResult result = tessera({"segment", path("t.h5"), "-o", path("run"), "--force", "-k", "2"});
    EXPECT_FALSE(result.killed) << "trial " << trial << ": " << result.err;
    EXPECT_THAT(result.exit_code, ::testing::AnyOf(0, 65, 69, 74, 78)) << "trial " << trial << ": " << result.err;
    std::filesystem::remove_all(file("run"));
    EXPECT_THAT(names(), ElementsAre("t.h5")) << "trial " << trial;
  }
}

TEST_F(BadInputTest, HalfACompressedCsv) {
  write_text("t.csv.gz", std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c", 12));
  (void)expect_refused("t.csv.gz");
}

TEST_F(BadInputTest, WrongDtype) {
  hdf5::FileWriter writer(file("words.h5"));
  std::vector<std::string> words;
  for (int i = 0; i < 200; ++i) words.push_back("free text number " + std::to_string(i));
  writer.write_text("/notes", words);
  writer.commit();
  EXPECT_THAT(expect_refused("words.h5").err, HasSubstr("feature"));
}

TEST_F(BadInputTest, EmptyTable) {
  (void)make_columns("t.h5", {{"a", {}}, {"b", {}}});
  (void)expect_refused("t.h5");
}

TEST_F(BadInputTest, OneRow) {
  (void)make_columns("t.h5", {{"a", {1.5}}, {"b", {2.5}}});
  const CommandResult result = tessera({"segment", path("t.h5"), "-o", path("run")});
  // One row has only constant columns: nothing to segment by.
  EXPECT_EQ(result.exit_code, 65) << result.err;
  const auto summary = expect_segmented("t.h5", {"--features", "a,b"});
  EXPECT_EQ(summary["k"], 1);
}

TEST_F(BadInputTest, OneColumn) {
  (void)make_columns("t.h5", {{"a", ramp(500)}});
  EXPECT_EQ(expect_segmented("t.h5", {"-k", "3"})["k"], 3);
  (void)expect_segmented("t.h5");
}

TEST_F(BadInputTest, AllMissingColumn) {
  const std::vector<double> missing(500, std::nan(""));
  (void)make_columns("t.h5", {{"a", ramp(500)}, {"nothing", missing}});
  const auto summary = expect_segmented("t.h5", {"-k", "2"});
  EXPECT_EQ(summary["rows"], 500);
  (void)make_columns("t.h5", {{"nothing", missing}});
  EXPECT_EQ(tessera({"segment", path("t.h5"), "-o", path("run2")}).exit_code, 65);
  EXPECT_FALSE(std::filesystem::exists(file("run2")));
}

TEST_F(BadInputTest, AllEqualRows) {
  (void)make_columns("t.h5", {{"a", std::vector<double>(100, 3.0)}, {"b", std::vector<double>(100, 4.0)}});
  (void)expect_refused("t.h5");
  const auto summary = expect_segmented("t.h5", {"--features", "a,b", "-k", "4"});
  EXPECT_EQ(summary["k"], 1) << "one distinct row gives one segment";
  EXPECT_EQ(tessera({"segment", path("t.h5"), "-o", path("r"), "--features", "a,b", "-k", "4", "--strict-k"}).exit_code, 65);
}

TEST_F(BadInputTest, MoreSegmentsThanRows) {
  (void)make_columns("t.h5", {{"a", {1.5, 2.5, 9.5}}, {"b", {4.5, 4.25, 9.0}}});
  (void)expect_refused("t.h5", {"-k", "5", "--strict-k", "--features", "a,b"});
  EXPECT_EQ(expect_segmented("t.h5", {"-k", "5", "--features", "a,b"})["k"], 3);
  EXPECT_THAT(last_.out + last_.err, HasSubstr("3"));
}

TEST_F(BadInputTest, MissingAndInfiniteCells) {
  std::vector<double> a = ramp(300);
  a[3] = std::nan("");
  a[4] = std::numeric_limits<double>::infinity();
  a[5] = -std::numeric_limits<double>::infinity();
  (void)make_columns("t.h5", {{"a", a}, {"b", ramp(300, 0.5)}});
  const CommandResult refused = expect_refused("t.h5", {"--missing", "error", "-k", "2"});
  EXPECT_THAT(refused.err, HasSubstr("'a'"));
  EXPECT_EQ(expect_segmented("t.h5", {"--missing", "drop-row", "-k", "2"})["rows_rejected"], 3);
  EXPECT_EQ(expect_segmented("t.h5", {"-k", "2"})["rows_rejected"], 0);
}

TEST_F(BadInputTest, CellsThatStayMissing) {
  std::vector<double> a = ramp(300), b = ramp(300, 0.5);
  a[3] = a[4] = b[4] = std::nan("");
  (void)make_columns("t.h5", {{"a", a}, {"b", b}});
  const auto summary = expect_segmented("t.h5", {"-k", "2", "--missing", "partial"});
  EXPECT_EQ(summary["preparation"]["missing"], "partial");
  EXPECT_EQ(summary["rows_incomplete"], 1);
  EXPECT_EQ(summary["rows_rejected"], 1) << "nothing is known of row 4";
  const std::string report = read_text(file("run/report.md"));
  EXPECT_THAT(report, HasSubstr("1 customer had missing cells, which were left out of the distances"));
  EXPECT_THAT(report, ::testing::Not(HasSubstr("illed")));
  const CommandResult scored = expect_exit(0, {"score", path("run/model.h5"), path("t.h5"), "-o", path("s.h5")});
  EXPECT_THAT(scored.out, HasSubstr("left out of the distances"));
  for (const auto& [algorithm, missing] : {std::pair{"kmeans", "em"}, std::pair{"mixture", "partial"}}) {
    const CommandResult refused =
        tessera({"segment", path("t.h5"), "-o", path("r"), "-k", "2", "--algorithm", algorithm, "--missing", missing});
    EXPECT_EQ(refused.exit_code, 78) << algorithm;
    EXPECT_THAT(refused.err, HasSubstr("--algorithm"));
  }
}

TEST_F(BadInputTest, DuplicateIdsAreSaid) {
  std::vector<double> id;
  for (int i = 0; i < 300; ++i) id.push_back(1000.0 + (i < 10 ? 0 : i));
  (void)make_columns("t.h5", {{"customer", id}, {"a", ramp(300)}, {"b", ramp(300, 0.5)}});
  (void)expect_segmented("t.h5", {"--id", "customer", "-k", "2"});
  EXPECT_THAT(last_.err, HasSubstr("9 rows have an id in 'customer' that occurred before"));
  const auto report = nlohmann::json::parse(expect_exit(0, {"inspect", path("t.h5"), "--id", "customer", "--json"}).out);
  EXPECT_EQ(report["duplicate_ids"], 9) << report.dump(1);
}

TEST_F(BadInputTest, HugeValues) {
  std::vector<double> a = ramp(300);
  for (double& value : a) value *= 1e36;
  (void)make_columns("t.h5", {{"a", a}, {"b", ramp(300, 1e307 / 101)}});
  const auto summary = expect_segmented("t.h5", {"-k", "2"});
  EXPECT_TRUE(std::isfinite(summary["objective"]["inertia"].get<double>()));
  const CommandResult unscaled =
      tessera({"segment", path("t.h5"), "-o", path("r"), "-k", "2", "--scale", "none", "--transform", "none"});
  EXPECT_THAT(unscaled.exit_code, ::testing::AnyOf(0, 65)) << unscaled.err;
}

TEST_F(BadInputTest, LargeOffsetDoesNotChangeTheSegments) {
  std::vector<double> a, b, far_a, far_b;
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 900; ++i) {
    // Multiples of 2^-20, so that the offset rounds nothing.
    a.push_back(std::round((normal(random) + 5.0 * (i % 3)) * 0x1p20) * 0x1p-20);
    b.push_back(std::round((normal(random) - 5.0 * (i % 3)) * 0x1p20) * 0x1p-20);
    far_a.push_back(a.back() + 1e6);
    far_b.push_back(b.back() - 1e6);
  }
  const Arguments more = {"-k", "3", "--transform", "none"};
  (void)make_columns("near.h5", {{"a", a}, {"b", b}});
  (void)make_columns("far.h5", {{"a", far_a}, {"b", far_b}});
  const auto near = expect_segmented("near.h5", more);
  const auto far = expect_segmented("far.h5", more);
  for (std::size_t s = 0; s < 3; ++s) EXPECT_EQ(near["segments"][s]["size"], far["segments"][s]["size"]);
  EXPECT_NEAR(near["objective"]["inertia"].get<double>(), far["objective"]["inertia"].get<double>(), 1e-3);
}

TEST_F(BadInputTest, DenormalValues) {
  std::vector<double> a;
  for (int i = 0; i < 300; ++i) a.push_back(5e-324 * ((i * 37) % 101 + (i % 2) * 1000));
  (void)make_columns("t.h5", {{"a", a}, {"b", ramp(300)}});
  const CommandResult result = tessera({"segment", path("t.h5"), "-o", path("run"), "-k", "2"});
  EXPECT_THAT(result.exit_code, ::testing::AnyOf(0, 65)) << result.err;
  EXPECT_FALSE(result.killed);
}

TEST_F(BadInputTest, SeveralTablesAreListed) {
  hdf5::FileWriter writer(file("two.h5"));
  Matrix<float> values(40, 2);
  for (std::int64_t i = 0; i < 40; ++i) values(i, 0) = values(i, 1) = static_cast<float>((i * 7) % 11);
  writer.create_group("/spring");
  writer.create_group("/autumn");
  writer.write("/spring/customers", std::as_const(values).view());
  writer.write("/autumn/customers", std::as_const(values).view());
  writer.commit();
  const CommandResult result = expect_refused("two.h5");
  EXPECT_THAT(result.err, HasSubstr("/spring/customers"));
  EXPECT_THAT(result.err, HasSubstr("/autumn/customers"));
  (void)expect_segmented("two.h5", {"--dataset", "/spring/customers", "-k", "2"});
}

TEST_F(BadInputTest, ScoringAnotherTableListsWhatIsMissing) {
  const std::string table = make_blobs();
  (void)expect_exit(0, {"segment", table, "-o", path("run")});
  (void)make_columns("new.h5", {{"x", ramp(50)}, {"extra", ramp(50)}});
  const CommandResult result = expect_exit(65, {"score", path("run/model.h5"), path("new.h5"), "-o", path("out.h5")});
  EXPECT_THAT(result.err, HasSubstr("y"));
  EXPECT_FALSE(std::filesystem::exists(file("out.h5")));
  (void)expect_exit(65, {"score", table, table, "-o", path("out.h5")});
}

TEST_F(BadInputTest, NamesOutOfFilesCannotMoveTheCursor) {
  hdf5::FileWriter writer(file("t.h5"));
  writer.write("/a", ramp(50));
  writer.write("/evil\033[2Jname", std::vector<double>(50, std::nan("")));
  writer.commit();
  const CommandResult result = tessera({"segment", path("t.h5"), "-o", path("run"), "-k", "2", "-v"});
  EXPECT_EQ(result.out.find('\033'), std::string::npos);
  EXPECT_EQ(result.err.find('\033'), std::string::npos);
}

}  // namespace
}  // namespace tessera::testing
