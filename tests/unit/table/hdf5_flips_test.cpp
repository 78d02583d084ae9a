// SPDX-License-Identifier: Apache-2.0
// Thousands of damaged files, each read as the program does: by a child first, then by the process itself, which must survive
// whatever the child survived. Here that process is a worker, so that its death is told with the file that caused it. HDF5 does
// silent harm to the memory of the process that shows later, so the worker reads many files in a row.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <new>

#include "damage.hpp"
#include "support/temporary_folder.hpp"

namespace tessera {
namespace {

const std::string kFolder = std::string(TESSERA_TEST_DATA) + "/tables/";
constexpr int kFiles = 600;

/// Numbers that the worker writes and the test reads.
struct Progress {
  std::atomic<int> file{0};
  std::atomic<int> refused{0};
};

class SharedProgress {
 public:
  SharedProgress() {
    void* memory = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    progress_ = std::construct_at(static_cast<Progress*>(memory));
  }
  SharedProgress(const SharedProgress&) = delete;
  SharedProgress& operator=(const SharedProgress&) = delete;
  ~SharedProgress() { ::munmap(progress_, sizeof(Progress)); }
  Progress* operator->() const { return progress_; }

 private:
  Progress* progress_ = nullptr;
};

/// File number `file` of the series; the same in every run.
std::string damaged(const std::string& whole, int file) {
  testing::Sequence sequence(static_cast<std::uint64_t>(file) * 7919 + 13);
  for (int i = 0; i < 4; ++i) sequence.next();  // the first numbers of neighbouring seeds are alike
  return testing::flip_bytes(whole, sequence, 8);
}

class FlippedFile : public ::testing::TestWithParam<const char*> {};

TEST_P(FlippedFile, WhatTheChildSurvivesItsParentSurvives) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "flipped.h5").string();
  const std::string whole = testing::load_bytes(kFolder + GetParam());
  ASSERT_FALSE(whole.empty());
  const SharedProgress progress;
  while (progress->file < kFiles) {
    const pid_t worker = ::fork();
    ASSERT_GE(worker, 0);
    if (worker == 0) {
      for (; progress->file < kFiles; ++progress->file) {
        testing::store_bytes(path, damaged(whole, progress->file.load()));
        if (testing::try_file(path) == testing::Outcome::refused) ++progress->refused;
        if (HasFailure()) ::_exit(1);
      }
      ::_exit(0);
    }
    int status = 0;
    while (::waitpid(worker, &status, 0) < 0) ASSERT_EQ(errno, EINTR);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
    const std::string kept = ::testing::TempDir() + "flipped-" + std::to_string(progress->file.load()) + "-" + GetParam();
    std::filesystem::copy_file(path, kept, std::filesystem::copy_options::overwrite_existing);
    ADD_FAILURE() << "the process that read file " << progress->file.load() << " (" << kept << ") ended with status " << status;
    ++progress->file;
  }
  EXPECT_GT(progress->refused.load(), kFiles / 20) << "few flips did harm, so this proves little";
  EXPECT_LT(progress->refused.load(), kFiles) << "no file got past the child";
}

INSTANTIATE_TEST_SUITE_P(Layouts, FlippedFile,
                         ::testing::Values("matrix.h5", "columns.h5", "compound.h5", "pandas_fixed.h5", "pandas_table.h5",
                                           "dense.h5ad", "sibling_names.h5", "pytables.h5", "pandas_series.h5",
                                           "ann_benchmarks.h5", "links.h5"),
                         testing::name_of_file);

}  // namespace
}  // namespace tessera
