// SPDX-License-Identifier: Apache-2.0
#include "hdf5/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <thread>

#include "hdf5/attribute.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

template <typename T>
std::vector<T> read_numbers(const fs::path& path, const std::string& name, hid_t memory_type) {
  const Hdf5Session session;
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const Hdf5Handle dataset(H5Dopen2(file.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())));
  EXPECT_GE(H5Dread(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  return values;
}

H5D_layout_t layout_of(const fs::path& path, const std::string& name) {
  const Hdf5Session session;
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const Hdf5Handle dataset(H5Dopen2(file.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
  const Hdf5Handle properties(H5Dget_create_plist(dataset.get()), H5Pclose);
  return H5Pget_layout(properties.get());
}

class Hdf5Writer : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tessera-writer-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] fs::path file(const std::string& name) const { return folder_ / name; }

  template <typename Action>
  ErrorCode code_of(Action action) {
    try {
      action();
    } catch (const Error& error) {
      message_ = error.what();
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::usage;
  }

  fs::path folder_;
  std::string message_;
};

/// A bit of everything, for the test of equal bytes.
void write_sample(const fs::path& path) {
  FileWriter writer(path, {.overwrite = true});
  writer.write("/features", MatrixView<const float>{std::vector<float>{1, 2, 3, 4, 5, 6}.data(), 3, 2});
  DatasetWriter& text = writer.create_dataset("/city", {.type = DataType::text});
  const std::vector<std::string_view> cities = {"Paris", "", "København"};
  text.append(std::span<const std::string_view>(cities));
  writer.write("/group/inner/id", std::vector<std::int64_t>{7, 8, 9}, true);
  writer.create_group("empty");
  writer.set_attribute("/features", "feature_names", std::vector<std::string>{"age", "größe"});
  writer.set_attribute("/", "format", "sample");
  writer.set_attribute("/group", "counts", std::vector<std::int64_t>{1, -2});
  writer.set_attribute("/group", "shares", std::vector<double>{0.25});
  writer.set_attribute("/city", "rows", 3);
  writer.commit();
}

TEST_F(Hdf5Writer, AppendsRowsOfEveryTypeAndShape) {
  std::vector<double> values(10000);
  std::iota(values.begin(), values.end(), 0.5);
  {
    FileWriter writer(file("a.h5"));
    for (const auto& [name, options] :
         std::vector<std::pair<std::string, DatasetOptions>>{{"grows", {}},
                                                             {"fixed", {.rows = 10000}},
                                                             {"gzip", {.rows = 10000, .compress = true}},
                                                             {"gzip_grows", {.compress = true}}}) {
      DatasetWriter& dataset = writer.create_dataset(name, options);
      for (std::size_t first = 0; first < values.size(); first += 1234) {
        dataset.append(std::span(values).subspan(first, std::min<std::size_t>(1234, values.size() - first)));
      }
      EXPECT_EQ(dataset.rows(), 10000);
    }
    DatasetWriter& matrix = writer.create_dataset("matrix", {.type = DataType::int16, .columns = 3});
    for (std::int16_t i = 0; i < 4; ++i) matrix.append(std::vector<std::int16_t>{i, 10, -1, i, 20, -2});
    EXPECT_EQ(matrix.rows(), 8);
    writer.commit();
  }
  for (const char* name : {"grows", "fixed", "gzip", "gzip_grows"}) {
    EXPECT_EQ(read_numbers<double>(file("a.h5"), name, H5T_NATIVE_DOUBLE), values) << name;
  }
  const auto matrix = read_numbers<int>(file("a.h5"), "matrix", H5T_NATIVE_INT);
  EXPECT_EQ(matrix.size(), 24U);
  EXPECT_EQ(std::vector<int>(matrix.end() - 6, matrix.end()), (std::vector<int>{3, 10, -1, 3, 20, -2}));
  EXPECT_EQ(layout_of(file("a.h5"), "fixed"), H5D_CONTIGUOUS);
  EXPECT_EQ(layout_of(file("a.h5"), "gzip"), H5D_CHUNKED);
  EXPECT_EQ(names_in(folder_), (std::vector<std::string>{"a.h5"}));
}

TEST_F(Hdf5Writer, EmptyDatasetsAreFine) {
  FileWriter writer(file("a.h5"));
  writer.write("none", std::vector<float>{});
  writer.write("none_compressed", std::vector<float>{}, true);
  writer.write_text("no_text", {});
  writer.commit();
  EXPECT_THAT(read_numbers<float>(file("a.h5"), "none", H5T_NATIVE_FLOAT), IsEmpty());
}

TEST_F(Hdf5Writer, TextAndAttributesReadBack) {
  write_sample(file("a.h5"));
  const Hdf5Session session;
  const Hdf5Handle in(H5Fopen(file("a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const Hdf5Handle features(H5Dopen2(in.get(), "features", H5P_DEFAULT), H5Dclose);
  EXPECT_THAT(read_string_list_attribute(features.get(), "feature_names").value(), ElementsAre("age", "größe"));
  EXPECT_EQ(read_string_attribute(in.get(), "format").value(), "sample");
  const Hdf5Handle group(H5Gopen2(in.get(), "group", H5P_DEFAULT), H5Gclose);
  EXPECT_THAT(read_integer_list_attribute(group.get(), "counts").value(), ElementsAre(1, -2));
  EXPECT_THAT(read_number_list_attribute(group.get(), "shares").value(), ElementsAre(0.25));
  const Hdf5Handle city(H5Dopen2(in.get(), "city", H5P_DEFAULT), H5Dclose);
  EXPECT_EQ(read_integer_attribute(city.get(), "rows").value(), 3);

  const Hdf5Handle type(H5Dget_type(city.get()), H5Tclose);
  EXPECT_EQ(H5Tget_cset(type.get()), H5T_CSET_UTF8);
  std::vector<char*> cells(3);
  ASSERT_GE(H5Dread(city.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cells.data()), 0);
  EXPECT_STREQ(cells[0], "Paris");
  EXPECT_TRUE(cells[1] == nullptr || *cells[1] == '\0');
  EXPECT_STREQ(cells[2], "København");
  const Hdf5Handle space(H5Dget_space(city.get()), H5Sclose);
  H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, cells.data());
}

TEST_F(Hdf5Writer, FixedTextIsPaddedAndNeverCut) {
  FileWriter writer(file("a.h5"));
  DatasetWriter& text = writer.create_dataset("t", {.type = DataType::text, .rows = 2, .text_bytes = 4});
  const std::vector<std::string_view> fitting = {"abcd", "x"};
  text.append(std::span<const std::string_view>(fitting));
  DatasetWriter& other = writer.create_dataset("u", {.type = DataType::text, .text_bytes = 4});
  const std::vector<std::string_view> longer = {"abcde"};
  EXPECT_EQ(code_of([&] { other.append(std::span<const std::string_view>(longer)); }), ErrorCode::internal);
  writer.commit();
  const Hdf5Session session;
  const Hdf5Handle in(H5Fopen(file("a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  const Hdf5Handle dataset(H5Dopen2(in.get(), "t", H5P_DEFAULT), H5Dclose);
  const Hdf5Handle type(H5Dget_type(dataset.get()), H5Tclose);
  char cells[8];
  ASSERT_GE(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cells), 0);
  EXPECT_EQ(std::string(cells, 8), std::string("abcdx\0\0\0", 8));
}

TEST_F(Hdf5Writer, AttributesMayBeLong) {
  std::vector<std::string> names(20000);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = "column_" + std::to_string(i);
  FileWriter writer(file("a.h5"));
  writer.set_attribute("/", "feature_names", names);
  writer.commit();
  const Hdf5Session session;
  const Hdf5Handle in(H5Fopen(file("a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  EXPECT_EQ(read_string_list_attribute(in.get(), "feature_names").value(), names);
}

TEST_F(Hdf5Writer, EqualContentGivesEqualBytesAtAnyTime) {
  write_sample(file("a.h5"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // modification times have a resolution of a second
  write_sample(file("b.h5"));
  EXPECT_EQ(bytes_of(file("a.h5")), bytes_of(file("b.h5")));
}

TEST_F(Hdf5Writer, NothingIsLeftWithoutCommit) {
  {
    FileWriter writer(file("a.h5"));
    writer.write("x", std::vector<double>(100000, 1.0));
    EXPECT_EQ(names_in(folder_).size(), 1U);
    EXPECT_FALSE(fs::exists(file("a.h5")));
  }
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Hdf5Writer, AnExistingFileStaysWholeUntilCommit) {
  std::ofstream(file("a.h5")) << "old";
  EXPECT_EQ(code_of([&] { FileWriter writer(file("a.h5")); }), ErrorCode::cannot_create);
  EXPECT_THAT(message_, HasSubstr("exists"));
  FileWriter writer(file("a.h5"), {.overwrite = true});
  writer.write("x", std::vector<int>{1, 2});
  EXPECT_EQ(bytes_of(file("a.h5")), "old");
  writer.commit();
  EXPECT_THAT(read_numbers<int>(file("a.h5"), "x", H5T_NATIVE_INT), ElementsAre(1, 2));
}

TEST_F(Hdf5Writer, ANameTakenMeanwhileIsNotReplaced) {
  FileWriter writer(file("a.h5"));
  std::ofstream(file("a.h5")) << "someone else's";
  EXPECT_EQ(code_of([&] { writer.commit(); }), ErrorCode::cannot_create);
  EXPECT_EQ(bytes_of(file("a.h5")), "someone else's");
}

TEST_F(Hdf5Writer, SaysWhyAFileCannotBeCreated) {
  EXPECT_EQ(code_of([&] { FileWriter writer(file("missing/a.h5")); }), ErrorCode::cannot_create);
  EXPECT_EQ(code_of([&] { FileWriter writer(folder_, {.overwrite = true}); }), ErrorCode::cannot_create);
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  const uid_t self = geteuid();
  const bool lowered = self != 0 || seteuid(65534) == 0;  // root may write anywhere
  EXPECT_EQ(code_of([&] { FileWriter writer(file("a.h5")); }), ErrorCode::permission);
  EXPECT_TRUE(lowered && (self != 0 || seteuid(self) == 0));
  fs::permissions(folder_, fs::perms::owner_all);
}

TEST_F(Hdf5Writer, FewerOrMoreRowsThanDeclaredAreAnError) {
  FileWriter writer(file("a.h5"));
  DatasetWriter& dataset = writer.create_dataset("x", {.type = DataType::int32, .rows = 3});
  dataset.append(std::vector<std::int32_t>{1, 2});
  EXPECT_EQ(code_of([&] { writer.commit(); }), ErrorCode::internal);
  EXPECT_EQ(code_of([&] { dataset.append(std::vector<std::int32_t>{3, 4}); }), ErrorCode::internal);
  EXPECT_EQ(code_of([&] { dataset.append(std::vector<double>{3.0}); }), ErrorCode::internal);
}

/// A file-size limit makes every write beyond it fail, as a full disk does.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_ = {};
  void (*handler_)(int);
};

TEST_F(Hdf5Writer, AFailingWriteIsReportedTrulyAndLeavesNothing) {
  for (const bool compress : {false, true}) {
    for (const std::int64_t known_rows : {-1, 1 << 20}) {
      const SizeLimit limit(100'000);
      EXPECT_EQ(code_of([&] {
                  FileWriter writer(file("a.h5"));
                  DatasetWriter& dataset =
                      writer.create_dataset("x", {.type = DataType::float64, .rows = known_rows, .compress = compress});
                  std::vector<double> values(1 << 16);
                  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0 / (3.0 + static_cast<double>(i));
                  for (int i = 0; i < 16; ++i) dataset.append(values);
                  writer.commit();
                }),
                ErrorCode::io);
      EXPECT_THAT(message_, HasSubstr("a.h5: File too large"));
      EXPECT_THAT(names_in(folder_), IsEmpty());
    }
  }
}

TEST_F(Hdf5Writer, AFailureAtTheEndIsReportedToo) {
  const SizeLimit limit(20'000);
  EXPECT_EQ(code_of([&] {
              FileWriter writer(file("a.h5"));
              for (int i = 0; i < 200; ++i) writer.write("small" + std::to_string(i), std::vector<int>{i});
              writer.commit();
            }),
            ErrorCode::io);
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Hdf5Writer, ScratchIsSeenOnlyWhileItIsBeingOpened) {
  const auto writer = std::make_unique<FileWriter>(folder_, FileWriterOptions{.scratch = true});
  writer->write("x", std::vector<int>{4, 5, 6});
  const fs::path path = writer->finish_scratch();
  EXPECT_EQ(names_in(folder_).size(), 1U);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THAT(read_numbers<int>(path, "x", H5T_NATIVE_INT), ElementsAre(4, 5, 6));
}

TEST_F(Hdf5Writer, ScratchLivesOnInWhoeverHasItOpen) {
  auto writer = std::make_unique<FileWriter>(folder_, FileWriterOptions{.scratch = true});
  writer->write("x", std::vector<int>{4, 5, 6});
  const Hdf5Session session;
  const Hdf5Handle in(H5Fopen(writer->finish_scratch().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  writer.reset();
  EXPECT_THAT(names_in(folder_), IsEmpty());
  const Hdf5Handle dataset(H5Dopen2(in.get(), "x", H5P_DEFAULT), H5Dclose);
  std::vector<int> values(3);
  ASSERT_GE(H5Dread(dataset.get(), H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  EXPECT_THAT(values, ElementsAre(4, 5, 6));
}

}  // namespace
}  // namespace tessera::hdf5
