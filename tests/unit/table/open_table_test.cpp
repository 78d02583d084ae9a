// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"
#include "table_cells.hpp"
#include "tessera/error.hpp"
#include "tessera/table.hpp"

namespace tessera {
namespace {

using ::testing::HasSubstr;

const std::string kFolder = std::string(TESSERA_TEST_DATA) + "/tables/";

class OpenTable : public ::testing::Test {
 protected:
  std::string store(const char* name, const std::string& bytes) {
    const std::string path = (folder_.path() / name).string();
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }
  void expect_refused(const std::string& path, ErrorCode code, const char* message, const char* advice = "") {
    try {
      static_cast<void>(open_table(path));
      ADD_FAILURE() << path << " was opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(path));
      EXPECT_THAT(error.what(), HasSubstr(message));
      EXPECT_THAT(error.advice(), HasSubstr(advice));
    }
  }
  testing::TemporaryFolder folder_;
};

TEST_F(OpenTable, TellsHdf5ByItsContent) {
  const std::string path = (folder_.path() / "customers.csv").string();
  std::filesystem::copy_file(kFolder + "matrix.h5", path);
  EXPECT_THAT(open_table(path)->info().layout, HasSubstr("2-D dataset /features"));
  // The signature stands behind a block of the user's own.
  EXPECT_EQ(open_table(kFolder + "sibling_names.h5")->info().columns.front().name, "height");
}

TEST_F(OpenTable, TellsTextByItsContent) {
  const auto table = open_table(store("customers.h5", "age,city\n20,Rome\n31,Bonn\n"));
  EXPECT_EQ(table->info().rows, 2);
  EXPECT_EQ(testing::read_cells(*table, 1), (testing::Cells{{"20", "Rome"}, {"31", "Bonn"}}));
}

TEST_F(OpenTable, NamesWhatIsNeitherAndSaysWhatToDo) {
  using std::string_literals::operator""s;
  expect_refused(store("empty.h5", ""), ErrorCode::bad_data, "empty");
  expect_refused(store("zeros.h5", std::string(5000, '\0')), ErrorCode::bad_data, "neither HDF5 nor text");
  expect_refused(store("short.h5", "\x89HD\0"s), ErrorCode::bad_data, "neither HDF5 nor text");
  expect_refused(store("cut.h5", "\x89HDF\r\n\x1a\n"), ErrorCode::bad_data, "HDF5");
  expect_refused(store("a.parquet", "PAR1\x15\x04"s), ErrorCode::bad_data, "Parquet", "read_parquet");
  expect_refused(store("a.xlsx", "PK\x03\x04\x14"s), ErrorCode::bad_data, "Excel", "CSV");
  expect_refused(store("a.txt",
                       "\xff\xfe"
                       "a\0,\0"s),
                 ErrorCode::bad_data, "UTF-16", "UTF-8");
}

TEST_F(OpenTable, SaysWhatKeepsItFromReading) {
  expect_refused((folder_.path() / "none.h5").string(), ErrorCode::no_input, "No such file");
  expect_refused(folder_.path().string(), ErrorCode::bad_data, "folder");
  const std::string pipe = (folder_.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_refused(pipe, ErrorCode::bad_data, "regular file", "save it to a file");
}

/// The exit code of opening `path` as a user who is not root.
int code_for_others(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(1);
    try {
      static_cast<void>(open_table(path));
    } catch (const Error& error) {
      ::_exit(static_cast<int>(error.code()));
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST_F(OpenTable, AFileWithoutPermissionIsAPermissionError) {
  using std::filesystem::perms;
  std::filesystem::permissions(folder_.path(), perms::owner_all | perms::group_all | perms::others_all);
  const std::string path = store("secret.csv", "age\n1\n2\n");
  std::filesystem::permissions(path, perms::none);
  EXPECT_EQ(code_for_others(path), static_cast<int>(ErrorCode::permission));
  std::filesystem::permissions(path, perms::owner_read | perms::group_read | perms::others_read);
  EXPECT_EQ(code_for_others(path), 0);
}

}  // namespace
}  // namespace tessera
