// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/read_ahead.hpp"
#include "feed/feeder.hpp"
#include "feed/kept_state.hpp"
#include "feed/prepared_rows.hpp"
#include "feed/residency.hpp"
#include "feed/row_range.hpp"
#include "prepare/apply.hpp"

namespace tessera {
namespace {

/// Copying from the system's cache outruns disks with so many threads.
constexpr int kMostSpillReaders = 4;

/// Bytes that a raw chunk of this table takes per row, as seen on the first block.
std::int64_t measure_raw_row(Table& table, std::span<const int> columns, RowRange range) {
  const std::int64_t rows = std::min(range.count, kBlockRows);
  if (rows == 0) return 0;
  RawChunk raw;
  table.read(range.first, rows, columns, raw);
  std::size_t bytes = 0;
  for (const auto& storage : raw.numeric_storage) bytes += storage.size();
  for (const auto& text : raw.text_storage) bytes += text->bytes.size() + text->offsets.size() * sizeof(std::int64_t);
  // Texts further down may be longer, and grow their buffer by doubling.
  if (!raw.text_storage.empty()) bytes *= 2;
  return static_cast<std::int64_t>(bytes) / rows + 1;
}

FeedSizes measure(Table& table, const Preparer& preparer, int features, RowRange range) {
  return {.rows = range.count,
          .features = features,
          .weighted = preparer.weighted(),
          .raw_bytes_per_row = measure_raw_row(table, preparer.columns(), range),
          .preferred_rows = table.preferred_rows(),
          .reading_bytes = table.working_bytes()};
}

class TableFeeder final : public Feeder {
 public:
  TableFeeder(Table& table, const FeaturePlan& plan, const FeederOptions& options, const JobContext& job, RowRange range)
      : table_(table), preparer_(plan, table.info()), job_(job), range_(range), features_(plan.features()) {
    const FeedSizes sizes = measure(table, preparer_, features_, range);
    plan_ = plan_feed(sizes, options);
    // State comes last: it only spares work, and what the first sweep gave back may not all have gone back to the system.
    room_for_state_bytes_ = (options.memory_bytes - plan_.planned_bytes) / 2;
    if (plan_.residency != Residency::spilled) return;
    scratch_ = scratch_folder(options.scratch);
    spill_.emplace(scratch_, range.count, features_, preparer_.weighted());
    spill_readers_.emplace(std::min(job.threads.size(), kMostSpillReaders));
    report_spill(range.count * prepared_bytes_per_row(sizes));
  }

  [[nodiscard]] std::int64_t rows() const override { return range_.count; }
  [[nodiscard]] std::int64_t total_rows() const override { return table_.info().rows; }
  [[nodiscard]] int features() const override { return features_; }
  [[nodiscard]] const char* residency() const override {
    switch (plan_.residency) {
      case Residency::resident:
        return "resident";
      case Residency::spilled:
        return "spilled";
      default:
        return "streamed";
    }
  }

  using Feeder::for_each;
  void for_each(const std::function<void(const Chunk&)>& visit, const Held& held) override {
    if (!kept_) {
      first_sweep(visit);
    } else if (spill_) {
      replay_spill(visit, held);
    } else {
      replay_memory(visit);
    }
  }

  void keep_state(int bytes_per_row) override {
    state_ = {};
    if (bytes_per_row > 0 && range_.count * bytes_per_row <= room_for_state_bytes_) {
      state_ = KeptState(range_.count, bytes_per_row);
    }
  }

 private:
  /// Rows [first, first + count) of `rows` as chunk i.
  [[nodiscard]] Chunk chunk_of(const PreparedRows& rows, std::int64_t first, std::int64_t i) const {
    Chunk chunk = rows.chunk(first, count_of(i), range_.first + first_of(i));
    chunk.state = state_.of(first_of(i), count_of(i));
    return chunk;
  }

  void report_spill(std::int64_t bytes) const {
    job_.observer.note(Observer::Level::info, "spill",
                       fmt::format("{} of prepared rows do not fit the memory budget: they are kept in a temporary file in {}",
                                   format_bytes(bytes), scratch_.string()));
    if (!lives_in_memory(scratch_)) return;
    job_.observer.note(Observer::Level::warning, "scratch_in_memory",
                       fmt::format("{} is itself in memory: name a folder on a disk with --scratch", scratch_.string()));
  }

  [[nodiscard]] std::int64_t chunks() const { return (range_.count + plan_.chunk_rows - 1) / plan_.chunk_rows; }
  [[nodiscard]] std::int64_t first_of(std::int64_t chunk) const { return chunk * plan_.chunk_rows; }
  [[nodiscard]] std::int64_t count_of(std::int64_t chunk) const {
    return std::min(plan_.chunk_rows, range_.count - first_of(chunk));
  }

