// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda/cuda_memory.hpp"
#include "kernels/nearest_arguments.hpp"
#include "tessera/backend.hpp"

namespace tessera::cuda {

/// A chunk that stays on the device, with the labels of the last pass that saw it.
struct ResidentRows {
  std::int64_t n = 0;
  std::int64_t d = 0;
  std::int64_t first_row = 0;
  bool filled = false;    ///< its rows are there
  std::int64_t pass = 0;  ///< the last one that saw it
  DeviceBuffer<float> rows, weights;
  DeviceBuffer<std::uint8_t> flags;
  DeviceBuffer<std::int32_t> label;  ///< -1: in no sum

  /// Rows [first, first + count) as kernels see them.
  [[nodiscard]] kernels::Slab slab(std::int64_t first, std::int64_t count) const;
};

/// What a series of passes keeps on the device: rows, as far as there is room, and the sums of those.
class SeriesRows {
 public:
  /// Memory of a device that is left for passes: a sixteenth, at least 256 MiB.
  [[nodiscard]] static std::int64_t reserve_bytes(std::int64_t memory_bytes);

  /// @throws Error if segments or features are not those of the first pass
  void check_shape(std::int64_t k, std::int64_t d) const;
  void begin_pass(std::int64_t k, std::int64_t d, std::int64_t cells, const Stream& compute);
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
  /// [cells] sums of the rows that are kept, as their labels say.
  [[nodiscard]] const DeviceBuffer<Int128>& totals() const { return totals_; }

 private:
  [[nodiscard]] ResidentRows* keep(const Chunk& chunk, const Device& device, const Stream& compute);

  std::map<std::int64_t, ResidentRows> chunks_;  ///< by first row
  DeviceBuffer<Int128> totals_;
  std::int64_t k_ = 0;
  std::int64_t d_ = 0;
  std::int64_t pass_ = 0;
  std::int64_t kept_bytes_ = 0;  ///< ever
  bool full_ = false;
};

}  // namespace tessera::cuda
