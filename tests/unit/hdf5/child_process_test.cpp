// SPDX-License-Identifier: Apache-2.0
#include "hdf5/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "hdf5/handle.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

using ::testing::HasSubstr;

constexpr ChildLimits kShort = {.cpu_seconds = 1, .wall_seconds = 1};

/// The DataError that `work` ends in.
std::string message_of(const std::function<void()>& work, const ChildLimits& limits = kShort) {
  try {
    run_in_child("file.h5", limits, work);
  } catch (const DataError& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_data);
    return error.what();
  }
  return "no error";
}

TEST(ChildProcess, LeavesNoTrace) {
  int value = 1;
  run_in_child("file.h5", kShort, [&] { value = 2; });
  EXPECT_EQ(value, 1);
}

TEST(ChildProcess, ItsDeathIsADataErrorThatNamesTheFile) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGKILL, SIGBUS}) {
    EXPECT_THAT(message_of([&] { ::raise(signal); }), HasSubstr("file.h5: the file is damaged")) << signal;
  }
  EXPECT_THAT(message_of([] { ::_exit(0); }), HasSubstr("damaged"));
}

TEST(ChildProcess, ItsTimeIsLimited) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(message_of([] {
                for (volatile bool forever = true; forever;) {
                }
              }),
              HasSubstr("takes longer"));
  EXPECT_THAT(message_of([] { ::sleep(60); }), HasSubstr("takes longer"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(ChildProcess, ItsMemoryIsLimited) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's shadow memory rules out a limit of address space";
#endif
  const ChildLimits little = {.cpu_seconds = 5, .wall_seconds = 10, .extra_memory_bytes = 64 << 20};
  EXPECT_THAT(message_of([] { std::vector<char>(std::size_t{512} << 20); }, little), HasSubstr("more memory"));
  EXPECT_EQ(message_of([] { std::vector<char>(std::size_t{16} << 20); }, little), "no error");
}

TEST(ChildProcess, ErrorsArriveWithClassCodeMessageAndAdvice) {
  try {
    run_in_child("file.h5", kShort, [] { throw DeviceError("no filter", "install it"); });
    FAIL();
  } catch (const DeviceError& error) {
    EXPECT_STREQ(error.what(), "no filter");
    EXPECT_EQ(error.advice(), "install it");
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
  }
  try {
    run_in_child("file.h5", kShort, [] { throw FileError(ErrorCode::permission, "denied", "ask"); });
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::permission);
  }
  const DataLocation where = {.path = "file.h5", .dataset = "/x", .row = 7, .column = "age"};
  EXPECT_EQ(message_of([&] { throw DataError("it is wrong", where, "mend it"); }),
            "file.h5: /x: column 'age': row 7: it is wrong");
  EXPECT_THAT(message_of([] { throw std::runtime_error("something else"); }), HasSubstr("something else"));
  const std::string endless(100'000, 'x');
  EXPECT_EQ(message_of([&] { throw DataError(endless); }), endless) << "more than a pipe holds at once";
}

TEST(ChildProcess, CanUseHdf5WhileOtherThreadsDo) {
  const testing::TemporaryFolder folder;
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    for (int i = 0; !stop; ++i) {
      const Hdf5Session session;
      const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    }
  });
  const std::string path = (folder.path() / "t.h5").string();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(message_of(
                  [&] {
                    const Hdf5Session session;
                    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
                    if (!file) throw DataError("cannot create");
                  },
                  {.cpu_seconds = 5, .wall_seconds = 10}),
              "no error");
  }
  stop = true;
  busy.join();
}

}  // namespace
}  // namespace tessera::hdf5
