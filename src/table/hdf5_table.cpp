// SPDX-License-Identifier: Apache-2.0
#include "table/hdf5_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "hdf5/input_file.hpp"
#include "table/candidates.hpp"
#include "table/layouts.hpp"
#include "table/table_parts.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Chunk borders of the rest of the program lie on multiples of this.
constexpr std::int64_t kRowsUnit = 4096;
/// A read has chunks for several threads: this much for every four of them, within limits.
constexpr std::int64_t kReadBytes = std::int64_t{8} << 20;
constexpr std::int64_t kMostReadBytes = std::int64_t{32} << 20;
/// What may be kept from read to read, because reads end within chunks, of all columns together.
constexpr std::int64_t kMostKeptBytes = std::int64_t{256} << 20;
/// A table up to this size is read whole by the child, so that what crashes HDF5 crashes it there.
constexpr std::int64_t kReadByChildBytes = std::int64_t{64} << 20;

TableParts open_layout(const hdf5::InputFile& file, const Candidate& candidate) {
  switch (candidate.layout) {
    case Layout::matrix:
    case Layout::ann_benchmarks:
      return open_matrix(file, candidate);
    case Layout::vectors:
      return open_vectors(file, candidate);
    case Layout::record:
      return open_record(file, candidate);
    case Layout::pandas_fixed:
      return open_pandas_fixed(file, candidate);
    case Layout::pandas_table:
      return open_pandas_table(file, candidate);
    case Layout::anndata:
      return open_anndata(file, candidate);
    case Layout::dataframe:
      return open_dataframe(file, candidate);
    case Layout::sparse:
      break;
  }
  refuse_sparse(file, candidate.path);
}

class Hdf5Table final : public Table {
 public:
  Hdf5Table(hdf5::InputFile file, TableParts parts, int threads)
      : file_(std::move(file)), parts_(std::move(parts)), threads_(threads) {
    std::int64_t left = kMostKeptBytes;
    for (const auto& source : parts_.sources) {
      source->keep_at_most(left);
      left = std::max<std::int64_t>(left - source->kept_bytes(), 0);
    }
  }

  [[nodiscard]] const TableInfo& info() const override { return parts_.info; }
  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override;
  [[nodiscard]] std::int64_t preferred_rows() const override;
  [[nodiscard]] std::int64_t working_bytes() const override;
  /// Reads what can be read in reasonable time, to see whether HDF5 survives it.
  void try_out();

 private:
  [[nodiscard]] std::int64_t row_bytes() const;

  hdf5::InputFile file_;
  TableParts parts_;
  hdf5::ReadThreads threads_;
  std::vector<std::vector<WantedColumn>> wanted_;  ///< by source; kept between reads for its memory
};

/// Lets every source of a read free what it has left behind, however the read ends.
class ReleaseSources {
 public:
  explicit ReleaseSources(const TableParts& parts) : parts_(parts) {}
  ReleaseSources(const ReleaseSources&) = delete;
  ReleaseSources& operator=(const ReleaseSources&) = delete;
  ~ReleaseSources() {
    for (const auto& source : parts_.sources) source->release();
  }

 private:
  const TableParts& parts_;
};

void Hdf5Table::read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) {
  const TableInfo& info = parts_.info;
  const auto count = static_cast<int>(info.columns.size());
  if (first_row < 0 || rows < 0 || first_row > info.rows || rows > info.rows - first_row) {
    throw Error(ErrorCode::internal, fmt::format("rows {} + {} asked of a table of {}", first_row, rows, info.rows));
  }
  if (std::any_of(columns.begin(), columns.end(), [&](int column) { return column < 0 || column >= count; })) {
    throw Error(ErrorCode::internal, fmt::format("a column asked for is not one of the {} of the table", count));
  }
  out.first_row = first_row;
  out.rows = rows;
  out.columns.assign(columns.size(), {});
  wanted_.resize(parts_.sources.size());
  for (std::vector<WantedColumn>& wanted : wanted_) wanted.clear();
  for (std::size_t slot = 0; slot < columns.size(); ++slot) {
    const TableParts::Place place = parts_.places[static_cast<std::size_t>(columns[slot])];
    wanted_[static_cast<std::size_t>(place.source)].push_back({place.column, static_cast<int>(slot)});
  }
  ChunkStorage storage(out);
  const RowRead read = {first_row, rows, storage, out.columns};
  const ReleaseSources release(parts_);
  hdf5::ReadTasks tasks;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (!wanted_[i].empty()) parts_.sources[i]->plan(read, wanted_[i], tasks);
  }
  threads_.run(tasks);
}

