// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "backend/cuda/cuda_memory.hpp"
#include "backend/cuda/product_tiles.hpp"
#include "kernels/leaf_tree.hpp"

namespace tessera::cuda {

/// Adds up the sums of leaves on a device, in the order of BlockSums.
class LeafTree {
 public:
  /// Begins anew. @param cells  of a leaf
  void start(std::int64_t cells, const Stream& stream);
  /// The next leaves, [count x cells].
  void add(const double* leaves, std::int64_t count, const Stream& stream);
  /// [cells] Waits for the stream; call once.
  [[nodiscard]] std::vector<double> total(const Stream& stream);
  [[nodiscard]] std::int64_t cells() const { return cells_; }

 private:
  [[nodiscard]] kernels::LeafTreeArguments arguments() const;
  void make_levels(std::int64_t levels, const Stream& stream);

  std::int64_t cells_ = 0;
  std::int64_t leaves_ = 0;
  std::int64_t levels_ = 0;  // that there is room for
  DeviceBuffer<double> run_, tree_;
};

/// Sums of products over the leaves of slabs, and their total. Kept from pass to pass; buffers only grow.
class ProductSums {
 public:
  /// Begins anew. @param groups  leaves of a block of rows that have sums of their own  @param blocks  of a slab, at most
  void start(ProductTiles tiles, std::int64_t groups, std::int64_t blocks, const Stream& stream);
  /// Sums the products of a slab's leaves, [blocks x groups], and adds them to the total.
  template <typename Source>
  void add(const Source& source, std::int64_t slab_rows, std::int64_t blocks, const kernels::LeafLists& lists,
           const Stream& stream);
  /// [groups x tiles().size()] Waits for the stream; call once.
  [[nodiscard]] std::vector<double> total(const Stream& stream) { return tree_.total(stream); }
  [[nodiscard]] const ProductTiles& tiles() const { return tiles_; }
  /// Frees everything.
  void release() { *this = ProductSums(); }

 private:
  ProductTiles tiles_{0, 0};
  std::int64_t groups_ = 1;
  DeviceBuffer<kernels::ProductTile> device_tiles_;
  DeviceBuffer<kernels::ProductPanel> panels_;
  DeviceBuffer<double> leaves_;
  LeafTree tree_;
};

}  // namespace tessera::cuda
