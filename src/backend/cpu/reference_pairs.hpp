// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace tessera {

/// A row and a centroid, [d] each.
struct ReferencePair {
  const float* row;
  const float* centroid;
};

/// exact::reference_distance2 of each pair, several at a time: the order of additions within a pair is what defines it, so
/// the only freedom is to run independent pairs side by side.
void reference_distances(std::span<const ReferencePair> pairs, std::int64_t d, double* distance2);

}  // namespace tessera
