// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/nearest_pass.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "backend/nearest_checks.hpp"
#include "kernels/accumulate.hpp"
#include "tessera/error.hpp"

namespace tessera::cuda {
namespace {

RowOutputs part(const RowOutputs& outputs, std::int64_t first, std::int64_t count) {
  using cuda::part;
  return {part(outputs.segment, first, count), part(outputs.distance2, first, count), part(outputs.runner_up, first, count),
          part(outputs.runner_up_distance2, first, count)};
}

bool any(const RowOutputs& outputs) {
  return !outputs.segment.empty() || !outputs.distance2.empty() || !outputs.runner_up.empty() ||
         !outputs.runner_up_distance2.empty();
}

}  // namespace

CudaNearestPass::CudaNearestPass(const NearestTask& task, const Device& device, WorkspacePool<Workspace>& pool,
                                 ThreadPool& threads, NearestSeriesRows* series)
    : task_(task), device_(device), threads_(threads), series_(series), workspace_(pool) {
  check_task(task);
  if (task.gaps()) throw Error(ErrorCode::internal, "rows with gaps reached a pass on a GPU", "please report this");
  if (series != nullptr && series->k != 0 && (series->k != task.centroids.rows || series->d != task.centroids.columns)) {
    throw Error(ErrorCode::internal, "a series of passes changed its number of segments or features", "please report this");
  }
}

void CudaNearestPass::make_ready(std::int64_t chunk_rows, const RowOutputs& outputs) {
  wanted_ = Wanted::of(task_, outputs);
  workspace_.take(device_);
  const bool first = series_ == nullptr || series_->k == 0;
  const Frame own = first ? frame_around(task_.centroids) : Frame{};
  workspace_->prepare(task_, first ? own : series_->frame, wanted_, chunk_rows, series_ != nullptr);
  if (series_ == nullptr) return;
  if (series_->k == 0) {
    series_->k = task_.centroids.rows;
    series_->d = task_.centroids.columns;
    series_->frame = own;
    series_->totals.reserve(workspace_->plan().cells);
    series_->totals.fill_bytes(0, workspace_->plan().cells, workspace_->compute().get());
  }
  series_->rows.begin_pass();
}

void CudaNearestPass::consume(const Chunk& chunk, const RowOutputs& outputs) {
  check_spans(chunk, outputs);
  const std::int64_t n = chunk.rows.rows;
  if (n == 0) return;
  device_.use();
  if (!workspace_) make_ready(n, outputs);
  ResidentRows* resident = series_ == nullptr ? nullptr : series_->rows.see(chunk, device_, workspace_->compute());
  const bool stays = resident != nullptr && resident->filled && !any(outputs);  // nothing comes from or goes to the host
  const std::int64_t most = stays ? workspace_->plan().slab_rows : workspace_->plan().stage_rows;
  auto& slots = workspace_->slots();
  for (std::int64_t first = 0; first < n; first += most) {
    const std::int64_t count = std::min(most, n - first);
    Slot& slot = stays ? slots.front() : slots[next_slot_++ % slots.size()];
    consume_slab(cuda::part(chunk, first, count), part(outputs, first, count), slot, resident, first);
  }
  if (resident != nullptr) resident->filled = true;
  for (Slot& slot : slots) slot.deliver();
}

void CudaNearestPass::consume_slab(const Chunk& rows, const RowOutputs& outputs, Slot& slot, ResidentRows* resident,
                                   std::int64_t offset) {
  const std::int64_t n = rows.rows.rows;
  slot.deliver();
  const std::int64_t room = workspace_->plan().stage_rows;
  const Stream& compute = workspace_->compute();
  if (resident == nullptr) {
    slot.rows.own.reserve(rows, room);
    workspace_->run(slot.rows.upload(rows, slot.rows.own, 0, room, compute, threads_), slot, nullptr,
                    workspace_->totals().data());
  } else {
    const kernels::Slab slab = resident->filled ? resident->slab(offset, n)
                                                : slot.rows.upload(rows, resident->buffers, offset, room, compute, threads_);
    workspace_->run(slab, slot, resident->label.data() + offset, series_->totals.data());
  }
  slot.rows.computed.record(compute);
  if (any(outputs)) fetch(slot, outputs);
}

/// Begins to copy the results of a slab to the host.
void CudaNearestPass::fetch(Slot& slot, const RowOutputs& outputs) {
  const cudaStream_t stream = slot.rows.stream.get();
  slot.rows.computed.hold(slot.rows.stream);
  slot.label.fetch(outputs.segment, stream);
  slot.distance2.fetch(outputs.distance2, stream);
  slot.second.fetch(outputs.runner_up, stream);
  slot.second_distance2.fetch(outputs.runner_up_distance2, stream);
}

NearestStatistics CudaNearestPass::finish() {
  const std::int64_t k = task_.centroids.rows;
  const std::int64_t d = task_.centroids.columns;
  NearestStatistics found = task_.statistics ? NearestStatistics(k, d) : NearestStatistics();
  device_.use();
  if (!workspace_) {
    if (series_ == nullptr || series_->rows.empty()) return found;
    make_ready(0, {});
  }
  if (series_ != nullptr) {
    series_->rows.drop_unseen(workspace_->compute(), [&](ResidentRows& rows) {
      const std::int64_t most = workspace_->plan().slab_rows;
      for (std::int64_t first = 0; first < rows.n; first += most) {
        workspace_->retire(rows.slab(first, std::min(most, rows.n - first)), rows.label.data() + first, series_->totals.data());
      }
    });
  }
  workspace_->wait();
  const Counters counters = workspace_->counters();
  if (counters.bad_row != std::numeric_limits<std::int64_t>::max()) {
    throw NumericalError(
        fmt::format("row {} is too far from its segment: its weighted squared distance does not fit 62 bits of "
                    "the objective's unit 2^{}",
                    counters.bad_row, task_.units->objective_exponent),
        "look at that row for absurd values, or scale the features (--scale standard)");
  }
  if (task_.statistics) {
    add_totals(workspace_->totals(), found);
    if (series_ != nullptr) add_totals(series_->totals, found);
  }
  found.objective = counters.objective;
  found.reference_rows = counters.reference_rows;
  return found;
}

void CudaNearestPass::add_totals(const DeviceBuffer<Int128>& totals, NearestStatistics& found) const {
  const std::vector<Int128> cells = totals.download(workspace_->plan().cells, workspace_->compute().get());
  const std::int64_t d = found.sums.columns();
  for (std::int64_t c = 0; c < found.sums.rows(); ++c) {
    const Int128* segment = cells.data() + c * (d + kernels::kExtraColumns);
    for (std::int64_t j = 0; j < d; ++j) found.sums(c, j) += segment[j];
    found.weights[static_cast<std::size_t>(c)] += segment[d];
    found.rows[static_cast<std::size_t>(c)] += static_cast<std::int64_t>(segment[d + 1]);
  }
}

}  // namespace tessera::cuda
