// SPDX-License-Identifier: Apache-2.0
#include "app/recorder.hpp"

#include <gtest/gtest.h>

namespace tessera {
namespace {

class Counter final : public Observer {
 public:
  void stage(std::string_view, std::int64_t) override { ++stages; }
  void progress(std::int64_t) override { ++progresses; }
  void note(Level, std::string_view, std::string_view) override { ++notes; }
  int stages = 0, progresses = 0, notes = 0;
};

TEST(Recorder, KeepsRemarksOnceAndPassesEverythingOn) {
  Counter counter;
  Recorder recorder(counter);
  recorder.note(Observer::Level::detail, "iteration", "1");
  recorder.note(Observer::Level::info, "threads", "2 threads");
  recorder.note(Observer::Level::warning, "duplicate_ids", "3 rows");
  recorder.note(Observer::Level::warning, "duplicate_ids", "3 rows");
  recorder.progress(7);
  ASSERT_EQ(recorder.remarks().size(), 2U);
  EXPECT_FALSE(recorder.remarks()[0].warning);
  EXPECT_TRUE(recorder.remarks()[1].warning);
  EXPECT_EQ(recorder.message_of("duplicate_ids"), "3 rows");
  EXPECT_EQ(recorder.message_of("absent"), "");
  EXPECT_EQ(counter.notes, 3);
  EXPECT_EQ(counter.progresses, 1);
}

TEST(Recorder, TimesEveryStageInOrderOfAppearance) {
  SilentObserver silent;
  Recorder recorder(silent);
  EXPECT_TRUE(recorder.timings_ms().empty());
  for (const char* stage : {"read", "fit", "read", "write"}) recorder.stage(stage, 0);
  const auto timings = recorder.timings_ms();
  ASSERT_EQ(timings.size(), 3U);
  EXPECT_EQ(timings[0].first, "read");
  EXPECT_EQ(timings[1].first, "fit");
  EXPECT_EQ(timings[2].first, "write");
  for (const auto& [name, ms] : timings) EXPECT_GE(ms, 0.0) << name;
}

}  // namespace
}  // namespace tessera
