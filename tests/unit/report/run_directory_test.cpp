// SPDX-License-Identifier: Apache-2.0
#include "report/run_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <stdexcept>

#include "files.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::names_in;
using testing::read_all;

const char* const kManifest = "{\"format\": \"tessera-manifest\"}";

/// The steps of a run, with a place for an accident behind each of them.
void make_run(const fs::path& target, bool force, const std::string& content, const std::function<void(int)>& after_step) {
  RunDirectory run(target, force);
  after_step(0);
  write_file(run.file("data"), content);
  after_step(1);
  write_file(run.file("manifest.json"), kManifest);
  after_step(2);
  run.commit();
  after_step(3);
}
void make_run(const fs::path& target, bool force = false, const std::string& content = "new") {
  make_run(target, force, content, [](int) {});
}

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  throw std::logic_error("no error");
}

mode_t mode_of(const fs::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) throw std::runtime_error("stat");
  return status.st_mode & 07777U;
}

/// Runs `action` as a user without privileges in a child of its own; its exit status.
int run_as_nobody(const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(99);
    try {
      action();
      ::_exit(0);
    } catch (const Error& error) {
      ::_exit(static_cast<int>(error.code()));
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct RunDirectoryTest : ::testing::Test {
  testing::TemporaryFolder folder;
  fs::path target = folder.path() / "run";
};

TEST_F(RunDirectoryTest, AppearsOnlyAtCommit) {
  {
    RunDirectory run(target, false);
    write_file(run.file("data"), "abc");
    EXPECT_FALSE(fs::exists(target));
    EXPECT_EQ(mode_of(run.file("data").parent_path()), 0700U);
    run.commit();
  }
  EXPECT_EQ(read_all(target / "data"), "abc");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("run"));
}

TEST_F(RunDirectoryTest, PermissionsAreThoseOfTheUmask) {
  const mode_t before = ::umask(027);
  make_run(target);
  ::umask(before);
  EXPECT_EQ(mode_of(target), 0750U);
  EXPECT_EQ(mode_of(target / "data"), 0640U);
}

TEST_F(RunDirectoryTest, AnAccidentAnywhereLeavesTheEarlierRunAndNothingElse) {
  make_run(target, false, "old");
  for (int accident = 0; accident <= 2; ++accident) {
    const auto fail = [&](int step) {
      if (step == accident) throw std::runtime_error("accident");
    };
    EXPECT_THROW(make_run(target, true, "new", fail), std::runtime_error) << accident;
    EXPECT_EQ(read_all(target / "data"), "old") << accident;
    EXPECT_THAT(names_in(folder.path()), ElementsAre("run")) << accident;
  }
}

TEST_F(RunDirectoryTest, AnAccidentRemovesTheParentsItCreated) {
  const fs::path deep = folder.path() / "a" / "b" / "run";
  EXPECT_THROW(make_run(deep, false, "new", [](int) { throw std::runtime_error("accident"); }), std::runtime_error);
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
  make_run(deep);
  EXPECT_EQ(read_all(deep / "data"), "new");
}

TEST_F(RunDirectoryTest, AKilledProcessLeavesTheEarlierRunInPlace) {
  make_run(target, false, "old");
  const pid_t child = ::fork();
  if (child == 0) {
    make_run(target, true, "new", [](int step) {
      if (step == 2) ::raise(SIGKILL);
    });
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read_all(target / "data"), "old");
}

TEST_F(RunDirectoryTest, ReplacesARunOnlyWithForce) {
  make_run(target, false, "old");
  testing::write_all(target / "extra", "of the old run");
  try {
    make_run(target);
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::cannot_create);
    EXPECT_THAT(error.advice(), HasSubstr("--force"));
  }
  EXPECT_EQ(read_all(target / "data"), "old");
  make_run(target, true);
  EXPECT_EQ(read_all(target / "data"), "new");
  EXPECT_THAT(names_in(target), ElementsAre("data", "manifest.json"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("run"));
}

TEST_F(RunDirectoryTest, NeverReplacesAFolderThatIsNotARun) {
  fs::create_directory(target);
  testing::write_all(target / "thesis.txt", "years of work");
  EXPECT_EQ(code_of([&] { make_run(target, true); }), ErrorCode::cannot_create);
  // Other software writes manifests too.
  testing::write_all(target / "manifest.json", "{\"manifest_version\": 3}");
  EXPECT_EQ(code_of([&] { make_run(target, true); }), ErrorCode::cannot_create);
  EXPECT_EQ(read_all(target / "thesis.txt"), "years of work");
}

TEST_F(RunDirectoryTest, AFolderThatFillsMeanwhileIsNotReplaced) {
  RunDirectory run(target, true);
  write_file(run.file("manifest.json"), kManifest);
  fs::create_directory(target);
  testing::write_all(target / "thesis.txt", "years of work");
  EXPECT_EQ(code_of([&] { run.commit(); }), ErrorCode::cannot_create);
  EXPECT_EQ(read_all(target / "thesis.txt"), "years of work");
}

TEST_F(RunDirectoryTest, TakesTheNameOfAnEmptyFolder) {
  fs::create_directory(target);
  make_run(target);
  EXPECT_EQ(read_all(target / "data"), "new");
}

TEST_F(RunDirectoryTest, RefusesFilesAndNamesThatAreNone) {
  testing::write_all(target, "a file");
  EXPECT_EQ(code_of([&] { make_run(target, true); }), ErrorCode::cannot_create);
  EXPECT_EQ(code_of([&] { make_run(target / "below", true); }), ErrorCode::cannot_create);
  EXPECT_EQ(code_of([&] { make_run("", true); }), ErrorCode::cannot_create);
  EXPECT_EQ(code_of([&] { make_run("/", true); }), ErrorCode::cannot_create);
  EXPECT_EQ(read_all(target), "a file");
}

TEST_F(RunDirectoryTest, UnderstandsSlashesAndLinks) {
  make_run(target.string() + "/");
  EXPECT_EQ(read_all(target / "data"), "new");
  fs::create_directory_symlink(target, folder.path() / "latest");
  make_run(folder.path() / "latest", true, "newer");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "latest"));
  EXPECT_EQ(read_all(target / "data"), "newer");
}

