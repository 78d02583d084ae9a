// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "core/scratch.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Room for prepared rows; what is in it is undefined until it is written, so that no page is touched before.
class PreparedRows {
 public:
  PreparedRows() = default;
  /// @throws MemoryError if the system has not so much
  PreparedRows(std::int64_t rows, std::int64_t features, bool weighted);

  [[nodiscard]] MatrixView<float> values(std::int64_t first, std::int64_t count) const;
  /// Empty if there are no weights.
  [[nodiscard]] std::span<float> weights(std::int64_t first, std::int64_t count) const;
  [[nodiscard]] std::span<std::uint8_t> flags(std::int64_t first, std::int64_t count) const;
  /// Rows [first, first + count) of the room as a chunk whose first row has the id `first_row`.
  [[nodiscard]] Chunk chunk(std::int64_t first, std::int64_t count, std::int64_t first_row) const;

 private:
  std::int64_t features_ = 0;
  std::unique_ptr<float[]> values_;
  std::unique_ptr<float[]> weights_;
  std::unique_ptr<std::uint8_t[]> flags_;
};

/// Prepared rows of a table, or of a rank's part, in a file without a name: all features, then all weights, then all flags.
class SpillFile {
 public:
  /// @throws FileError if the folder is short of space
  SpillFile(const std::filesystem::path& folder, std::int64_t rows, std::int64_t features, bool weighted);

  /// Stores the rows of `chunk` from row `first` on.
  void write(std::int64_t first, const Chunk& chunk);
  /// Loads rows [first, first + count) into the beginning of `into`, with several threads: fast disks, and the system's cache,
  /// give more than one can take.
  void read(std::int64_t first, std::int64_t count, const PreparedRows& into, ThreadPool& threads) const;
  /// Has the disk fetch rows that are read soon.
  void prefetch(std::int64_t first, std::int64_t count) const;

 private:
  struct Offsets {
    std::int64_t values, weights, flags;
  };
  [[nodiscard]] Offsets offsets(std::int64_t first) const;

  std::int64_t rows_;
  std::int64_t features_;
  bool weighted_;
  ScratchFile file_;
};

}  // namespace tessera
