// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/series_rows.hpp"

#include "exact/grid.hpp"
#include "tessera/error.hpp"

namespace tessera::cuda {

std::int64_t SeriesRows::reserve_bytes(std::int64_t memory_bytes) {
  return std::max(memory_bytes / 16, std::int64_t{256} << 20);
}

ResidentRows* SeriesRows::see(const Chunk& chunk, const Device& device, const Stream& compute) {
  const bool comes = chunk.rows.data != nullptr;
  const auto found = chunks_.find(chunk.first_row);
  if (found == chunks_.end() && comes) return keep(chunk, device, compute);
  if (found != chunks_.end()) {
    ResidentRows& rows = found->second;
    const RowBuffers& buffers = rows.stretch->buffers;
    const bool alike = !comes || ((buffers.weights.data() != nullptr) == !chunk.weights.empty() &&
                                  (buffers.flags.data() != nullptr) == !chunk.flags.empty());
    if (rows.n == chunk.rows.rows && rows.stretch->d == chunk.rows.columns && alike && rows.pass != pass_) {
      rows.pass = pass_;
      rows.deferred = false;
      return &rows;
    }
  }
  if (!comes) throw Error(ErrorCode::internal, "rows that a pass does not hold came without data", "please report this");
  return nullptr;
}

/// Memory for a chunk and those that follow it, if there is that much.
bool SeriesRows::make_stretch(const Chunk& chunk, std::int64_t room, const Device& device, const Stream& compute) {
  const std::int64_t d = chunk.rows.columns;
  const std::int64_t bytes = room * (4 * d + 4 + 4 + 4 + 1);
  const std::int64_t reserve = reserve_bytes(device.limits.memory_bytes);
  if (device.free_bytes() - bytes < reserve || kept_bytes_ + bytes + reserve > device.limits.memory_bytes) return false;
  Stretch stretch;
  stretch.d = d;
  stretch.first_row = chunk.first_row;
  stretch.room = room;
  try {
    stretch.buffers.reserve(chunk, room);
    if (keeps_) {
      stretch.label.reserve(room);
      if (device.limits.skips_settled_rows) stretch.slack.reserve(room);
    }
  } catch (const AllocationError&) {
    return false;
  }
  if (keeps_) stretch.label.fill_bytes(0xFF, room, compute.get());
  kept_bytes_ += bytes;
  stretches_.push_back(std::move(stretch));
  return true;
}

ResidentRows* SeriesRows::keep(const Chunk& chunk, const Device& device, const Stream& compute) {
  const std::int64_t n = chunk.rows.rows;
  const auto follows = [&](const Stretch& last) {
    return last.first_row + last.n == chunk.first_row && last.room - last.n >= n && last.d == chunk.rows.columns &&
           (last.buffers.weights.data() != nullptr) == !chunk.weights.empty() &&
           (last.buffers.flags.data() != nullptr) == !chunk.flags.empty();
  };
  if (stretches_.empty() || !follows(stretches_.back())) {
    if (full_) return nullptr;
    // Slabs are never longer than this, so that longer stretches would gain nothing.
    const std::int64_t room = std::max(std::min(expected_ - kept_rows_, exact::kIntegerBlockRows), n);
    if (!make_stretch(chunk, room, device, compute) && (room == n || !make_stretch(chunk, n, device, compute))) {
      full_ = true;
      return nullptr;
    }
  }
  Stretch& stretch = stretches_.back();
  ResidentRows& rows = chunks_[chunk.first_row];
  rows = {.n = n, .at = stretch.n, .pass = pass_, .stretch = std::prev(stretches_.end())};
  stretch.n += n;
  ++stretch.chunks;
  kept_rows_ += n;
  return &rows;
}

}  // namespace tessera::cuda
