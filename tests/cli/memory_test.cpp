// SPDX-License-Identifier: Apache-2.0
#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

class MemoryTest : public CliTest {};

TEST_F(MemoryTest, ATableOfFourTimesTheBudgetStaysWithinIt) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  constexpr std::int64_t kBudgetBytes = std::int64_t{128} << 20;
  constexpr std::int64_t kFeatures = 16;
  const std::int64_t rows = 4 * kBudgetBytes / (kFeatures * 4);
  (void)expect_exit(0, {"generate", "-o", path("t.h5"), "--rows", std::to_string(rows), "--features", std::to_string(kFeatures),
                        "--segments", "8", "--quiet"});
  const CommandResult segment =
      expect_exit(0, {"segment", path("t.h5"), "-o", path("run"), "-k", "8", "--memory", "128M", "--max-iter", "5"});
  EXPECT_LT(segment.peak_bytes, kBudgetBytes + kBudgetBytes * 15 / 100) << segment.err;
  const CommandResult automatic =
      expect_exit(0, {"segment", path("t.h5"), "-o", path("auto"), "--k-range", "1:3", "--memory", "128M", "--max-iter", "3"});
  EXPECT_LT(automatic.peak_bytes, kBudgetBytes + kBudgetBytes * 15 / 100) << automatic.err;
  const CommandResult score =
      expect_exit(0, {"score", path("run/model.h5"), path("t.h5"), "-o", path("out.h5"), "--memory", "128M"});
  EXPECT_LT(score.peak_bytes, kBudgetBytes + kBudgetBytes * 15 / 100) << score.err;
}

}  // namespace
}  // namespace tessera::testing
