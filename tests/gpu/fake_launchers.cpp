// SPDX-License-Identifier: Apache-2.0
// The launchers of the kernels on an imagined GPU: their code, compiled for the host.
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "gpu/fake_machine.hpp"
#include "kernels/launch.hpp"
#include "support/host_kernels.hpp"

namespace tessera::kernels {
namespace {

using namespace testing;  // NOLINT: what runs the kernels

/// Sums as units of 17 bits would make them.
void blur(float* sums, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    sums[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(sums[i]) & ~0x7FU);
  }
}

}  // namespace

cudaError_t launch_screen(const ScreenArguments& arguments, bool pair, std::int32_t, cudaStream_t stream) {
  do_later(stream, [=] { run_screen(arguments, pair, fake_cuda().backwards); });
  ++fake_cuda_counts().launches;
  return cudaSuccess;
}
cudaError_t launch_tensor_screen(const TensorScreenArguments& arguments, std::int32_t, cudaStream_t stream) {
  do_later(stream, [=] {
    if (!run_tensor_screen(arguments, fake_cuda().backwards)) std::abort();
    ++fake_cuda_counts().tensor_launches;
  });
  return cudaSuccess;
}
cudaError_t launch_tensor_decide(const TensorDecideArguments& arguments, std::int32_t, cudaStream_t stream) {
  do_later(stream, [=] {
    if (!run_tensor_decide(arguments, fake_cuda().backwards)) std::abort();
  });
  return cudaSuccess;
}
cudaError_t launch_tensor_probe(const TensorProbeArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] {
    run_tensor_probe(arguments, fake_cuda().backwards);
    if (fake_cuda().coarse_tensors) blur(arguments.sums, std::int64_t{arguments.count} * kWarp * 4);
  });
  return cudaSuccess;
}
cudaError_t launch_next_centroids(const NextCentroidsArguments& arguments, const DriftArguments& moves, cudaStream_t stream) {
  do_later(stream, [=] {
    run_next_centroids(arguments, fake_cuda().backwards);
    run_measure_moves(moves, fake_cuda().backwards);
    ++fake_cuda_counts().steps;
  });
  return cudaSuccess;
}
cudaError_t launch_measure_moves(const DriftArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] { run_measure_moves(arguments, fake_cuda().backwards); });
  return cudaSuccess;
}
cudaError_t launch_add_drift(const DriftArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] { run_add_drift(arguments, fake_cuda().backwards); });
  return cudaSuccess;
}
cudaError_t launch_list_unsettled(const UnsettledArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] {
    run_list_unsettled(arguments, fake_cuda().backwards);
    fake_cuda_counts().settled_rows += static_cast<std::size_t>(arguments.slab.n - *arguments.unsettled.count);
  });
  return cudaSuccess;
}
cudaError_t launch_measure(const MeasureArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] { run_measure(arguments); });
  return cudaSuccess;
}
cudaError_t launch_decide(const DecideArguments& arguments, std::int32_t, cudaStream_t stream) {
  do_later(stream, [=] { run_decide(arguments, fake_cuda().backwards); });
  return cudaSuccess;
}
cudaError_t launch_mark_gaps(const MarkGapsArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] { run_mark_gaps(arguments); });
  return cudaSuccess;
}
cudaError_t launch_label_gaps(const GapsArguments& arguments, std::int32_t, cudaStream_t stream) {
  do_later(stream, [=] { run_label_gaps(arguments, fake_cuda().backwards); });
  return cudaSuccess;
}
cudaError_t launch_accumulate_gaps(const AccumulateArguments& arguments, std::int32_t blocks, cudaStream_t stream) {
  do_later(stream, [=] { run_accumulate_gaps(arguments, blocks, fake_cuda().backwards); });
  return cudaSuccess;
}
cudaError_t launch_accumulate(const AccumulateArguments& arguments, std::int64_t shared_bytes, std::int32_t blocks,
                              cudaStream_t stream) {
  if (static_cast<std::size_t>(shared_bytes) > fake_cuda().shared_bytes) return fake_result(cudaErrorInvalidValue);
  do_later(stream, [=] { run_accumulate(arguments, shared_bytes, blocks, fake_cuda().backwards); });
  return cudaSuccess;
}
cudaError_t launch_objective(const ObjectiveArguments& arguments, std::int32_t blocks, cudaStream_t stream) {
  do_later(stream, [=] { run_objective(arguments, blocks, fake_cuda().backwards); });
  return cudaSuccess;
}
cudaError_t launch_fold(const FoldArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] { run_fold(arguments); });
  return cudaSuccess;
}
cudaError_t launch_levels(const LevelArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] {
    for (std::int64_t i = 0; i < std::int64_t{arguments.slab.n} * arguments.count; ++i) find_level(arguments, i);
  });
  return cudaSuccess;
}
cudaError_t launch_expect(const ExpectArguments& arguments, std::int64_t shared_bytes, std::int32_t blocks,
                          cudaStream_t stream) {
  if (static_cast<std::size_t>(shared_bytes) > fake_cuda().shared_bytes) return fake_result(cudaErrorInvalidValue);
  do_later(stream, [=] { run_expect(arguments, shared_bytes, blocks, fake_cuda().backwards); });
  ++fake_cuda_counts().launches;
  return cudaSuccess;
}
cudaError_t launch_terms(const TermArguments& arguments, std::int32_t leaves, cudaStream_t stream) {
  do_later(stream, [=] { run_terms(arguments, leaves, fake_cuda().backwards); });
  return cudaSuccess;
}
template <typename Source>
cudaError_t launch_products(const ProductArguments& arguments, const Source& source, int height, cudaStream_t stream) {
  if (height != 4 && height != 8) return fake_result(cudaErrorInvalidValue);
  do_later(stream, [=] { run_products(arguments, source, height, fake_cuda().backwards); });
  ++fake_cuda_counts().launches;
  return cudaSuccess;
}
template cudaError_t launch_products(const ProductArguments&, const MixtureSource&, int, cudaStream_t);
template cudaError_t launch_products(const ProductArguments&, const MixtureNumbers&, int, cudaStream_t);
template cudaError_t launch_products(const ProductArguments&, const WholePairs&, int, cudaStream_t);
template cudaError_t launch_products(const ProductArguments&, const GapPairs&, int, cudaStream_t);
template cudaError_t launch_products(const ProductArguments&, const ColumnCells&, int, cudaStream_t);
cudaError_t launch_add_leaves(const LeafTreeArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] {
    for (std::int64_t cell = 0; cell < arguments.cells; ++cell) add_leaves(arguments, cell);
  });
  return cudaSuccess;
}
cudaError_t launch_finish_tree(const LeafTreeArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] {
    for (std::int64_t cell = 0; cell < arguments.cells; ++cell) finish_tree(arguments, cell);
  });
  return cudaSuccess;
}
cudaError_t launch_tally(const TallyArguments& arguments, cudaStream_t stream) {
  do_later(stream, [=] { run_tally(arguments, fake_cuda().backwards); });
  ++fake_cuda_counts().launches;
  return cudaSuccess;
}
cudaError_t probe_kernels() { return fake_cuda().has_code ? cudaSuccess : cudaErrorNoKernelImageForDevice; }

}  // namespace tessera::kernels
