// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <vector>

#include "core/scratch.hpp"
#include "core/sha256.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

// FIPS 180-4 examples; also `printf abc | sha256sum`.
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(Sha256().finish(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 hash;
  hash.add(bytes_of("a"));
  hash.add(bytes_of("bc"));
  EXPECT_EQ(hash.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// `python3 -c "print('x' * 9000000, end='')" | sha256sum`
TEST(Sha256, FileInPiecesTellsProgressAndStops) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  std::ofstream(path) << std::string(9'000'000, 'x');
  CancelToken cancel;
  std::vector<std::int64_t> progress;
  const auto remember = [&](std::int64_t bytes) { progress.push_back(bytes); };
  EXPECT_EQ(sha256_of_file(path, cancel, remember), "d8b8b13cb51877020b218ad0d813e9ee60e7849cb9f77ffef8b51bc7d2d766a0");
  EXPECT_GT(progress.size(), 1U);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_EQ(progress.back(), 9'000'000);
  cancel.cancel(SIGTERM);
  EXPECT_THROW((void)sha256_of_file(path, cancel), CancelledError);
}

TEST(Sha256, MissingFileIsNoInput) {
  try {
    (void)sha256_of_file("/nowhere/at/all", CancelToken());
    FAIL() << "no exception";
  } catch (const FileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_input);
  }
}

std::string hex_of(const HmacSha256::Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

// RFC 4231, test cases 2, 6 and 1.
TEST(HmacSha256, KnownDigestsOneAfterTheOther) {
  HmacSha256 hmac("Jefe");
  const char* const wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  EXPECT_EQ(hex_of(hmac.of("what do ya want for nothing?")), wanted);
  EXPECT_NE(hex_of(hmac.of("something else")), wanted);
  EXPECT_EQ(hex_of(hmac.of("what do ya want for nothing?")), wanted);
  HmacSha256 long_key(std::string(131, '\xaa'));
  EXPECT_EQ(hex_of(long_key.of("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex_of(HmacSha256(std::string(20, '\x0b')).of("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST(ScratchFolder, FollowsTheOrder) {
  const testing::TemporaryFolder requested, slurm, other;
  setenv("SLURM_TMPDIR", slurm.path().c_str(), 1);
  setenv("TMPDIR", other.path().c_str(), 1);
  EXPECT_EQ(scratch_folder(requested.path()), requested.path());
  EXPECT_EQ(scratch_folder({}), slurm.path());
  setenv("SLURM_TMPDIR", "/nowhere/at/all", 1);
  EXPECT_EQ(scratch_folder({}), other.path());
  unsetenv("SLURM_TMPDIR");
  unsetenv("TMPDIR");
  EXPECT_EQ(scratch_folder({}), lives_in_memory("/tmp") ? "/var/tmp" : "/tmp");
  EXPECT_THROW((void)scratch_folder("/nowhere/at/all"), FileError);
}

TEST(LivesInMemory, KnowsTmpfs) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no /dev/shm here";
  EXPECT_TRUE(lives_in_memory("/dev/shm"));
  EXPECT_FALSE(lives_in_memory("/proc"));
  EXPECT_FALSE(lives_in_memory("/nowhere/at/all"));
}

TEST(ScratchFile, KeepsWhatWasWrittenAndHasNoName) {
  const testing::TemporaryFolder folder;
  ScratchFile file(folder.path());
  file.write(100'000, bytes_of("later"));
  file.write(0, bytes_of("first"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  std::vector<std::byte> got(5);
  file.read(100'000, got);
  EXPECT_EQ(got, bytes_of("later"));
  file.read(0, got);
  EXPECT_EQ(got, bytes_of("first"));
  EXPECT_THROW(file.read(100'003, got), FileError) << "ends before";
}

/// Writes more than this process may, which is the full disk that needs no privileges. Ends the process: 3 if all is as it
/// should.
[[noreturn]] void write_too_much() {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{4096, 4096};
  setrlimit(RLIMIT_FSIZE, &limit);
  ScratchFile file(scratch_folder({}));
  try {
    file.write(0, std::vector<std::byte>(100'000));
  } catch (const FileError& error) {
    const bool names_it = std::string(error.what()).find("a temporary file in") != std::string::npos;
    _exit(error.code() == ErrorCode::io && names_it ? 3 : 4);
  }
  _exit(5);
}

TEST(ScratchFile, FailsInTheMiddleOfAWrite) { EXPECT_EXIT(write_too_much(), ::testing::ExitedWithCode(3), ""); }

TEST(ScratchFile, FolderThatIsNotThere) { EXPECT_THROW(ScratchFile("/nowhere/at/all"), FileError); }

TEST(FreeDiskBytes, IsPositiveWhereTestsRun) {
  EXPECT_GT(free_disk_bytes("/tmp"), 0);
  EXPECT_THROW((void)free_disk_bytes("/nowhere/at/all"), FileError);
}

}  // namespace
}  // namespace tessera
