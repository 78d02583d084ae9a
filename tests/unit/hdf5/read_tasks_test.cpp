// SPDX-License-Identifier: Apache-2.0
#include "hdf5/read_tasks.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace tessera::hdf5 {
namespace {

TEST(ReadThreads, RunEveryTaskOnceStageAfterStage) {
  for (const int threads : {1, 2, 5}) {
    for (const int count : {0, 1, 3, 200}) {
      std::atomic<int> fetched = 0;
      std::atomic<int> decoded = 0;
      std::atomic<int> combined = 0;
      std::atomic<bool> too_early = false;
      ReadTasks tasks;
      for (int i = 0; i < count; ++i) {
        tasks.fetch.emplace_back([&](UnpackBuffers&) { ++fetched; });
        tasks.decode.emplace_back([&](UnpackBuffers&) {
          if (fetched != count) too_early = true;
          ++decoded;
        });
        tasks.combine.emplace_back([&](UnpackBuffers&) {
          if (decoded != count) too_early = true;
          ++combined;
        });
      }
      ReadThreads(threads).run(tasks);
      EXPECT_EQ(fetched, count);
      EXPECT_EQ(decoded, count);
      EXPECT_EQ(combined, count);
      EXPECT_FALSE(too_early);
    }
  }
}

TEST(ReadThreads, AFailureIsThrownAndWhatHasNotBegunIsLeftOut) {
  for (const int threads : {1, 3}) {
    std::atomic<int> ran = 0;
    ReadTasks tasks;
    tasks.fetch.emplace_back([](UnpackBuffers&) { throw std::runtime_error("no"); });
    for (int i = 0; i < 100; ++i) tasks.fetch.emplace_back([&](UnpackBuffers&) { ++ran; });
    tasks.decode.emplace_back([](UnpackBuffers&) { FAIL() << "decodes what was not fetched"; });
    ReadThreads reading(threads);
    EXPECT_THROW(reading.run(tasks), std::runtime_error);
    if (threads == 1) {
      EXPECT_EQ(ran, 0);
    }
    ReadTasks next;
    next.fetch.assign(10, [&](UnpackBuffers&) { ++ran; });
    const int before = ran;
    reading.run(next);
    EXPECT_EQ(ran, before + 10);
  }
}

}  // namespace
}  // namespace tessera::hdf5
