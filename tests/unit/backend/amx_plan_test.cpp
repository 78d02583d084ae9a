// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/amx_plan.hpp"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(AmxPlan, LeavesSmallAndHugeTasksToFloat32) {
  EXPECT_EQ(plan_amx(16, 8).screen, AmxScreen::none);
  EXPECT_EQ(plan_amx(32, 16).screen, AmxScreen::none);
  EXPECT_EQ(plan_amx(33, 11).screen, AmxScreen::none);
  EXPECT_EQ(plan_amx(16, 65535).screen, AmxScreen::none);
  EXPECT_EQ(plan_amx(8192, 64).screen, AmxScreen::none);
  EXPECT_EQ(plan_amx(1024, 65535).screen, AmxScreen::none);
  EXPECT_NE(plan_amx(64, 32768).screen, AmxScreen::none);
}

TEST(AmxPlan, EveryFeatureHasAPlaceInEveryProduct) {
  for (std::int64_t d = 1; d <= 1024; ++d) {
    for (const std::int64_t k : {24, 64, 2048}) {
      const AmxPlan plan = plan_amx(d, k);
      ASSERT_NE(plan.screen, AmxScreen::none);
      constexpr std::int64_t kPlaces = 32;  // of bfloat16 in a row of a tile
      if (plan.paired) {
        EXPECT_EQ(plan.screen, AmxScreen::split);
        EXPECT_GE(plan.a_tiles * kPlaces, 2 * d);
        EXPECT_EQ(plan.steps, 2 * plan.a_tiles);
      } else if (plan.screen == AmxScreen::split) {
        EXPECT_GE(plan.a_tiles / 2 * kPlaces, d);
        EXPECT_EQ(plan.steps, 3 * (plan.a_tiles / 2));
      } else {
        EXPECT_GE(plan.a_tiles * kPlaces, d);
        EXPECT_LT((plan.a_tiles - 1) * kPlaces, d);
        EXPECT_EQ(plan.steps, plan.a_tiles);
      }
    }
  }
}

}  // namespace
}  // namespace tessera
