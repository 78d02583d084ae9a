// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/nearest_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
                                 ThreadPool& threads, NearestSeriesState* series, SeriesRows* rows)
    : task_(task),
      device_(device),
      threads_(threads),
      series_(series),
      rows_(rows),
      own_(pool),
      workspace_(series == nullptr ? own_ : series->workspace) {
  check_task(task);
  if (series != nullptr && series->k != 0 && (series->k != task.centroids.rows || series->d != task.centroids.columns)) {
    throw Error(ErrorCode::internal, "a series of passes changed its number of segments or features", "please report this");
  }
}

CudaNearestPass::~CudaNearestPass() {
  if (series_ == nullptr || !series_->ahead.active()) workspace_.give_back();
}

void CudaNearestPass::begin(std::int64_t chunk_rows, const RowOutputs& outputs) {
  begun_ = true;
  wanted_ = Wanted::of(task_, outputs);
  done_ahead_ = is_done_ahead();
  if (!done_ahead_) prepare(chunk_rows);
  if (rows_ != nullptr) rows_->begin_pass();
}

/// Whether the device has iterations ahead, and the next one is this pass.
bool CudaNearestPass::is_done_ahead() const {
  if (series_ == nullptr || !series_->ahead.active()) return false;
  if (task_.statistics && !wanted_.distance && series_->ahead.next_is_of(task_.centroids)) return true;
  ++series_->misses;
  return false;
}

void CudaNearestPass::prepare(std::int64_t chunk_rows) {
  workspace_.take(device_);
  const std::int64_t slab_rows = rows_ == nullptr ? chunk_rows : std::max(chunk_rows, rows_->expected());
  if (series_ == nullptr) {
    workspace_->prepare(task_, frame_around(task_.centroids), wanted_, slab_rows, rows_ != nullptr);
    return;
  }
  workspace_->wait();  // for iterations that may be under way
  series_->ahead.abandon();
  const bool first = series_->k == 0;
  if (first) series_->frame = frame_around(task_.centroids);
  workspace_->prepare(task_, series_->frame, wanted_, slab_rows, true);
  workspace_->advance(series_->drift);
  if (!first) return;
  series_->k = task_.centroids.rows;
  series_->d = task_.centroids.columns;
  series_->totals.reserve(workspace_->plan().total_cells());
  series_->totals.fill_bytes(0, workspace_->plan().total_cells(), workspace_->compute().get());
}

void CudaNearestPass::consume(const Chunk& chunk, const RowOutputs& outputs) {
  check_spans(chunk, outputs);
  const std::int64_t n = chunk.rows.rows;
  if (n == 0) return;
  device_.use();
  if (!begun_) begin(n, outputs);
  ResidentRows* resident = rows_ == nullptr ? nullptr : rows_->see(chunk, device_, workspace_->compute());
  if (resident != nullptr && resident->filled && !any(outputs)) {  // nothing comes from or goes to the host
    resident->deferred = true;
    return;
  }
  if (std::exchange(done_ahead_, false)) prepare(n);
  all_resident_ = all_resident_ && resident != nullptr;
  const std::int64_t most = workspace_->plan().stage_rows;
  auto& slots = workspace_->slots();
  for (std::int64_t first = 0; first < n; first += most) {
    const std::int64_t count = std::min(most, n - first);
    consume_slab(cuda::part(chunk, first, count), part(outputs, first, count), slots[next_slot_++ % slots.size()], resident,
                 first);
  }
  if (resident != nullptr) resident->filled = true;
  for (Slot& slot : slots) slot.deliver();
}

/// Brings rows to the device, behind the first `at` there.
kernels::Slab CudaNearestPass::bring(const Chunk& rows, Slot& slot, const RowBuffers& to, std::int64_t at) {
  const kernels::Slab slab = slot.rows.upload(rows, to, at, workspace_->plan().stage_rows, workspace_->compute(), threads_);
  if (task_.gaps() && slab.flags != nullptr) workspace_->mark_gaps(slab, to.flags.data() + at);
  return slab;
}

