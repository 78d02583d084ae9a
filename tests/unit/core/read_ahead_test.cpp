// SPDX-License-Identifier: Apache-2.0
#include "core/read_ahead.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>

namespace tessera {
namespace {

TEST(ReadAhead, HandsOutEveryItemInOrder) {
  std::array<std::int64_t, 2> slots{};
  ReadAhead ahead(1000, [&](std::int64_t index, int slot) { slots.at(static_cast<std::size_t>(slot)) = index * index; });
  for (std::int64_t i = 0; i < 1000; ++i) ASSERT_EQ(slots.at(static_cast<std::size_t>(ahead.next())), i * i);
}

TEST(ReadAhead, ProducesTheNextItemWhileOneIsConsumedAndNoMore) {
  std::atomic<std::int64_t> produced{0};
  std::array<std::promise<void>, 10> done;
  ReadAhead ahead(10, [&](std::int64_t index, int) {
    produced = index + 1;
    done.at(static_cast<std::size_t>(index)).set_value();
  });
  for (std::size_t i = 0; i + 1 < done.size(); ++i) {
    (void)ahead.next();
    done.at(i + 1).get_future().wait();  // would hang if the next item waited for this one to be given back
    ASSERT_EQ(produced.load(), static_cast<std::int64_t>(i) + 2);
  }
}

TEST(ReadAhead, RethrowsAtTheItemThatFailed) {
  std::array<std::int64_t, 2> slots{};
  ReadAhead ahead(10, [&](std::int64_t index, int slot) {
    if (index == 3) throw std::runtime_error("item 3");
    slots.at(static_cast<std::size_t>(slot)) = index;
  });
  for (std::int64_t i = 0; i < 3; ++i) ASSERT_EQ(slots.at(static_cast<std::size_t>(ahead.next())), i);
  EXPECT_THROW((void)ahead.next(), std::runtime_error);
}

TEST(ReadAhead, CanBeLeftAtAnyTime) {
  for (int taken = 0; taken <= 3; ++taken) {
    std::atomic<int> produced{0};
    {
      ReadAhead ahead(1'000'000, [&](std::int64_t, int) { ++produced; });
      for (int i = 0; i < taken; ++i) (void)ahead.next();
    }
    EXPECT_LE(produced.load(), taken + 1 + ReadAhead::kSlots);
  }
  const ReadAhead nothing(0, [](std::int64_t, int) { FAIL(); });
}

}  // namespace
}  // namespace tessera
