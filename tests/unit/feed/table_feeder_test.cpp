// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "comm/solo.hpp"
#include "comm/thread_ranks.hpp"
#include "feed/feeder.hpp"
#include "support/memory_table.hpp"
#include "support/temporary_folder.hpp"
#include "unit/feed/recording.hpp"

namespace tessera {
namespace {

using testing::MemoryTable;
using testing::Quiet;
using testing::record;
using testing::Recorded;
using testing::TemporaryFolder;

constexpr std::int64_t kRows = 30'000;
constexpr std::int64_t kAmple = std::int64_t{1} << 30;
/// Holds chunks of a block, but not all of kRows.
constexpr std::int64_t kTight = std::int64_t{800} << 10;

/// Columns a, b (with missing cells) and weights w, as numbers that float32 holds.
MemoryTable make_table(std::int64_t rows = kRows) {
  std::vector<double> a, b, w;
  for (std::int64_t i = 0; i < rows; ++i) {
    a.push_back(static_cast<double>(i % 4099));
    b.push_back(i % 11 == 5 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(i % 257) / 2);
    w.push_back(static_cast<double>(i % 3));
  }
  MemoryTable table;
  table.add("a", a).add("b", b).add("w", w);
  return table;
}

/// Takes the columns as they are; a missing b is 9.
FeaturePlan make_plan(bool weighted = true) {
  FeaturePlan plan;
  for (const char* name : {"a", "b"}) {
    FeatureSource source;
    source.name = name;
    source.fill = 9.0;
    source.first_feature = static_cast<int>(plan.sources.size());
    plan.sources.push_back(source);
    plan.feature_names.emplace_back(name);
    plan.grid_exponent.push_back(-20);
  }
  if (weighted) plan.weight_column = "w";
  plan.weight_exponent = -30;
  plan.largest_weight = 2.0;
  plan.scale = ScalePolicy::none;
  return plan;
}

Recorded expected(std::int64_t rows, bool weighted) {
  Recorded all;
  all.rows = Matrix<float>(rows, 2);
  for (std::int64_t i = 0; i < rows; ++i) {
    const bool missing = i % 11 == 5;
    all.rows(i, 0) = static_cast<float>(i % 4099);
    all.rows(i, 1) = missing ? 9.0F : static_cast<float>(i % 257) / 2;
    if (weighted) all.weights.push_back(static_cast<float>(i % 3));
    all.flags.push_back(missing ? kFlagIncomplete : 0);
  }
  return all;
}

TEST(TableFeeder, FeedsTheSameRowsHoweverTheyAreKeptAndCut) {
  const TemporaryFolder scratch;
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  for (const std::int64_t rows : {std::int64_t{1}, std::int64_t{4096}, kRows}) {
    const Recorded wanted = expected(rows, true);
    for (const std::int64_t memory : {kAmple, kTight}) {
      for (const std::int64_t chunk_rows : {0, 4096, 8192, 1 << 20}) {
        for (const bool keep : {true, false}) {
          MemoryTable table = make_table(rows);
          const FeederOptions options = {
              .memory_bytes = memory, .scratch = scratch.path(), .chunk_rows = chunk_rows, .keep_rows = keep};
          const auto feeder = make_table_feeder(table, plan, options, quiet.job, comm);
          const bool fits = memory == kAmple || rows < kRows;
          EXPECT_STREQ(feeder->residency(), !keep ? "streamed" : fits ? "resident" : "spilled");
          EXPECT_EQ(feeder->rows(), rows);
          EXPECT_EQ(feeder->total_rows(), rows);
          EXPECT_EQ(feeder->features(), 2);
          for (int sweep = 0; sweep < 3; ++sweep) EXPECT_TRUE(record(*feeder) == wanted) << "sweep " << sweep;
          EXPECT_EQ(quiet.observer.last_progress, rows);
          EXPECT_LE(table.rows_read(), (keep ? 1 : 3) * rows + kBlockRows) << "rows are read once";
        }
      }
    }
  }
}

TEST(TableFeeder, UnweightedRowsHaveNoWeights) {
  const TemporaryFolder scratch;
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable table = make_table();
  const FeaturePlan plan = make_plan(false);
  for (const std::int64_t memory : {kAmple, kTight * 3 / 4}) {
    const auto feeder = make_table_feeder(table, plan, {.memory_bytes = memory, .scratch = scratch.path()}, quiet.job, comm);
    EXPECT_STREQ(feeder->residency(), memory == kAmple ? "resident" : "spilled");
    EXPECT_TRUE(record(*feeder) == expected(kRows, false));
    EXPECT_TRUE(record(*feeder) == expected(kRows, false));
  }
}

TEST(TableFeeder, RanksFeedTheirOwnRows) {
  const TemporaryFolder scratch;
  const FeaturePlan plan = make_plan();
  for (const std::int64_t memory : {kAmple, std::int64_t{660} << 10}) {
    for (const int ranks : {1, 2, 3}) {
      std::vector<Recorded> seen(static_cast<std::size_t>(ranks));
      run_ranks(ranks, [&](Communicator& comm) {
        Quiet quiet;
        MemoryTable table = make_table();
        const auto feeder =
            make_table_feeder(table, plan, {.memory_bytes = memory, .scratch = scratch.path()}, quiet.job, comm);
        EXPECT_STREQ(feeder->residency(), memory == kAmple ? "resident" : "spilled");
        EXPECT_EQ(feeder->total_rows(), kRows);
        seen[static_cast<std::size_t>(comm.rank())] = record(*feeder);
        EXPECT_TRUE(record(*feeder) == seen[static_cast<std::size_t>(comm.rank())]);
        EXPECT_LE(table.rows_read(), feeder->rows() + kBlockRows);
      });
      Recorded all;
      for (const Recorded& part : seen) all.append(part);
      EXPECT_TRUE(all == expected(kRows, true)) << ranks << " ranks";
    }
  }
}

TEST(TableFeeder, NameOfTheSpillFileNeverShows) {
  const TemporaryFolder scratch;
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable table = make_table();
  const auto feeder = make_table_feeder(table, plan, {.memory_bytes = kTight, .scratch = scratch.path()}, quiet.job, comm);
  ASSERT_STREQ(feeder->residency(), "spilled");
  EXPECT_EQ(quiet.observer.notes, std::vector<std::string>{"spill"});
  feeder->for_each([&](const Chunk&) { EXPECT_TRUE(std::filesystem::is_empty(scratch.path())); });
  feeder->for_each([&](const Chunk&) { EXPECT_TRUE(std::filesystem::is_empty(scratch.path())); });
}

/// Rows that whoever visits them holds are not read from the disk again; the others come as ever.
TEST(TableFeeder, HeldChunksComeWithoutTheirRows) {
  const TemporaryFolder scratch;
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable table = make_table();
  const auto feeder = make_table_feeder(table, plan, {.memory_bytes = kTight, .scratch = scratch.path()}, quiet.job, comm);
  ASSERT_STREQ(feeder->residency(), "spilled");
  const Recorded all = expected(kRows, true);
  /// @return rows that came
  const auto sweep = [&](const Feeder::Held& held) {
    std::int64_t next = 0, came = 0;
    feeder->for_each(
        [&](const Chunk& chunk) {
          ASSERT_EQ(chunk.first_row, next);
          ASSERT_EQ(chunk.rows.columns, 2);
          next += chunk.rows.rows;
          if (chunk.rows.data == nullptr) {
            ASSERT_TRUE(held(chunk.first_row, chunk.rows.rows));
            ASSERT_TRUE(chunk.weights.empty() && chunk.flags.empty());
            return;
          }
          came += chunk.rows.rows;
          for (std::int64_t i = 0; i < chunk.rows.rows; ++i) {
            ASSERT_EQ(chunk.rows(i, 0), all.rows(chunk.first_row + i, 0));
            ASSERT_EQ(chunk.rows(i, 1), all.rows(chunk.first_row + i, 1));
          }
        },
        held);
    EXPECT_EQ(next, kRows);
    return came;
  };
  const auto everything = [](std::int64_t, std::int64_t) { return true; };
  const auto nothing = [](std::int64_t, std::int64_t) { return false; };
  const auto some = [](std::int64_t first_row, std::int64_t) { return first_row / kBlockRows % 3 != 1; };
  EXPECT_EQ(sweep(everything), kRows);  // the first sweep brings all rows to the spill file
  EXPECT_EQ(sweep(everything), 0);
  EXPECT_GT(sweep(some), 0);
  EXPECT_LT(sweep(some), kRows / 2);
  EXPECT_EQ(sweep(nothing), kRows);
}

TEST(TableFeeder, WarnsOfASpillFileThatTakesMemory) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no /dev/shm here";
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable table = make_table();
  const auto feeder = make_table_feeder(table, plan, {.memory_bytes = kTight, .scratch = "/dev/shm"}, quiet.job, comm);
  EXPECT_EQ(quiet.observer.notes, (std::vector<std::string>{"spill", "scratch_in_memory"}));
}

TEST(TableFeeder, CancelledOrFailedSweepStartsAfresh) {
  const TemporaryFolder scratch;
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  for (const std::int64_t memory : {kAmple, kTight}) {
    Quiet quiet;
    MemoryTable table = make_table();
    const auto feeder = make_table_feeder(table, plan, {.memory_bytes = memory, .scratch = scratch.path(), .chunk_rows = 4096},
                                          quiet.job, comm);
    int chunks = 0;
    EXPECT_THROW(feeder->for_each([&](const Chunk&) {
      if (++chunks == 3) throw std::runtime_error("pass");
    }),
                 std::runtime_error);
    EXPECT_EQ(chunks, 3);
    EXPECT_TRUE(record(*feeder) == expected(kRows, true));
    EXPECT_TRUE(record(*feeder) == expected(kRows, true));
    chunks = 0;
    EXPECT_THROW(feeder->for_each([&](const Chunk&) {
      if (++chunks == 2) quiet.cancel.cancel(SIGINT);
    }),
                 CancelledError);
    EXPECT_EQ(chunks, 2) << "a replay stops too";
    EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
  }
}

/// A table whose reads fail from some row on.
class BrokenTable final : public Table {
 public:
  explicit BrokenTable(MemoryTable& table) : table_(table) {}
  [[nodiscard]] const TableInfo& info() const override { return table_.info(); }
  [[nodiscard]] std::int64_t preferred_rows() const override { return table_.preferred_rows(); }
  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override {
    if (first_row + rows > 16'384) throw DataError("damaged", {.path = "file", .dataset = "/x", .row = 16'384, .column = "a"});
    table_.read(first_row, rows, columns, out);
  }

