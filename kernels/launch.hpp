// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/leaf_tree.hpp"
#include "kernels/mixture_arguments.hpp"
#include "kernels/moments_arguments.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/product_sums.hpp"
#include "kernels/tally.hpp"
#include "kernels/tensor_probe.hpp"

// Launchers: what compilers other than nvcc see of the kernels. All work on `stream` of the present device and return the
// launch's error; what goes wrong later is reported by the calls that wait.
namespace tessera::kernels {

/// @param pair the thresholds of the list are to keep the runner-up too
/// @param most_blocks  of a list, whose length is known to the device only; here and below
cudaError_t launch_screen(const ScreenArguments& arguments, bool pair, std::int32_t most_blocks, cudaStream_t stream);
cudaError_t launch_tensor_screen(const TensorScreenArguments& arguments, std::int32_t most_blocks, cudaStream_t stream);
/// Decides the rows that the tensor screen left open, but for a crowded few.
cudaError_t launch_tensor_decide(const TensorDecideArguments& arguments, std::int32_t most_blocks, cudaStream_t stream);
/// Products of matrices on the matrix units, as the screen has them made.
cudaError_t launch_tensor_probe(const TensorProbeArguments& arguments, cudaStream_t stream);
cudaError_t launch_decide(const DecideArguments& arguments, std::int32_t most_blocks, cudaStream_t stream);
/// Marks rows that lack features in their flags.
cudaError_t launch_mark_gaps(const MarkGapsArguments& arguments, cudaStream_t stream);
/// Labels and measures the rows with gaps that a screen has listed.
cudaError_t launch_label_gaps(const GapsArguments& arguments, std::int32_t most_blocks, cudaStream_t stream);
/// What rows with gaps add in their features; before launch_accumulate.
cudaError_t launch_accumulate_gaps(const AccumulateArguments& arguments, std::int32_t blocks, cudaStream_t stream);
/// @param shared_bytes of the sums on chip; 0: sums go to device memory
cudaError_t launch_accumulate(const AccumulateArguments& arguments, std::int64_t shared_bytes, std::int32_t blocks,
                              cudaStream_t stream);
/// Measures how far the centroids of a pass have moved.
cudaError_t launch_measure_moves(const DriftArguments& arguments, cudaStream_t stream);
/// Adds that to the drift of a series' segments.
cudaError_t launch_add_drift(const DriftArguments& arguments, cudaStream_t stream);
/// Lists the rows that a pass has to look at.
cudaError_t launch_list_unsettled(const UnsettledArguments& arguments, cudaStream_t stream);
/// The next centroids, from sums that are there once the stream has come so far.
/// @param moves  to be measured in the same launch, which spares one; of no centroids: none
cudaError_t launch_next_centroids(const NextCentroidsArguments& arguments, const DriftArguments& moves, cudaStream_t stream);
/// Squared distances of labelled rows.
cudaError_t launch_measure(const MeasureArguments& arguments, cudaStream_t stream);
cudaError_t launch_objective(const ObjectiveArguments& arguments, std::int32_t blocks, cudaStream_t stream);
cudaError_t launch_fold(const FoldArguments& arguments, cudaStream_t stream);

/// Levels of every row and category.
cudaError_t launch_levels(const LevelArguments& arguments, cudaStream_t stream);
/// @param shared_bytes of expect_doubles(); 0: there is scratch for `blocks`
cudaError_t launch_expect(const ExpectArguments& arguments, std::int64_t shared_bytes, std::int32_t blocks,
                          cudaStream_t stream);
/// @param leaves at least 1
cudaError_t launch_terms(const TermArguments& arguments, std::int32_t leaves, cudaStream_t stream);

/// For a MixtureSource, MixtureNumbers, WholePairs, GapPairs or ColumnCells. @param height of a tile, 4 or 8
template <typename Source>
cudaError_t launch_products(const ProductArguments& arguments, const Source& source, int height, cudaStream_t stream);
cudaError_t launch_add_leaves(const LeafTreeArguments& arguments, cudaStream_t stream);
cudaError_t launch_finish_tree(const LeafTreeArguments& arguments, cudaStream_t stream);

/// @param arguments  with at least one table
cudaError_t launch_tally(const TallyArguments& arguments, cudaStream_t stream);

/// Whether the module holds code for the present device.
cudaError_t probe_kernels();

}  // namespace tessera::kernels