TEST_F(RunDirectoryTest, TakesNamesAsLongAsTheFileSystemDoes) {
  const fs::path longest = folder.path() / std::string(255, 'x');
  make_run(longest);
  EXPECT_EQ(read_all(longest / "data"), "new");
}

TEST_F(RunDirectoryTest, AFolderThatIsClosedToUsIsAPermissionError) {
  const fs::path closed = folder.path() / "closed";
  fs::create_directory(closed);
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(closed, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  const int code = run_as_nobody([&] { make_run(closed / "run"); });
  if (code == 99) GTEST_SKIP() << "cannot become another user here";
  EXPECT_EQ(code, static_cast<int>(ErrorCode::permission));
}

TEST_F(RunDirectoryTest, AFullDiskIsAnInputOutputError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  EXPECT_EQ(code_of([] { write_file("/dev/full", "abc"); }), ErrorCode::io);
}

TEST_F(RunDirectoryTest, StagedFileAppearsOnlyAtCommit) {
  const fs::path file = folder.path() / "out.csv";
  {
    const StagedFile abandoned(file, false);
    write_file(abandoned.path(), "half");
  }
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
  StagedFile staged(file, false);
  write_file(staged.path(), "whole");
  EXPECT_FALSE(fs::exists(file));
  staged.commit();
  EXPECT_EQ(read_all(file), "whole");
  EXPECT_EQ(code_of([&] { StagedFile again(file, false); }), ErrorCode::cannot_create);
  StagedFile replacing(file, true);
  write_file(replacing.path(), "new");
  EXPECT_EQ(read_all(file), "whole");
  replacing.commit();
  EXPECT_EQ(read_all(file), "new");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("out.csv"));
}

TEST_F(RunDirectoryTest, StagedFileDoesNotReplaceWhatAppearsMeanwhile) {
  const fs::path file = folder.path() / "out.csv";
  StagedFile staged(file, false);
  testing::write_all(file, "of somebody else");
  EXPECT_EQ(code_of([&] { staged.commit(); }), ErrorCode::cannot_create);
  EXPECT_EQ(read_all(file), "of somebody else");
}

}  // namespace
}  // namespace tessera