 private:
  MemoryTable& table_;
};

TEST(TableFeeder, ReadersExceptionSurfacesWhereItBelongs) {
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable whole = make_table();
  BrokenTable table(whole);
  const auto feeder = make_table_feeder(table, plan, {.memory_bytes = kAmple, .chunk_rows = 4096}, quiet.job, comm);
  int chunks = 0;
  try {
    feeder->for_each([&](const Chunk&) { ++chunks; });
    FAIL() << "no exception";
  } catch (const DataError& error) {
    EXPECT_EQ(error.location().row, 16'384);
  }
  EXPECT_EQ(chunks, 4) << "the blocks before are good";
}

TEST(TableFeeder, TooLittleMemoryNamesWhatWouldDo) {
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable table = make_table();
  try {
    (void)make_table_feeder(table, plan, {.memory_bytes = 100'000}, quiet.job, comm);
    FAIL() << "no exception";
  } catch (const MemoryError& error) {
    EXPECT_NE(error.advice().find("--memory at least"), std::string::npos) << error.advice();
  }
}

/// Sweeps with a limit on the size of files, which stands for a full disk. Ends the process: 3 if all is as it should be.
[[noreturn]] void spill_onto_a_full_disk(const std::filesystem::path& scratch) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{50'000, 50'000};
  setrlimit(RLIMIT_FSIZE, &limit);
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable table = make_table();
  const auto feeder = make_table_feeder(table, plan, {.memory_bytes = kTight, .scratch = scratch}, quiet.job, comm);
  try {
    feeder->for_each([](const Chunk&) {});
  } catch (const FileError& error) {
    _exit(error.code() == ErrorCode::io ? 3 : 4);
  }
  _exit(5);
}

TEST(TableFeeder, DiskThatFillsUpWhileSpillingIsAFileError) {
  const TemporaryFolder scratch;
  EXPECT_EXIT(spill_onto_a_full_disk(scratch.path()), ::testing::ExitedWithCode(3), "");
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(TableFeeder, KilledProcessLeavesNoSpillFile) {
  const TemporaryFolder scratch;
  const auto killed_while_spilled = [&] {
    const FeaturePlan plan = make_plan();
    SoloCommunicator comm;
    Quiet quiet;
    MemoryTable table = make_table();
    const auto feeder = make_table_feeder(table, plan, {.memory_bytes = kTight, .scratch = scratch.path()}, quiet.job, comm);
    feeder->for_each([](const Chunk&) {});
    feeder->for_each([](const Chunk&) { kill(getpid(), SIGKILL); });
  };
  EXPECT_EXIT(killed_while_spilled(), ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(TableFeeder, FolderForSpillingThatIsNotThere) {
  const FeaturePlan plan = make_plan();
  SoloCommunicator comm;
  Quiet quiet;
  MemoryTable table = make_table();
  EXPECT_THROW((void)make_table_feeder(table, plan, {.memory_bytes = kTight, .scratch = "/nowhere/at/all"}, quiet.job, comm),
               FileError);
}

}  // namespace
}  // namespace tessera
