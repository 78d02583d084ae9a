// SPDX-License-Identifier: Apache-2.0
#include "report/assignments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <charconv>
#include <clocale>
#include <cmath>
#include <csignal>
#include <fstream>
#include <limits>
#include <numeric>

#include "files.hpp"
#include "hdf5/attribute.hpp"
#include "hdf5/dataset.hpp"
#include "hdf5/input_file.hpp"
#include "hdf5/text.hpp"
#include "support/memory_table.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/backend.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MemoryTable;
using testing::names_in;
using testing::read_all;

/// Made-up results of `rows` customers; every 10th is rejected.
struct Results {
  std::vector<std::int32_t> segment, runner_up;
  std::vector<float> distance, margin;
  std::vector<std::uint8_t> flags;

  explicit Results(std::int64_t rows) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const bool rejected = i % 10 == 9;
      const float nan = std::numeric_limits<float>::quiet_NaN();
      segment.push_back(rejected ? -1 : static_cast<std::int32_t>(i % 3));
      runner_up.push_back(rejected ? -1 : static_cast<std::int32_t>((i + 1) % 3));
      distance.push_back(rejected ? nan : 0.1F * static_cast<float>(i));
      margin.push_back(rejected ? nan : 1.0F / static_cast<float>(i + 1));
      flags.push_back(static_cast<std::uint8_t>(rejected ? std::int64_t{kFlagRejected} : i % 8));
    }
  }
  [[nodiscard]] AssignedRows part(std::size_t first, std::size_t count) const {
    const auto cut = [&](const auto& all) { return std::span(all).subspan(first, count); };
    return {static_cast<std::int64_t>(first), cut(segment), cut(runner_up), cut(distance), cut(margin), cut(flags)};
  }
};

void write(const AssignmentFiles& files, Table& table, const std::string& id, std::int64_t chunk_rows) {
  const std::int64_t rows = table.info().rows;
  const Results results(rows);
  AssignmentWriter writer(files, table, id);
  for (std::int64_t first = 0; first < rows; first += chunk_rows) {
    writer.write(results.part(static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(chunk_rows, rows - first))));
  }
  writer.finish();
}

template <typename T>
std::vector<T> read_values(const fs::path& path, const std::string& name) {
  const hdf5::InputFile file = hdf5::open_for_reading(path.string());
  hdf5::Dataset dataset(file, name);
  dataset.prepare_to_read();
  std::vector<T> values(static_cast<std::size_t>(dataset.rows()));
  EXPECT_EQ(dataset.type().memory_bytes, sizeof(T)) << name;
  dataset.read(0, dataset.rows(), dataset.type().memory_type(), values.data());
  return values;
}

std::vector<std::string> read_texts(const fs::path& path, const std::string& name) {
  const hdf5::InputFile file = hdf5::open_for_reading(path.string());
  hdf5::Dataset dataset(file, name);
  dataset.prepare_to_read();
  return hdf5::read_text_column(dataset);
}

struct AssignmentsTest : ::testing::Test {
  testing::TemporaryFolder folder;
  fs::path hdf5 = folder.path() / "assignments.h5";
  fs::path csv = folder.path() / "assignments.csv";
};

