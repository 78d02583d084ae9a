// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda/cuda_memory.hpp"
#include "backend/cuda/device_drift.hpp"
#include "backend/cuda/row_slot.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// What a series keeps of the rows of a slab.
struct KeptRows {
  std::int32_t* label = nullptr;       ///< [n] of the pass before, which become those of this one; null: nothing is kept
  float* slack = nullptr;              ///< [n] null: every pass looks at all of them
  const DeviceDrift* drift = nullptr;  ///< of the series, if there is slack
  bool may_settle = false;             ///< nobody asks for results of all rows: settled ones are left alone
};

/// Memory for chunks that follow each other in the table, side by side, so that kernels can work on all of them at once.
struct Stretch {
  std::int64_t d = 0;
  std::int64_t first_row = 0;
  std::int64_t n = 0;     ///< rows that have a place
  std::int64_t room = 0;  ///< places
  std::int64_t chunks = 0;
  RowBuffers buffers;
  // If the series keeps what it finds of rows:
  DeviceBuffer<std::int32_t> label;  ///< [room] of the last pass, -1: in no sum
  DeviceBuffer<float> slack;         ///< [room] of rows with a label, see kernels::KeptSlack; null: passes look at all rows

  /// Rows [at, at + count) of it as kernels see them.
  [[nodiscard]] kernels::Slab slab(std::int64_t at, std::int64_t count) const { return buffers.slab(first_row, d, at, count); }
  /// What the series keeps of rows [at, ...).
  [[nodiscard]] KeptRows kept(std::int64_t at, const DeviceDrift& drift, bool may_settle) const {
    return {label.data() + at, slack.data() == nullptr ? nullptr : slack.data() + at, &drift, may_settle};
  }
};

/// A chunk that stays on the device.
struct ResidentRows {
  std::int64_t n = 0;
  std::int64_t at = 0;    ///< place of its first row in the stretch
  bool filled = false;    ///< its rows are there
  std::int64_t pass = 0;  ///< the last one that saw it
  bool deferred = false;  ///< that pass has not worked on it yet
  std::list<Stretch>::iterator stretch;
};

/// What a series of passes keeps on the device: rows, as far as there is room.
class SeriesRows {
 public:
  /// @param keeps  what is found of rows, too  @param expected  rows that will come, 0 if nobody knows
  SeriesRows(bool keeps, std::int64_t expected) : keeps_(keeps), expected_(expected) {}

  /// Memory of a device that is left for passes: a sixteenth, at least 256 MiB.
  [[nodiscard]] static std::int64_t reserve_bytes(std::int64_t memory_bytes);

  void begin_pass() { ++pass_; }
  /// Whether a chunk with these borders is there, so that it may come without its rows.
  [[nodiscard]] bool holds(std::int64_t first_row, std::int64_t n) const {
    const auto found = chunks_.find(first_row);
    return found != chunks_.end() && found->second.filled && found->second.n == n;
  }
  /// The rows of this chunk, taken note of as seen in this pass: with the same borders, or new ones where there is room; else
  /// null. @throws Error if it came without its rows, and they are not there
  [[nodiscard]] ResidentRows* see(const Chunk& chunk, const Device& device, const Stream& compute);
  /// Calls visit(stretch, at, count) for the rows of chunks that `include` says yes to, at most `most` at a time, as long as
  /// they lie side by side.
  template <typename Include, typename Visit>
  void each_run(std::int64_t most, const Include& include, const Visit& visit) {
    auto stretch = stretches_.end();
    std::int64_t first = 0, count = 0;
    const auto flush = [&] {
      for (std::int64_t done = 0; done < count; done += most) visit(*stretch, first + done, std::min(most, count - done));
      count = 0;
    };
    for (auto& [row, rows] : chunks_) {
      if (!include(rows)) continue;
      if (count == 0 || rows.stretch != stretch || rows.at != first + count) {
        flush();
        stretch = rows.stretch;
        first = rows.at;
      }
      count += rows.n;
    }
    flush();
  }
  /// Calls retire(stretch, at, count) for rows that the present pass did not see, and forgets them.
  template <typename Retire>
  void drop_unseen(const Stream& compute, std::int64_t most, const Retire& retire) {
    each_run(
        most, [&](const ResidentRows& rows) { return rows.pass != pass_; }, retire);
    for (auto at = chunks_.begin(); at != chunks_.end();) {
      if (at->second.pass == pass_) {
        ++at;
        continue;
      }
      compute.wait();  // before its memory goes
      if (--at->second.stretch->chunks == 0) stretches_.erase(at->second.stretch);
      at = chunks_.erase(at);
    }
  }
  /// Whether the present pass saw them.
  [[nodiscard]] bool is_seen(const ResidentRows& rows) const { return rows.pass == pass_; }
  [[nodiscard]] bool all_seen() const {
    return std::ranges::all_of(chunks_, [&](const auto& entry) { return is_seen(entry.second); });
  }
  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  [[nodiscard]] std::int64_t expected() const { return expected_; }
  [[nodiscard]] std::int64_t rows() const {
    std::int64_t rows = 0;
    for (const auto& entry : chunks_) rows += entry.second.n;
    return rows;
  }

 private:
  [[nodiscard]] ResidentRows* keep(const Chunk& chunk, const Device& device, const Stream& compute);
  [[nodiscard]] bool make_stretch(const Chunk& chunk, std::int64_t room, const Device& device, const Stream& compute);

  std::list<Stretch> stretches_;
  std::map<std::int64_t, ResidentRows> chunks_;  ///< by first row
  bool keeps_;
  std::int64_t expected_;
  std::int64_t pass_ = 0;
  std::int64_t kept_rows_ = 0;   ///< ever
  std::int64_t kept_bytes_ = 0;  ///< ever
  bool full_ = false;
};

}  // namespace tessera::cuda
