// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/mixture_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tessera/error.hpp"

namespace tessera::cuda {
namespace {

MixtureOutputs part(const MixtureOutputs& outputs, std::int64_t first, std::int64_t count, std::int64_t components) {
  using cuda::part;
  return {part(outputs.segment, first, count),     part(outputs.runner_up, first, count),
          part(outputs.probability, first, count), part(outputs.runner_up_probability, first, count),
          part(outputs.distance2, first, count),   part(outputs.probabilities, first, count, components)};
}

}  // namespace

void CudaMixturePass::make_ready(std::int64_t chunk_rows, const MixtureOutputs& outputs) {
  workspace_.take(device_);
  results_ = outputs.wanted();
  const std::int64_t most_rows = series_ == nullptr || results_ ? chunk_rows : std::max(chunk_rows, series_->expected());
  workspace_->prepare(model_, results_, !outputs.probabilities.empty(), most_rows);
  if (series_ != nullptr) series_->begin_pass();
}

void CudaMixturePass::consume(const Chunk& chunk, const MixtureOutputs& outputs) {
  if (chunk.rows.columns != model_.features) throw Error(ErrorCode::internal, "rows and mixture differ in features");
  const std::int64_t n = chunk.rows.rows;
  if (n == 0) return;
  device_.use();
  if (!workspace_) make_ready(n, outputs);
  ResidentRows* resident = series_ == nullptr ? nullptr : series_->see(chunk, device_, workspace_->compute());
  if (resident != nullptr && resident->filled && !results_) {  // nothing comes from or goes to the host
    defer(*resident);
    return;
  }
  work_on_waiting_rows(1);
  const std::int64_t most = workspace_->plan().stage_blocks * kernels::kLeafRows;
  auto& slots = workspace_->slots();
  for (std::int64_t first = 0; first < n; first += most) {
    const std::int64_t count = std::min(most, n - first);
    consume_slab(cuda::part(chunk, first, count), part(outputs, first, count, model_.components()),
                 slots[next_slot_++ % slots.size()], resident, first);
  }
  if (resident != nullptr) resident->filled = true;
  for (MixtureSlot& slot : slots) slot.deliver();
}

/// Puts rows behind those that wait, and works on whole slabs of them. Sums are made of one leaf after the other, so that rows
/// of two chunks may not meet in a leaf.
void CudaMixturePass::defer(const ResidentRows& rows) {
  const bool follows =
      waiting_.stretch == &*rows.stretch && waiting_.at + waiting_.count == rows.at && waiting_.count % kernels::kLeafRows == 0;
  if (!follows) {
    work_on_waiting_rows(1);
    waiting_ = {.stretch = &*rows.stretch, .at = rows.at, .count = 0};
  }
  waiting_.count += rows.n;
  work_on_waiting_rows(workspace_->plan().slab_blocks * kernels::kLeafRows);
}

/// Works on rows that wait, slab by slab, as long as there are at least so many.
void CudaMixturePass::work_on_waiting_rows(std::int64_t least) {
  while (waiting_.count >= least) {
    const std::int64_t count = std::min(waiting_.count, workspace_->plan().slab_blocks * kernels::kLeafRows);
    workspace_->run(waiting_.stretch->slab(waiting_.at, count), workspace_->slots().front());
    waiting_.at += count;
    waiting_.count -= count;
  }
}

void CudaMixturePass::consume_slab(const Chunk& rows, const MixtureOutputs& outputs, MixtureSlot& slot, ResidentRows* resident,
                                   std::int64_t offset) {
  slot.deliver();
  const std::int64_t room = workspace_->plan().stage_blocks * kernels::kLeafRows;
  const Stream& compute = workspace_->compute();
  if (resident == nullptr) {
    slot.rows.own.reserve(rows, room);
    workspace_->run(slot.rows.upload(rows, slot.rows.own, 0, room, compute, threads_), slot);
  } else {
    const Stretch& stretch = *resident->stretch;
    const std::int64_t at = resident->at + offset;
    workspace_->run(resident->filled ? stretch.slab(at, rows.rows.rows)
                                     : slot.rows.upload(rows, stretch.buffers, at, room, compute, threads_),
                    slot);
  }
  slot.rows.computed.record(compute);
  if (results_) slot.fetch(outputs);
}

MixtureStatistics CudaMixturePass::finish() {
  device_.use();
  if (!workspace_) make_ready(0, {});
  work_on_waiting_rows(1);
  if (series_ != nullptr) {
    series_->drop_unseen(workspace_->compute(), kernels::kLeafRows, [](const Stretch&, std::int64_t, std::int64_t) {});
  }
  workspace_->wait();
  if (const std::int64_t row = workspace_->bad_row(); row != std::numeric_limits<std::int64_t>::max()) {
    throw Error(ErrorCode::internal, fmt::format("row {} lacks a number, although none should", row),
                "please report this; --device cpu takes such rows");
  }
  return workspace_->statistics();
}

}  // namespace tessera::cuda
