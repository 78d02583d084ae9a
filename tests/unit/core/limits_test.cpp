// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <thread>

#include "core/cgroup.hpp"
#include "core/memory_budget.hpp"
#include "core/thread_count.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(CgroupLimits, Version2TakesTheLeastOfAllLevels) {
  const testing::TemporaryFolder root;
  const auto mount = root.path() / "sys/fs/cgroup";
  write(root.path() / "proc/self/cgroup", "0::/batch/job\n");
  write(mount / "batch/cpu.max", "150000 100000\n");
  write(mount / "batch/job/cpu.max", "max 100000\n");
  write(mount / "batch/memory.max", "4294967296\n");
  write(mount / "batch/memory.current", "3221225472\n");
  write(mount / "batch/memory.stat", "anon 1\nfile 2\ninactive_file 1073741824\n");
  write(mount / "batch/job/memory.max", "8589934592\n");
  write(mount / "batch/job/memory.current", "1\n");
  const CgroupLimits limits = cgroup_limits(root.path());
  EXPECT_EQ(limits.processors, 1.5);
  EXPECT_EQ(limits.memory_bytes, 4 * kGiB);
  EXPECT_EQ(limits.available_bytes, 2 * kGiB) << "3 GiB in use, of which 1 GiB can be dropped";
}

TEST(CgroupLimits, Version1) {
  const testing::TemporaryFolder root;
  const auto mount = root.path() / "sys/fs/cgroup";
  write(root.path() / "proc/self/cgroup", "12:cpuset:/\n5:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n");
  write(mount / "cpu/docker/abc/cpu.cfs_quota_us", "-1\n");
  write(mount / "cpu/cpu.cfs_quota_us", "300000\n");
  write(mount / "cpu/cpu.cfs_period_us", "100000\n");
  write(mount / "memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");
  write(mount / "memory/memory.limit_in_bytes", "1073741824\n");
  write(mount / "memory/memory.usage_in_bytes", "524288000\n");
  const CgroupLimits limits = cgroup_limits(root.path());
  EXPECT_EQ(limits.processors, 3.0);
  EXPECT_EQ(limits.memory_bytes, kGiB);
  EXPECT_EQ(limits.available_bytes, kGiB - 524288000);
}

TEST(CgroupLimits, NothingThereAndJunkSetNoLimit) {
  const testing::TemporaryFolder root;
  EXPECT_FALSE(cgroup_limits(root.path()).memory_bytes);
  write(root.path() / "proc/self/cgroup", "junk\n0::/\n");
  write(root.path() / "sys/fs/cgroup/cpu.max", "many few\n");
  write(root.path() / "sys/fs/cgroup/memory.max", "max\n");
  const CgroupLimits limits = cgroup_limits(root.path());
  EXPECT_FALSE(limits.processors);
  EXPECT_FALSE(limits.memory_bytes);
  EXPECT_FALSE(limits.available_bytes);
}

TEST(MemoryBudget, SeventyPercentOfTheLeast) {
  const MachineMemory machine{.total_bytes = 100 * kGiB, .available_bytes = 80 * kGiB};
  EXPECT_NEAR(static_cast<double>(memory_budget({}, machine, {}).bytes), 56.0 * kGiB, 100.0);
  const CgroupLimits cgroup{.processors = {}, .memory_bytes = 20 * kGiB, .available_bytes = 10 * kGiB};
  const MemoryBudget budget = memory_budget({}, machine, cgroup);
  EXPECT_NEAR(static_cast<double>(budget.bytes), 7.0 * kGiB, 100.0);
  EXPECT_EQ(budget.reason, "7.00 GiB: 70 % of what the control group has free");
  EXPECT_FALSE(budget.beyond_available);
}

