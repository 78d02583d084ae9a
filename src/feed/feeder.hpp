// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "core/job.hpp"
#include "tessera/backend.hpp"
#include "tessera/communicator.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Rows that a chunk's borders and float64 reductions are aligned to.
inline constexpr std::int64_t kBlockRows = 4096;

struct FeederOptions {
  std::int64_t memory_bytes = std::int64_t{1} << 30;  ///< budget of everything the feeder holds
  std::filesystem::path scratch = {};                 ///< folder of the spill file; empty: the system's temporary folder
  std::int64_t chunk_rows = 0;                        ///< multiple of kBlockRows; 0: from the budget and the table
  std::int64_t reserve_bytes = -1;                    ///< of the budget, for what passes hold; -1: an eighth of it
  std::int64_t held_bytes = 0;                        ///< of the budget, what the process holds already; see resident_bytes()
  bool keep_rows = true;  ///< false: every sweep reads and prepares anew; for scoring, which makes only one
};

/// A source of prepared chunks that can be swept again and again, always the same rows in the same order.
/// The first sweep reads and prepares; later ones replay from memory if the prepared rows fit the budget, else from a spill
/// file.
class Feeder {
 public:
  virtual ~Feeder() = default;
  /// Rows of this rank and of the whole table.
  [[nodiscard]] virtual std::int64_t rows() const = 0;
  [[nodiscard]] virtual std::int64_t total_rows() const = 0;
  [[nodiscard]] virtual int features() const = 0;
  /// "resident", "spilled", "streamed" (rows are not kept) or "matrix": for the summary.
  [[nodiscard]] virtual const char* residency() const = 0;
  /// Whether a chunk may come without its rows, because whoever visits it holds them. Asked before the first visit.
  using Held = std::function<bool(std::int64_t first_row, std::int64_t rows)>;
  /// Calls `visit` for every chunk in row order, checking for cancellation and reporting progress between chunks.
  /// @param held  spares reading rows that are not in memory; empty: all come
  virtual void for_each(const std::function<void(const Chunk&)>& visit, const Held& held) = 0;
  void for_each(const std::function<void(const Chunk&)>& visit) { for_each(visit, {}); }
  /// From now on chunks carry `bytes_per_row` bytes of state per row, zero at first and then kept from sweep to sweep; 0 gives
  /// the memory back. Where the budget has no room for it, chunks carry none.
  virtual void keep_state(int bytes_per_row) = 0;
};

/// Prepares the rows of `table` with `plan`, reading ahead on a thread of its own; that thread alone calls Table::read() during
/// a sweep. Each rank feeds its own run of rows, with borders on block borders. Table, plan and job must outlive the feeder.
///
/// The budget holds two raw chunks (measured on the first block of rows) and a third for decoding, what the table takes to
/// unpack them, the prepared rows or, when those are spilled, one or two prepared chunks, the row outputs of a sweep, and the
/// reserve for passes. The spill file has no name: it is gone however the process ends.
/// @throws MemoryError if even one block of rows does not fit the budget (says which budget would);
///         FileError if the spill file would not fit the disk
[[nodiscard]] std::unique_ptr<Feeder> make_table_feeder(Table& table, const FeaturePlan& plan, const FeederOptions& options,
                                                        const JobContext& job, const Communicator& comm);

/// Budgets (FeederOptions::memory_bytes with the default reserve) that a table feeder of this plan would need.
struct FeedNeeds {
  std::int64_t least_bytes = 0;     ///< below this it refuses
  std::int64_t resident_bytes = 0;  ///< with this the prepared rows stay in memory
};
[[nodiscard]] FeedNeeds table_feeder_needs(Table& table, const FeaturePlan& plan);

/// Prepared rows that are in memory already; for samples and tests. Views must outlive the feeder.
/// `chunk_rows` as in FeederOptions; flags may be empty.
[[nodiscard]] std::unique_ptr<Feeder> make_matrix_feeder(MatrixView<const float> rows, std::span<const float> weights,
                                                         std::span<const std::uint8_t> flags, std::int64_t chunk_rows,
                                                         const JobContext& job);

/// The same, each rank feeding its own run of the rows: all ranks are given the whole matrix.
[[nodiscard]] std::unique_ptr<Feeder> make_matrix_feeder(MatrixView<const float> rows, std::span<const float> weights,
                                                         std::span<const std::uint8_t> flags, std::int64_t chunk_rows,
                                                         const JobContext& job, const Communicator& comm);

/// One sweep: every chunk through `pass`, statistics summed over the ranks.
[[nodiscard]] NearestStatistics sweep(Feeder& feeder, NearestPass& pass, Communicator& comm);

/// One sweep with per-row outputs: `visit` sees each chunk after the pass, with its outputs filled.
/// `wanted` says which spans are not to be empty.
struct WantedOutputs {
  bool segment = true;
  bool distance2 = true;
  bool runner_up = false;
};
using RowVisit = std::function<void(const Chunk&, const RowOutputs&)>;
[[nodiscard]] NearestStatistics sweep(Feeder& feeder, NearestPass& pass, Communicator& comm, WantedOutputs wanted,
                                      const RowVisit& visit);

}  // namespace tessera