std::int64_t Hdf5Table::working_bytes() const {
  std::int64_t kept = 0;
  std::int64_t of_thread = 0;
  for (const auto& source : parts_.sources) {
    kept += source->kept_bytes();
    of_thread = std::max(of_thread, source->thread_bytes());
  }
  return kept + threads_.size() * of_thread;
}

std::int64_t Hdf5Table::row_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& source : parts_.sources) bytes += source->row_bytes();
  return std::max<std::int64_t>(bytes, 1);
}

std::int64_t Hdf5Table::preferred_rows() const {
  const std::int64_t bytes = row_bytes();
  std::int64_t widest = 0;
  std::int64_t unit = kRowsUnit;
  for (const auto& source : parts_.sources) {
    if (source->row_bytes() <= widest) continue;
    widest = source->row_bytes();
    // Runs of whole chunks, where the multiple that both agree on is not too long to hold.
    const std::int64_t chunk = source->chunk_rows();
    const bool sane = chunk > 0 && chunk <= kMostReadBytes;
    const std::int64_t both = sane ? std::lcm(chunk, kRowsUnit) : kRowsUnit;
    unit = both <= kMostReadBytes / bytes ? both : kRowsUnit;
  }
  const std::int64_t wanted = std::clamp(kReadBytes * threads_.size() / 4, kReadBytes, kMostReadBytes);
  return std::max<std::int64_t>(wanted / bytes / unit, 1) * unit;
}

void Hdf5Table::try_out() {
  for (const auto& source : parts_.sources) source->touch_index();
  const std::int64_t total = info().rows;
  const std::int64_t fitting = std::max<std::int64_t>(kReadByChildBytes / row_bytes(), 1);
  const std::int64_t run = std::min({preferred_rows(), fitting, total});
  std::vector<int> all(info().columns.size());
  std::iota(all.begin(), all.end(), 0);
  RawChunk chunk;
  if (total <= fitting) {
    for (std::int64_t row = 0; row < total; row += run) read(row, std::min(run, total - row), all, chunk);
  } else {
    read(0, run, all, chunk);
    read(total - run, run, all, chunk);
  }
}

std::unique_ptr<Hdf5Table> open_unchecked(const std::string& path, const TableOptions& options, int threads) {
  hdf5::InputFile file = hdf5::open_for_reading(path);
  TableParts parts = open_layout(file, choose_table(file, options.dataset));
  parts.info.path = path;
  const DataLocation location = {.path = path, .dataset = parts.info.dataset, .column = {}};
  if (parts.info.rows == 0) throw DataError("the table has no rows", location, "check how it was written");
  if (parts.info.columns.empty())
    throw DataError("the table has no column of numbers or text", location,
                    "list what is in the file with h5ls -r, and choose with --dataset PATH");
  make_names_unique(parts.info);
  if (file.unlocked) {
    parts.info.notes.push_back(
        "the file system refused to lock the file, so it is read without a lock; nothing may write to it now");
  }
  return std::make_unique<Hdf5Table>(std::move(file), std::move(parts), threads);
}

}  // namespace

std::unique_ptr<Table> open_trusted_hdf5_table(const std::filesystem::path& path, const TableOptions& options) {
  return open_unchecked(path.string(), options, options.threads);
}

std::unique_ptr<Table> open_hdf5_table(const std::filesystem::path& path, const TableOptions& options,
                                       const hdf5::ChildLimits& limits) {
  const std::string file = path.string();
  hdf5::run_in_child(file, limits, [&] { open_unchecked(file, options, 1)->try_out(); });
  return open_unchecked(file, options, options.threads);
}

}  // namespace tessera
