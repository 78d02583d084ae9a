// SPDX-License-Identifier: Apache-2.0
// The outcome is a function of the customers and the options alone: not of chunks, threads, ranks, memory or instruction set.
#include <gtest/gtest.h>

#include "property/feed_customers.hpp"

namespace tessera {
namespace {

using testing::Customers;
using testing::Knobs;
using testing::Outcome;
using testing::Source;

/// One kind of customers, with the outcome of the plainest run to compare with.
class InvarianceTest : public ::testing::TestWithParam<int> {
 protected:
  static const Customers& customers() {
    static const std::vector<Customers> kinds = testing::all_kinds_of_customers();
    return kinds[static_cast<std::size_t>(GetParam())];
  }
  static void compare(const Knobs& knobs) {
    static int known = -1;
    static Outcome plain;
    if (known != GetParam()) {
      plain = testing::run(customers(), options(), {});
      known = GetParam();
    }
    SCOPED_TRACE(::testing::Message() << customers().name << ": " << knobs.threads << " threads, chunks of " << knobs.chunk_rows
                                      << ", " << knobs.ranks << " ranks, " << knobs.cpu_level << ", source "
                                      << static_cast<int>(knobs.source));
    testing::expect_equal(testing::run(customers(), options(), knobs), plain);
  }

 private:
  static KMeansOptions options() { return {.segments = 5, .seed = 11, .restarts = 2, .max_iterations = 40}; }
};

TEST_P(InvarianceTest, Threads) {
  for (const int threads : {2, 7}) compare({.threads = threads, .cpu_level = "auto"});
}

TEST_P(InvarianceTest, Chunks) {
  for (const std::int64_t chunk_rows : {4096, 8192, 1 << 20}) compare({.threads = 2, .chunk_rows = chunk_rows});
}

TEST_P(InvarianceTest, Ranks) {
  for (const int ranks : {2, 3}) compare({.ranks = ranks, .cpu_level = "auto"});
}

TEST_P(InvarianceTest, InstructionSets) {
  for (const std::string& level : cpu_levels()) compare({.cpu_level = level});
}

TEST_P(InvarianceTest, WhereRowsAreKept) {
  for (const Source source : {Source::resident, Source::spilled, Source::streamed}) {
    compare({.chunk_rows = 4096, .cpu_level = "auto", .source = source});
  }
}

TEST_P(InvarianceTest, EverythingAtOnce) {
  compare({.threads = 2, .chunk_rows = 8192, .ranks = 2, .cpu_level = "auto", .source = Source::spilled});
  compare({.threads = 3, .chunk_rows = 4096, .ranks = 3, .cpu_level = "eigen", .source = Source::resident});
}

INSTANTIATE_TEST_SUITE_P(Customers, InvarianceTest, ::testing::Range(0, testing::kKindsOfCustomers));

}  // namespace
}  // namespace tessera
