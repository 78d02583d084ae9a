// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/series_rows.hpp"

#include <algorithm>

namespace tessera::cuda {

std::int64_t SeriesRows::reserve_bytes(std::int64_t memory_bytes) {
  return std::max(memory_bytes / 16, std::int64_t{256} << 20);
}

ResidentRows* SeriesRows::see(const Chunk& chunk, const Device& device, const Stream& compute) {
  const auto found = chunks_.find(chunk.first_row);
  if (found == chunks_.end()) return keep(chunk, device, compute);
  ResidentRows& rows = found->second;
  const bool same = rows.n == chunk.rows.rows && rows.d == chunk.rows.columns &&
                    (rows.buffers.weights.data() != nullptr) == !chunk.weights.empty() &&
                    (rows.buffers.flags.data() != nullptr) == !chunk.flags.empty();
  if (!same || rows.pass == pass_) return nullptr;
  rows.pass = pass_;
  return &rows;
}

ResidentRows* SeriesRows::keep(const Chunk& chunk, const Device& device, const Stream& compute) {
  if (full_) return nullptr;
  const std::int64_t n = chunk.rows.rows;
  const std::int64_t d = chunk.rows.columns;
  const std::int64_t bytes = n * (4 * d + 4 + 4 + 1);
  const std::int64_t reserve = reserve_bytes(device.limits.memory_bytes);
  full_ = device.free_bytes() - bytes < reserve || kept_bytes_ + bytes + reserve > device.limits.memory_bytes;
  if (full_) return nullptr;
  ResidentRows rows;
  rows.n = n;
  rows.d = d;
  rows.first_row = chunk.first_row;
  rows.pass = pass_;
  try {
    rows.buffers.reserve(chunk, n);
    if (labels_) rows.label.reserve(n);
  } catch (const AllocationError&) {
    full_ = true;
    return nullptr;
  }
  kept_bytes_ += bytes;
  if (labels_) rows.label.fill_bytes(0xFF, n, compute.get());
  return &chunks_.emplace(chunk.first_row, std::move(rows)).first->second;
}

}  // namespace tessera::cuda
