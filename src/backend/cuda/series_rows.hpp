// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda/cuda_memory.hpp"
#include "backend/cuda/row_slot.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// A chunk that stays on the device.
struct ResidentRows {
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::int64_t first_row = 0;
  bool filled = false;    ///< its rows are there
  std::int64_t pass = 0;  ///< the last one that saw it
  RowBuffers buffers;
  DeviceBuffer<std::int32_t> label;  ///< of the last pass that saw it, -1: in no sum; if the series keeps labels

  /// Rows [first, first + count) as kernels see them.
  [[nodiscard]] kernels::Slab slab(std::int64_t first, std::int64_t count) const {
    return buffers.slab(first_row, d, first, count);
  }
};

/// What a series of passes keeps on the device: rows, as far as there is room.
class SeriesRows {
 public:
  /// @param labels  whether rows have labels
  explicit SeriesRows(bool labels) : labels_(labels) {}

  /// Memory of a device that is left for passes: a sixteenth, at least 256 MiB.
  [[nodiscard]] static std::int64_t reserve_bytes(std::int64_t memory_bytes);

  void begin_pass() { ++pass_; }
  /// The rows of this chunk, taken note of as seen in this pass: with the same borders, or new ones where there is room; else
  /// null.
  [[nodiscard]] ResidentRows* see(const Chunk& chunk, const Device& device, const Stream& compute);
  /// Calls `retire` for rows that the present pass did not see, and forgets them.
  template <typename Retire>
  void drop_unseen(const Stream& compute, const Retire& retire) {
    for (auto at = chunks_.begin(); at != chunks_.end();) {
      if (at->second.pass == pass_) {
        ++at;
        continue;
      }
      retire(at->second);
      compute.wait();  // before its memory goes
      at = chunks_.erase(at);
    }
  }
  [[nodiscard]] bool empty() const { return chunks_.empty(); }

 private:
  [[nodiscard]] ResidentRows* keep(const Chunk& chunk, const Device& device, const Stream& compute);

  std::map<std::int64_t, ResidentRows> chunks_;  ///< by first row
  bool labels_;
  std::int64_t pass_ = 0;
  std::int64_t kept_bytes_ = 0;  ///< ever
  bool full_ = false;
};

}  // namespace tessera::cuda
