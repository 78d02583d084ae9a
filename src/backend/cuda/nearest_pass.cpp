// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/nearest_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "backend/nearest_checks.hpp"
#include "kernels/accumulate.hpp"
#include "tessera/error.hpp"

namespace tessera::cuda {
namespace {

/// The part of `values` that belongs to rows [first, first + count); empty stays empty.
template <typename T>
std::span<T> part(std::span<T> values, std::int64_t first, std::int64_t count) {
  if (values.empty()) return {};
  return values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

RowOutputs part(const RowOutputs& outputs, std::int64_t first, std::int64_t count) {
  return {part(outputs.segment, first, count), part(outputs.distance2, first, count), part(outputs.runner_up, first, count),
          part(outputs.runner_up_distance2, first, count)};
}

Chunk part(const Chunk& chunk, std::int64_t first, std::int64_t count) {
  return {.first_row = chunk.first_row + first,
          .rows = chunk.rows.slice(first, count),
          .weights = part(chunk.weights, first, count),
          .flags = part(chunk.flags, first, count)};
}

bool any(const RowOutputs& outputs) {
  return !outputs.segment.empty() || !outputs.distance2.empty() || !outputs.runner_up.empty() ||
         !outputs.runner_up_distance2.empty();
}

/// From memory of the host to a device, by way of pinned memory: one core is slower than the bus.
template <typename T>
void send(ThreadPool& threads, std::span<const T> from, PinnedBuffer<T>& pinned, T* to, cudaStream_t stream) {
  constexpr std::size_t kShare = std::size_t{1} << 20;
  const std::size_t bytes = from.size_bytes();
  const auto* source = reinterpret_cast<const std::byte*>(from.data());
  auto* target = reinterpret_cast<std::byte*>(pinned.data());
  threads.run(static_cast<std::int64_t>((bytes + kShare - 1) / kShare), [&](int, std::int64_t index) {
    const std::size_t first = static_cast<std::size_t>(index) * kShare;
    std::memcpy(target + first, source + first, std::min(kShare, bytes - first));
  });
  check(cudaMemcpyAsync(to, pinned.data(), bytes, cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync",
        static_cast<std::int64_t>(bytes));
}

/// Begins to copy results to pinned memory, if they are wanted.
template <typename T>
void begin_fetch(const DeviceBuffer<T>& from, PinnedBuffer<T>& pinned, std::span<T> to, std::int64_t room,
                 cudaStream_t stream) {
  if (to.empty()) return;
  pinned.reserve(room);
  check(cudaMemcpyAsync(pinned.data(), from.data(), to.size_bytes(), cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync",
        static_cast<std::int64_t>(to.size_bytes()));
}

template <typename T>
void end_fetch(const PinnedBuffer<T>& pinned, std::span<T> to) {
  if (!to.empty()) std::copy_n(pinned.data(), to.size(), to.begin());
}

}  // namespace

std::unique_ptr<Workspace> WorkspacePool::take(const Device& device) {
  if (free_.empty()) return std::make_unique<Workspace>(device);
  std::unique_ptr<Workspace> workspace = std::move(free_.back());
  free_.pop_back();
  return workspace;
}

CudaNearestPass::CudaNearestPass(const NearestTask& task, const Device& device, WorkspacePool& pool, ThreadPool& threads,
                                 SeriesRows* series)
    : task_(task), device_(device), pool_(pool), threads_(threads), series_(series) {
  check_task(task);
  if (task.gaps()) throw Error(ErrorCode::internal, "rows with gaps reached a pass on a GPU", "please report this");
  if (series != nullptr) series->check_shape(task.centroids.rows, task.centroids.columns);
}

CudaNearestPass::~CudaNearestPass() {
  if (!workspace_) return;
  try {
    device_.use();
    workspace_->wait();
    for (Slot& slot : workspace_->slots()) slot.waiting = {};
    pool_.give_back(std::move(workspace_));
  } catch (...) {
    // The pass ended early and its error is on its way already: the workspace goes too.
  }
}

void CudaNearestPass::make_ready(std::int64_t chunk_rows, const RowOutputs& outputs) {
  wanted_ = Wanted::of(task_, outputs);
  workspace_ = pool_.take(device_);
  workspace_->prepare(task_, wanted_, chunk_rows, series_ != nullptr);
  if (series_ != nullptr) {
    series_->begin_pass(task_.centroids.rows, task_.centroids.columns, workspace_->plan().cells, workspace_->compute());
  }
}

void CudaNearestPass::consume(const Chunk& chunk, const RowOutputs& outputs) {
  check_spans(chunk, outputs);
  const std::int64_t n = chunk.rows.rows;
  if (n == 0) return;
  device_.use();
  if (!workspace_) make_ready(n, outputs);
  ResidentRows* resident = series_ == nullptr ? nullptr : series_->see(chunk, device_, workspace_->compute());
  const bool stays = resident != nullptr && resident->filled && !any(outputs);  // nothing comes from or goes to the host
  const std::int64_t most = stays ? workspace_->plan().slab_rows : workspace_->plan().stage_rows;
  auto& slots = workspace_->slots();
  for (std::int64_t first = 0; first < n; first += most) {
    const std::int64_t count = std::min(most, n - first);
    Slot& slot = stays ? slots.front() : slots[next_slot_++ % slots.size()];
    consume_slab(part(chunk, first, count), part(outputs, first, count), slot, resident, first);
  }
  if (resident != nullptr) resident->filled = true;
  for (Slot& slot : slots) deliver(slot);
}

void CudaNearestPass::consume_slab(const Chunk& rows, const RowOutputs& outputs, Slot& slot, ResidentRows* resident,
                                   std::int64_t offset) {
  const std::int64_t n = rows.rows.rows;
  deliver(slot);
  kernels::Slab slab;
  if (resident == nullptr) {
    const std::int64_t room = workspace_->plan().stage_rows;
    if (!rows.weights.empty()) slot.weights.reserve(room);
    if (!rows.flags.empty()) slot.flags.reserve(room);
    slab = upload(rows, slot, {slot.rows, slot.weights, slot.flags}, 0);
    workspace_->run(slab, slot, nullptr, workspace_->totals().data());
  } else {
    slab = resident->filled ? resident->slab(offset, n)
                            : upload(rows, slot, {resident->rows, resident->weights, resident->flags}, offset);
    workspace_->run(slab, slot, resident->label.data() + offset, series_->totals().data());
  }
  slot.computed.record(workspace_->compute());
  if (any(outputs)) fetch(slot, outputs);
}

/// Brings rows to the device, behind the first `offset` rows there.
kernels::Slab CudaNearestPass::upload(const Chunk& rows, Slot& slot, const RowBuffers& to, std::int64_t offset) {
  const std::int64_t n = rows.rows.rows;
  const std::int64_t d = rows.rows.columns;
  const std::int64_t room = workspace_->plan().stage_rows;
  slot.uploaded.wait();             // pinned memory is free again
  slot.computed.hold(slot.stream);  // and so are the slot's rows
  kernels::Slab slab;
  slab.first_row = rows.first_row;
  slab.n = static_cast<std::int32_t>(n);
  slab.d = static_cast<std::int32_t>(d);
  float* target = to.rows.data() + offset * d;
  send<float>(threads_, {rows.rows.data, static_cast<std::size_t>(n * d)}, slot.pinned_rows, target, slot.stream.get());
  slab.rows = target;
  if (!rows.weights.empty()) {
    slot.pinned_weights.reserve(room);
    send(threads_, rows.weights, slot.pinned_weights, to.weights.data() + offset, slot.stream.get());
    slab.weights = to.weights.data() + offset;
  }
  if (!rows.flags.empty()) {
    slot.pinned_flags.reserve(room);
    send(threads_, rows.flags, slot.pinned_flags, to.flags.data() + offset, slot.stream.get());
    slab.flags = to.flags.data() + offset;
  }
  slot.uploaded.record(slot.stream);
  slot.uploaded.hold(workspace_->compute());
  return slab;
}

/// Begins to copy the results of a slab to the host.
void CudaNearestPass::fetch(Slot& slot, const RowOutputs& outputs) {
  const std::int64_t room = workspace_->plan().stage_rows;
  const cudaStream_t stream = slot.stream.get();
  slot.computed.hold(slot.stream);
  begin_fetch(slot.label, slot.pinned_label, outputs.segment, room, stream);
  begin_fetch(slot.distance2, slot.pinned_distance2, outputs.distance2, room, stream);
  begin_fetch(slot.second, slot.pinned_second, outputs.runner_up, room, stream);
  begin_fetch(slot.second_distance2, slot.pinned_second_distance2, outputs.runner_up_distance2, room, stream);
  slot.waiting = outputs;
}

/// Hands over results that are under way.
void CudaNearestPass::deliver(Slot& slot) {
  if (!any(slot.waiting)) return;
  slot.stream.wait();
  end_fetch(slot.pinned_label, slot.waiting.segment);
  end_fetch(slot.pinned_distance2, slot.waiting.distance2);
  end_fetch(slot.pinned_second, slot.waiting.runner_up);
  end_fetch(slot.pinned_second_distance2, slot.waiting.runner_up_distance2);
  slot.waiting = {};
}

NearestStatistics CudaNearestPass::finish() {
  const std::int64_t k = task_.centroids.rows;
  const std::int64_t d = task_.centroids.columns;
  NearestStatistics found = task_.statistics ? NearestStatistics(k, d) : NearestStatistics();
  device_.use();
  if (!workspace_) {
    if (series_ == nullptr || series_->empty()) return found;
    make_ready(0, {});
  }
  if (series_ != nullptr) {
    series_->drop_unseen(workspace_->compute(), [&](ResidentRows& rows) {
      const std::int64_t most = workspace_->plan().slab_rows;
      for (std::int64_t first = 0; first < rows.n; first += most) {
        workspace_->retire(rows.slab(first, std::min(most, rows.n - first)), rows.label.data() + first,
                           series_->totals().data());
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
    if (series_ != nullptr) add_totals(series_->totals(), found);
  }
  found.objective = counters.objective;
  found.reference_rows = counters.reference_rows;
  return found;
}

void CudaNearestPass::add_totals(const DeviceBuffer<Int128>& totals, NearestStatistics& found) const {
  std::vector<Int128> cells(static_cast<std::size_t>(workspace_->plan().cells));
  const auto bytes = static_cast<std::int64_t>(cells.size() * sizeof(Int128));
  check(cudaMemcpyAsync(cells.data(), totals.data(), static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost,
                        workspace_->compute().get()),
        "cudaMemcpyAsync", bytes);
  workspace_->compute().wait();
  const std::int64_t d = found.sums.columns();
  for (std::int64_t c = 0; c < found.sums.rows(); ++c) {
    const Int128* segment = cells.data() + c * (d + kernels::kExtraColumns);
    for (std::int64_t j = 0; j < d; ++j) found.sums(c, j) += segment[j];
    found.weights[static_cast<std::size_t>(c)] += segment[d];
    found.rows[static_cast<std::size_t>(c)] += static_cast<std::int64_t>(segment[d + 1]);
  }
}

}  // namespace tessera::cuda
