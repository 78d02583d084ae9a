// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/device_centroids.hpp"

#include <vector>

#include "kernels/launch.hpp"

namespace tessera::cuda {

void DeviceCentroids::upload(MatrixView<const float> centroids, const Frame& frame, const NearestPlan& plan,
                             const Stream& compute) {
  const cudaStream_t stream = compute.get();
  const FramedCentroids framed(centroids, frame, plan.tile);
  const ScreenCentroids& screen = framed.screen();
  std::vector<std::uint32_t> tiles;
  const SendingScope sending(compute);
  offset_.upload(frame.offset, stream);
  packed_.upload(screen.packed, stream);
  start_.upload(screen.packed_start, stream);
  block_norm_.upload(screen.block_norm, stream);
  largest_norm_.upload({&screen.largest_norm, 1}, stream);
  place_centroid_.upload(screen.place_centroid, stream);
  centroids_.upload({centroids.data, static_cast<std::size_t>(centroids.rows * centroids.columns)}, stream);
  tensor_ = plan.tensor;
  if (tensor_.steps > 0) {
    tiles = framed.tensor_tiles(tensor_.steps);
    tensor_tiles_.upload(tiles, stream);
  }
  compute.wait();  // before what was sent goes
  view_ = {.frame = {offset_.data(), frame.scale},
           .packed = packed_.data(),
           .start = start_.data(),
           .block_norm = block_norm_.data(),
           .largest_norm = largest_norm_.data(),
           .place_centroid = place_centroid_.data(),
           .centroids = centroids_.data(),
           .k = static_cast<std::int32_t>(screen.segments()),
           .blocks = static_cast<std::int32_t>(screen.blocks()),
           .tile = plan.tile,
           .bound = screen.bound};
  next_ = {.frame = view_.frame,
           .place_centroid = view_.place_centroid,
           .centroids = centroids_.data(),
           .packed = packed_.data(),
           .start = start_.data(),
           .block_norm = block_norm_.data(),
           .largest_norm = largest_norm_.data(),
           .tiles = tensor_tiles_.data(),
           .tensor_bound = framed.tensor_bound(tensor_.steps),
           .tensor_steps = tensor_.steps,
           .k = view_.k,
           .d = static_cast<std::int32_t>(screen.features()),
           .blocks = view_.blocks,
           .tile = view_.tile};
}

void DeviceCentroids::advance(const kernels::IterationStart& from, const kernels::DriftArguments& moves, cudaStream_t stream) {
  next_.from = from;
  check(kernels::launch_next_centroids(next_, moves, stream), "launch of next centroids");
}

}  // namespace tessera::cuda