void CudaNearestPass::consume_slab(const Chunk& rows, const RowOutputs& outputs, Slot& slot, ResidentRows* resident,
                                   std::int64_t offset) {
  const std::int64_t n = rows.rows.rows;
  slot.deliver();
  if (resident == nullptr) {
    slot.rows.own.reserve(rows, workspace_->plan().stage_rows);
    workspace_->run(bring(rows, slot, slot.rows.own, 0), slot, {}, totals(false));
  } else {
    Stretch& stretch = *resident->stretch;
    const std::int64_t at = resident->at + offset;
    const kernels::Slab slab = resident->filled ? stretch.slab(at, n) : bring(rows, slot, stretch.buffers, at);
    workspace_->run(slab, slot, kept(stretch, at, false), totals(true));
  }
  slot.rows.computed.record(workspace_->compute());
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

/// What the series, if it is one, keeps of the rows of a slab.
KeptRows CudaNearestPass::kept(Stretch& stretch, std::int64_t at, bool may_settle) const {
  return series_ == nullptr ? KeptRows() : stretch.kept(at, series_->drift, may_settle);
}

/// What rows are added to: those of a series stay in its sums from pass to pass.
Int128* CudaNearestPass::totals(bool resident) const {
  return series_ != nullptr && resident ? series_->totals.data() : workspace_->totals().data();
}

/// Takes rows that did not come again off the sums of the series, and works on those that have waited.
void CudaNearestPass::work_on_resident_rows() {
  const std::int64_t most = workspace_->plan().slab_rows;
  if (series_ != nullptr) {
    rows_->drop_unseen(workspace_->compute(), most, [&](Stretch& stretch, std::int64_t at, std::int64_t count) {
      workspace_->retire(stretch.slab(at, count), kept(stretch, at, false), totals(true));
    });
  }
  const auto waits = [&](const ResidentRows& rows) { return rows_->is_seen(rows) && rows.deferred; };
  rows_->each_run(most, waits, [&](Stretch& stretch, std::int64_t at, std::int64_t count) {
    workspace_->run(stretch.slab(at, count), workspace_->slots().front(), kept(stretch, at, true), totals(true));
  });
}

/// Lets the device go on to the next iterations of a fit, if it has all it needs for them.
/// @param looked_at  rows that the last one looked at: the next one will look at about as many
void CudaNearestPass::go_ahead(std::int64_t looked_at) {
  constexpr int kMostMisses = 2;  // centroids that other ranks have a say in, for one, are never those expected
  if (!task_.statistics || task_.gaps() || !all_resident_ || series_->rows.empty() || series_->misses >= kMostMisses) return;
  const int wanted = IterationsAhead::wanted(looked_at, series_->d, series_->k);
  try {
    workspace_->become_iteration();
    series_->ahead.fill(wanted, *workspace_, series_->rows, series_->drift, series_->totals.data());
  } catch (const AllocationError&) {  // no pinned memory for what they find: then one pass after the other
    workspace_->wait();
    series_->ahead.abandon();
    series_->misses = kMostMisses;
  }
}

NearestStatistics CudaNearestPass::finish() {
  device_.use();
  if (!begun_) {
    if (series_ == nullptr || series_->rows.empty()) return empty_statistics();
    begin(0, {});
  }
  if (done_ahead_ && series_->rows.all_seen()) {
    NearestStatistics found = empty_statistics();
    const RowCounts rows = series_->ahead.take(found);
    go_ahead(device_.limits.skips_settled_rows ? rows.unsettled : series_->rows.rows());
    return found;
  }
  if (done_ahead_) prepare(0);
  if (rows_ != nullptr) work_on_resident_rows();
  NearestStatistics found = statistics();
  if (series_ != nullptr) go_ahead(series_->rows.rows());
  return found;
}

NearestStatistics CudaNearestPass::empty_statistics() const {
  if (!task_.statistics) return {};
  return {task_.centroids.rows, task_.centroids.columns, task_.gaps()};
}

/// Waits for everything, and collects it.
NearestStatistics CudaNearestPass::statistics() const {
  workspace_->wait();
  const Counters counters = workspace_->counters();
  if (counters.bad_row != std::numeric_limits<std::int64_t>::max()) {
    throw NumericalError(
        fmt::format("row {} is too far from its segment: its weighted squared distance does not fit 62 bits of "
                    "the objective's unit 2^{}",
                    counters.bad_row, task_.units->objective_exponent),
        "look at that row for absurd values, or scale the features (--scale standard)");
  }
  NearestStatistics found = empty_statistics();
  const auto add = [&](const DeviceBuffer<Int128>& totals) {
    add_totals(totals.download(workspace_->plan().total_cells(), workspace_->compute().get()).data(), found);
  };
  if (task_.statistics) {
    add(workspace_->totals());
    if (series_ != nullptr) add(series_->totals);
  }
  found.objective = counters.objective;
  found.reference_rows = counters.rows.reference;
  return found;
}

}  // namespace tessera::cuda