TEST_F(AssignmentsTest, WritesWhatItWasGivenInOrder) {
  constexpr std::int64_t kRows = 150'000;  // more than two of the blocks that are written at a time
  std::vector<std::uint32_t> ids(kRows);
  std::iota(ids.begin(), ids.end(), 4'000'000'000U);
  MemoryTable table;
  table.add("other", std::vector<double>(kRows)).add("customer", ids);
  table.set_interleaved(true);
  write({hdf5, {}}, table, "customer", 4096);
  const Results expected(kRows);
  EXPECT_EQ(read_values<std::uint32_t>(hdf5, "/id"), ids);
  EXPECT_EQ(read_values<std::int32_t>(hdf5, "/segment"), expected.segment);
  EXPECT_EQ(read_values<std::int32_t>(hdf5, "/runner_up"), expected.runner_up);
  EXPECT_EQ(read_values<std::uint8_t>(hdf5, "/flags"), expected.flags);
  const auto distance = read_values<float>(hdf5, "/distance");
  const auto margin = read_values<float>(hdf5, "/margin");
  for (std::size_t i = 0; i < distance.size(); ++i) {
    ASSERT_TRUE(distance[i] == expected.distance[i] || (std::isnan(distance[i]) && std::isnan(expected.distance[i]))) << i;
    ASSERT_TRUE(margin[i] == expected.margin[i] || (std::isnan(margin[i]) && std::isnan(expected.margin[i]))) << i;
  }
}

TEST_F(AssignmentsTest, AttributesSayWhatTheColumnsMean) {
  MemoryTable table;
  table.add("x", std::vector<double>(3));
  write({hdf5, {}}, table, "", 3);
  EXPECT_EQ(read_values<std::int64_t>(hdf5, "/id"), (std::vector<std::int64_t>{0, 1, 2}));
  const hdf5::InputFile file = hdf5::open_for_reading(hdf5.string());
  const auto text = [&](const char* object, const char* name) {
    return hdf5::read_string_attribute(hdf5::open_object(file, object).get(), name).value_or("none");
  };
  EXPECT_EQ(text("/", "format"), "tessera-assignments");
  EXPECT_EQ(text("/", "format_version"), "1.0");
  EXPECT_EQ(text("/distance", "units"), "prepared units");
  const Hdf5Handle flags = hdf5::open_object(file, "/flags");
  EXPECT_THAT(hdf5::read_string_list_attribute(flags.get(), "bits").value(),
              ElementsAre("boundary", "outlier", "incomplete", "rejected"));
  EXPECT_THAT(hdf5::read_integer_list_attribute(flags.get(), "masks").value(), ElementsAre(1, 2, 4, 8));
}

// python3 -c "import hmac; print([hmac.new(b'sixteen bytes key', i, 'sha256').hexdigest()[:32] for i in [b'17', b'42',
// b'-3']])"
TEST_F(AssignmentsTest, PseudonymsStandForIdsOfAnyType) {
  const std::vector<std::string> pseudonyms = {"41b8cbfa8520caf11bdd2b0e4341ad25", "bb9e9b15b3bf8fcd0a3193c1480ca278",
                                               "c591dbeb684cb85762fd8ae34010bf2d"};
  const fs::path key = folder.path() / "key";
  std::ofstream(key) << "sixteen bytes key\r\n";
  MemoryTable table;
  table.add("number", std::vector<std::int32_t>{17, 42, -3})
      .add("real", std::vector<double>{17.0, 42.0, -3.0})
      .add("text", std::vector<std::string>{"17", "42", "-3"});
  for (const char* id : {"number", "real", "text"}) {
    write({hdf5, csv, true, key}, table, id, 2);
    EXPECT_EQ(read_texts(hdf5, "/id"), pseudonyms) << id;
    EXPECT_THAT(read_all(csv), HasSubstr("\n" + pseudonyms[1] + ",1,2,"));
  }
  write({hdf5, csv, true, key}, table, "", 3);
  EXPECT_EQ(read_values<std::int64_t>(hdf5, "/id"), (std::vector<std::int64_t>{0, 1, 2}));
}

TEST_F(AssignmentsTest, EmptyIdsStayEmptyAndShortKeysAreRefused) {
  const fs::path key = folder.path() / "key";
  std::ofstream(key) << std::string(4096, 'k') << '\n';
  MemoryTable table;
  table.add("id", std::vector<std::string>{"a", "", "a"});
  write({hdf5, {}, true, key}, table, "id", 3);
  const std::vector<std::string> ids = read_texts(hdf5, "/id");
  EXPECT_EQ(ids[0].size(), 32U);
  EXPECT_EQ(ids[1], "");
  EXPECT_EQ(ids[2], ids[0]);
  for (const std::string& bad :
       {std::string(), std::string("fifteen bytes!!\n"), std::string(4097, 'k'), std::string(9000, 'k')}) {
    std::ofstream(key, std::ios::trunc) << bad;
    EXPECT_THROW(write({hdf5, {}, true, key}, table, "id", 3), ConfigError) << bad.size();
  }
  EXPECT_THROW(write({hdf5, {}, true, folder.path() / "none"}, table, "id", 3), FileError);
}

TEST_F(AssignmentsTest, EqualRowsGiveEqualBytesHoweverTheyAreCut) {
  constexpr std::int64_t kRows = 140'001;
  std::vector<std::string> ids;
  for (std::int64_t i = 0; i < kRows; ++i) ids.push_back("customer-" + std::to_string(i * i % 9973));
  MemoryTable table;
  table.add("id", ids);
  write({hdf5, csv}, table, "id", kRows);
  const std::string expected_hdf5 = read_all(hdf5), expected_csv = read_all(csv);
  EXPECT_EQ(read_texts(hdf5, "/id"), ids);
  for (const std::int64_t chunk_rows : {4096, 12288, 100'000}) {
    write({hdf5, csv, true}, table, "id", chunk_rows);
    EXPECT_TRUE(read_all(hdf5) == expected_hdf5) << chunk_rows;
    EXPECT_TRUE(read_all(csv) == expected_csv) << chunk_rows;
  }
}

TEST_F(AssignmentsTest, CsvHasOneLineForEachCustomer) {
  MemoryTable table;
  table.add("id", std::vector<std::string>{"a,b", "=1+1", "", "plain", "x", "x", "x", "x", "x", "out"});
  write({hdf5, csv}, table, "id", 4);
  const std::string text = read_all(csv);
  EXPECT_THAT(text, HasSubstr("id,segment,runner_up,distance,margin,boundary,outlier,incomplete,rejected\n"
                              "\"a,b\",0,1,0,1,0,0,0,0\n"
                              "'=1+1,1,2,0.1,0.5,1,0,0,0\n"
                              ",2,0,0.2,0.33333334,0,1,0,0\n"));
  EXPECT_THAT(text, HasSubstr("out,-1,-1,,,0,0,0,1\n"));
}

TEST_F(AssignmentsTest, CsvDoesNotDependOnTheLocale) {
  const char* before = std::setlocale(LC_ALL, nullptr);
  const std::string saved = before != nullptr ? before : "C";
  bool found = false;
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"}) found = found || std::setlocale(LC_ALL, name) != nullptr;
  MemoryTable table;
  table.add("id", std::vector<double>{0.5, 1.25, 1e20});
  write({hdf5, csv}, table, "id", 3);
  std::setlocale(LC_ALL, saved.c_str());
  EXPECT_THAT(read_all(csv), HasSubstr("0.5,0,1,0,1,0,0,0,0\n1.25,1,2,0.1,0.5,1,0,0,0\n1e+20,"));
  if (!found) GTEST_SKIP() << "no locale with a decimal comma is installed";
}

TEST_F(AssignmentsTest, HostileIdsArriveUnchanged) {
  const std::vector<std::string> ids = {"\"quoted\"",
                                        "two\nlines",
                                        "=HYPERLINK(\"http://x\")",
                                        "\xE2\x80\xAE"
                                        "rtl",
                                        std::string(10'000, 'x'),
                                        "caf\xE9",
                                        ""};
  MemoryTable table;
  table.add("id", ids);
  write({hdf5, csv}, table, "id", 2);
  EXPECT_EQ(read_texts(hdf5, "/id"), ids);
}

TEST_F(AssignmentsTest, NothingIsLeftUnlessFinished) {
  MemoryTable table;
  table.add("x", std::vector<double>(10));
  {
    AssignmentWriter writer({hdf5, csv}, table, "");
    writer.write(Results(10).part(0, 4));
    EXPECT_THROW(writer.finish(), Error);  // six rows are missing
  }
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST_F(AssignmentsTest, RowsOutOfOrderAreRefused) {
  MemoryTable table;
  table.add("x", std::vector<double>(10));
  const Results results(10);
  AssignmentWriter writer({hdf5, {}}, table, "");
  writer.write(results.part(0, 4));
  EXPECT_THROW(writer.write(results.part(5, 1)), Error);
  EXPECT_THROW(writer.write(Results(11).part(4, 7)), Error);
}

TEST_F(AssignmentsTest, AnUnknownIdColumnIsNamed) {
  MemoryTable table;
  table.add("x", std::vector<double>(2));
  try {
    AssignmentWriter writer({hdf5, {}}, table, "customer");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("customer"));
  }
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST_F(AssignmentsTest, ExistingFilesStayUnlessTheyMayBeReplaced) {
  testing::write_all(hdf5, "precious");
  MemoryTable table;
  table.add("x", std::vector<double>(2));
  try {
    write({hdf5, csv}, table, "", 2);
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::cannot_create);
  }
  EXPECT_EQ(read_all(hdf5), "precious");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("assignments.h5"));
}

TEST_F(AssignmentsTest, ADiskThatFillsUpIsAnInputOutputErrorAndLeavesNothing) {
  MemoryTable table;
  table.add("x", std::vector<double>(200'000));
  // A limit on the size of files is what a full disk looks like that a test may have.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{rlim_t{1} << 20, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  ErrorCode code = ErrorCode::internal;
  try {
    write({hdf5, csv}, table, "", 4096);
  } catch (const Error& error) {
    code = error.code();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(code, ErrorCode::io);
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST_F(AssignmentsTest, AnEmptyTableGivesEmptyDatasets) {
  MemoryTable table;
  table.add("x", std::vector<double>{});
  write({hdf5, csv}, table, "", 1);
  EXPECT_THAT(read_values<std::int32_t>(hdf5, "/segment"), IsEmpty());
}

}  // namespace
}  // namespace tessera