TEST(MemoryBudget, WhatIsAskedForCountsAndIsCompared) {
  const MachineMemory machine{.total_bytes = 100 * kGiB, .available_bytes = 80 * kGiB};
  EXPECT_EQ(memory_budget(8 * kGiB, machine, {}).bytes, 8 * kGiB);
  EXPECT_EQ(memory_budget(8 * kGiB, machine, {}).reason, "8.00 GiB: --memory");
  EXPECT_FALSE(memory_budget(8 * kGiB, machine, {}).beyond_available);
  EXPECT_TRUE(memory_budget(90 * kGiB, machine, {}).beyond_available);
}

TEST(MachineMemory, IsPlausible) {
  const MachineMemory memory = machine_memory();
  EXPECT_GT(memory.available_bytes, 1 << 20);
  EXPECT_GE(memory.total_bytes, memory.available_bytes);
}

TEST(ResidentBytes, GrowWithWhatIsTouched) {
  const std::int64_t before = resident_bytes();
  const std::vector<char> touched(std::size_t{64} << 20, 'x');
  EXPECT_GE(resident_bytes(), before + (std::int64_t{60} << 20)) << touched.back();
}

TEST(ResidentBytes, FallWhenAThreadFrees) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  keep_little_freed_memory();
  std::promise<void> freed, measured;
  const std::int64_t before = resident_bytes();
  std::thread other([&] {
    { const std::vector<char> one(std::size_t{31} << 20, 'x'); }  // the size for which the C library adapts itself
    {
      std::vector<std::vector<char>> several;
      for (int i = 0; i < 48; ++i) several.emplace_back(std::size_t{1} << 20, 'x');
    }
    freed.set_value();
    measured.get_future().wait();
  });
  freed.get_future().wait();
  give_back_freed_memory();
  const std::int64_t after = resident_bytes();
  measured.set_value();
  other.join();
  EXPECT_LT(after, before + (std::int64_t{8} << 20));
}

/// Sets a variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { value != nullptr ? setenv(name, value, 1) : unsetenv(name); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

std::optional<int> limit_of(std::optional<int> requested, const std::string& reason) {
  for (const ThreadLimit& limit : thread_limits(requested)) {
    if (limit.reason == reason) return limit.threads;
  }
  return std::nullopt;
}

TEST(ThreadLimits, ReadTheEnvironment) {
  const Variable slurm("SLURM_CPUS_PER_TASK", "3"), openmp("OMP_NUM_THREADS", "5,2");
  EXPECT_EQ(limit_of({}, "SLURM_CPUS_PER_TASK"), 3);
  EXPECT_EQ(limit_of({}, "OMP_NUM_THREADS"), 5);
  EXPECT_EQ(limit_of({}, "--threads"), std::nullopt);
  EXPECT_EQ(limit_of(9, "--threads"), 9);
}

TEST(ThreadLimits, IgnoreJunkInTheEnvironment) {
  for (const char* junk : {"", "many", "0", "-2", "3x", "99999999999999"}) {
    const Variable slurm("SLURM_CPUS_PER_TASK", junk), openmp("OMP_NUM_THREADS", nullptr);
    EXPECT_EQ(limit_of({}, "SLURM_CPUS_PER_TASK"), std::nullopt) << junk;
  }
}

TEST(ThreadLimits, SeeTheAffinityOfTheCaller) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two processors";
  std::thread([] {
    cpu_set_t all, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    CPU_ZERO(&one);
    for (std::size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i) {
      if (CPU_ISSET(i, &all)) CPU_SET(i, &one);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(limit_of({}, "affinity"), 1);
    EXPECT_EQ(limit_of({}, "processors"), std::nullopt);
  }).join();
}

TEST(ThreadLimits, RefuseNoThreads) {
  EXPECT_THROW((void)thread_limits(0), ConfigError);
  EXPECT_THROW((void)thread_limits(-3), ConfigError);
}

TEST(LeastLimit, TakesTheLeastAndOfEqualOnesTheFirst) {
  const std::vector<ThreadLimit> limits = {{8, "--threads"}, {2, "affinity"}, {2, "processors"}};
  EXPECT_EQ(to_string(least_limit(limits)), "2 threads: affinity");
  EXPECT_EQ(to_string(least_limit({})), "1 thread: default");
}

}  // namespace
}  // namespace tessera
