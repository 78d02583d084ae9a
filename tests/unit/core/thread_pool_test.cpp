// SPDX-License-Identifier: Apache-2.0
#include "core/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tessera {
namespace {

class ThreadPoolTest : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEveryTaskOnceOnTheThreadOfThePlan) {
  const int threads = GetParam();
  ThreadPool pool(threads);
  ASSERT_EQ(pool.size(), threads);
  for (const std::int64_t count : {0, 1, 2, 3, 7, 100, 1001}) {
    std::vector<int> ran_on(static_cast<std::size_t>(count), -1);
    std::vector<int> runs(static_cast<std::size_t>(count), 0);
    pool.run(count, [&](int thread, std::int64_t i) {
      ran_on[static_cast<std::size_t>(i)] = thread;
      ++runs[static_cast<std::size_t>(i)];
    });
    for (std::int64_t i = 0; i < count; ++i) {
      ASSERT_EQ(runs[static_cast<std::size_t>(i)], 1) << "task " << i << " of " << count;
      const int thread = ran_on[static_cast<std::size_t>(i)];
      ASSERT_GE(i, count * thread / threads);
      ASSERT_LT(i, count * (thread + 1) / threads);
    }
  }
}

TEST_P(ThreadPoolTest, ManyShortRunsLoseNothing) {
  ThreadPool pool(GetParam());
  std::atomic<std::int64_t> sum{0};
  for (int run = 0; run < 2000; ++run) pool.run(5, [&](int, std::int64_t i) { sum += i; });
  EXPECT_EQ(sum.load(), 2000 * 10);
}

TEST_P(ThreadPoolTest, RethrowsTheLowestThreadsExceptionAndForgetsTheOthers) {
  const int threads = GetParam();
  ThreadPool pool(threads);
  std::atomic<int> ran{0};
  try {
    pool.run(threads, [&](int thread, std::int64_t) {
      ++ran;
      throw std::runtime_error(std::to_string(thread));
    });
    FAIL() << "no exception";
  } catch (const std::runtime_error& failure) {
    EXPECT_STREQ(failure.what(), "0");
  }
  EXPECT_EQ(ran.load(), threads) << "one thread's exception must not stop the others";
  EXPECT_NO_THROW(pool.run(threads, [](int, std::int64_t) {})) << "a failure of the earlier run came back";
}

TEST_P(ThreadPoolTest, ThrowingThreadLeavesItsRemainingTasks) {
  const int threads = GetParam();
  ThreadPool pool(threads);
  std::vector<int> ran(static_cast<std::size_t>(threads) * 2, 0);
  EXPECT_THROW(pool.run(threads * 2,
                        [&](int thread, std::int64_t i) {
                          ran[static_cast<std::size_t>(i)] = 1;
                          if (thread == threads - 1) throw std::logic_error("last");
                        }),
               std::logic_error);
  for (int i = 0; i + 1 < threads * 2; ++i) EXPECT_EQ(ran[static_cast<std::size_t>(i)], 1) << i;
  EXPECT_EQ(ran.back(), 0);
}

TEST_P(ThreadPoolTest, NestedRunStaysOnItsThread) {
  ThreadPool pool(GetParam());
  std::atomic<int> inner{0};
  pool.run(4, [&](int outer_thread, std::int64_t) {
    const auto id = std::this_thread::get_id();
    pool.run(3, [&](int thread, std::int64_t) {
      EXPECT_EQ(thread, outer_thread);
      EXPECT_EQ(std::this_thread::get_id(), id);
      ++inner;
    });
  });
  EXPECT_EQ(inner.load(), 12);
  EXPECT_THROW(pool.run(2, [&](int, std::int64_t) { pool.run(1, [](int, std::int64_t) { throw std::logic_error("inner"); }); }),
               std::logic_error);
}

TEST_P(ThreadPoolTest, PoolsNestInEachOther) {
  ThreadPool outer(GetParam());
  ThreadPool other(2);
  std::atomic<int> ran{0};
  outer.run(2, [&](int, std::int64_t) {
    const auto id = std::this_thread::get_id();
    other.run(2, [&](int, std::int64_t) {
      // A task of `other` on the thread of an `outer` task may use `outer` again; on another thread it would wait for itself.
      if (std::this_thread::get_id() == id) outer.run(2, [&](int, std::int64_t) { ++ran; });
    });
    outer.run(1, [&](int, std::int64_t) { EXPECT_EQ(std::this_thread::get_id(), id); });
  });
  EXPECT_EQ(ran.load(), 4);
}

TEST_P(ThreadPoolTest, CallersTakeTurns) {
  ThreadPool pool(GetParam());
  std::atomic<std::int64_t> sum{0};
  std::atomic<int> inside{0};
  const auto call = [&] {
    for (int run = 0; run < 200; ++run) {
      pool.run(1, [&](int, std::int64_t) {
        EXPECT_EQ(++inside, 1);
        ++sum;
        --inside;
      });
    }
  };
  std::thread other(call);
  call();
  other.join();
  EXPECT_EQ(sum.load(), 400);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolTest, ::testing::Values(1, 2, 3, 7));

TEST(ThreadPool, TreatsLessThanOneThreadAsOne) { EXPECT_EQ(ThreadPool(0).size(), 1); }

TEST(ThreadPool, CanBeMadeAndDestroyedWithoutUse) {
  for (int i = 0; i < 50; ++i) ThreadPool pool(4);
}

}  // namespace
}  // namespace tessera
