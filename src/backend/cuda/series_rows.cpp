// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/series_rows.hpp"

#include <algorithm>

#include "tessera/error.hpp"

namespace tessera::cuda {

kernels::Slab ResidentRows::slab(std::int64_t first, std::int64_t count) const {
  return {.rows = rows.data() + first * d,
          .weights = weights.data() == nullptr ? nullptr : weights.data() + first,
          .flags = flags.data() == nullptr ? nullptr : flags.data() + first,
          .first_row = first_row + first,
          .n = static_cast<std::int32_t>(count),
          .d = static_cast<std::int32_t>(d)};
}

std::int64_t SeriesRows::reserve_bytes(std::int64_t memory_bytes) {
  return std::max(memory_bytes / 16, std::int64_t{256} << 20);
}

void SeriesRows::check_shape(std::int64_t k, std::int64_t d) const {
  if (pass_ == 0 || (k == k_ && d == d_)) return;
  throw Error(ErrorCode::internal, "a series of passes changed its number of segments or features", "please report this");
}

void SeriesRows::begin_pass(std::int64_t k, std::int64_t d, std::int64_t cells, const Stream& compute) {
  if (pass_ == 0) {
    k_ = k;
    d_ = d;
    totals_.reserve(cells);
    totals_.fill_bytes(0, cells, compute.get());
  }
  ++pass_;
}

ResidentRows* SeriesRows::see(const Chunk& chunk, const Device& device, const Stream& compute) {
  const auto found = chunks_.find(chunk.first_row);
  if (found == chunks_.end()) return keep(chunk, device, compute);
  ResidentRows& rows = found->second;
  const bool same = rows.n == chunk.rows.rows && (rows.weights.data() != nullptr) == !chunk.weights.empty() &&
                    (rows.flags.data() != nullptr) == !chunk.flags.empty();
  if (!same || rows.pass == pass_) return nullptr;
  rows.pass = pass_;
  return &rows;
}

ResidentRows* SeriesRows::keep(const Chunk& chunk, const Device& device, const Stream& compute) {
  if (full_) return nullptr;
  const std::int64_t n = chunk.rows.rows;
  const std::int64_t bytes = n * (4 * d_ + 4 + 4 + 1);
  const std::int64_t reserve = reserve_bytes(device.limits.memory_bytes);
  full_ = device.free_bytes() - bytes < reserve || kept_bytes_ + bytes + reserve > device.limits.memory_bytes;
  if (full_) return nullptr;
  ResidentRows rows;
  rows.n = n;
  rows.d = d_;
  rows.first_row = chunk.first_row;
  rows.pass = pass_;
  try {
    rows.rows.reserve(n * d_);
    if (!chunk.weights.empty()) rows.weights.reserve(n);
    if (!chunk.flags.empty()) rows.flags.reserve(n);
    rows.label.reserve(n);
  } catch (const AllocationError&) {
    full_ = true;
    return nullptr;
  }
  kept_bytes_ += bytes;
  rows.label.fill_bytes(0xFF, n, compute.get());
  return &chunks_.emplace(chunk.first_row, std::move(rows)).first->second;
}

}  // namespace tessera::cuda