  /// Room for prepared rows: all of them, or one chunk.
  [[nodiscard]] PreparedRows room(bool all) const {
    return {all ? range_.count : std::min(plan_.chunk_rows, range_.count), features_, preparer_.weighted()};
  }

  /// Reads and prepares every row. If it does not come to its end (an exception, a cancellation), the next sweep starts afresh.
  void first_sweep(const std::function<void(const Chunk&)>& visit) {
    const bool resident = plan_.residency == Residency::resident;
    PreparedRows prepared = room(resident);
    std::array<RawChunk, ReadAhead::kSlots> raw;
    ReadAhead reader(chunks(), [&](std::int64_t i, int slot) {
      table_.read(range_.first + first_of(i), count_of(i), preparer_.columns(), raw[static_cast<std::size_t>(slot)]);
    });
    for (std::int64_t i = 0; i < chunks(); ++i) {
      job_.cancel.check();
      const std::int64_t at = resident ? first_of(i) : 0;
      const std::int64_t count = count_of(i);
      const RawChunk& source = raw[static_cast<std::size_t>(reader.next())];
      preparer_.apply(source, prepared.values(at, count), prepared.weights(at, count), prepared.flags(at, count), job_.threads);
      const Chunk chunk = chunk_of(prepared, at, i);
      if (spill_) {
        // The chunk goes to disk while the pass works on it; both only read it. Leaving by an exception waits for the write.
        std::future<void> written = std::async(std::launch::async, [&] { spill_->write(first_of(i), chunk); });
        visit(chunk);
        written.get();
      } else {
        visit(chunk);
      }
      job_.observer.progress(first_of(i) + count);
    }
    if (plan_.residency == Residency::streamed) return;
    if (resident) resident_ = std::move(prepared);
    kept_ = true;
  }

  void replay_memory(const std::function<void(const Chunk&)>& visit) {
    for (std::int64_t i = 0; i < chunks(); ++i) {
      job_.cancel.check();
      visit(chunk_of(resident_, first_of(i), i));
      job_.observer.progress(first_of(i) + count_of(i));
    }
  }

  void replay_spill(const std::function<void(const Chunk&)>& visit, const Held& held) {
    std::vector<std::int64_t> wanted;  // chunks to read
    for (std::int64_t i = 0; i < chunks(); ++i) {
      if (!held || !held(range_.first + first_of(i), count_of(i))) wanted.push_back(i);
    }
    const std::int64_t count = std::ssize(wanted);
    const std::array<PreparedRows, ReadAhead::kSlots> prepared = {room(false), room(false)};
    // The disk works on the chunks after the one that is being read, in the end on those that the next sweep begins with.
    const auto prefetch = [&](std::int64_t number) {
      const std::int64_t i = wanted[static_cast<std::size_t>(number % count)];
      spill_->prefetch(first_of(i), count_of(i));
    };
    ReadAhead reader(count, [&](std::int64_t number, int slot) {
      if (number == 0) prefetch(1);
      prefetch(number + 2);
      const std::int64_t i = wanted[static_cast<std::size_t>(number)];
      spill_->read(first_of(i), count_of(i), prepared[static_cast<std::size_t>(slot)], *spill_readers_);
    });
    auto next = wanted.begin();
    for (std::int64_t i = 0; i < chunks(); ++i) {
      job_.cancel.check();
      if (next != wanted.end() && *next == i) {
        ++next;
        visit(chunk_of(prepared[static_cast<std::size_t>(reader.next())], 0, i));
      } else {
        visit({.first_row = range_.first + first_of(i),
               .rows = {nullptr, count_of(i), features_},
               .state = state_.of(first_of(i), count_of(i))});
      }
      job_.observer.progress(first_of(i) + count_of(i));
    }
  }

  Table& table_;
  Preparer preparer_;
  JobContext job_;
  RowRange range_;
  int features_;
  FeedPlan plan_;
  std::int64_t room_for_state_bytes_ = 0;
  KeptState state_;
  std::filesystem::path scratch_;
  std::optional<SpillFile> spill_;
  std::optional<ThreadPool> spill_readers_;  ///< of their own, so that they don't wait for a pass, nor it for them
  PreparedRows resident_;
  bool kept_ = false;  ///< all rows are in resident_ or spill_
};

}  // namespace

std::unique_ptr<Feeder> make_table_feeder(Table& table, const FeaturePlan& plan, const FeederOptions& options,
                                          const JobContext& job, const Communicator& comm) {
  const RowRange range = rows_of_rank(table.info().rows, comm.rank(), comm.size());
  return std::make_unique<TableFeeder>(table, plan, options, job, range);
}

FeedNeeds table_feeder_needs(Table& table, const FeaturePlan& plan) {
  const FeedSizes sizes = measure(table, Preparer(plan, table.info()), plan.features(), {0, table.info().rows});
  return {least_budget(sizes, Residency::spilled), least_budget(sizes, Residency::resident)};
}

}  // namespace tessera
