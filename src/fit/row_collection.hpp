// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "feed/feeder.hpp"
#include "fit/point_clustering.hpp"
#include "tessera/communicator.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// A bounded number of rows taken out of a sweep, with what decided about them.
struct RowCollection {
  struct Row {
    std::uint64_t key = 0;  ///< meaning of the collector (a Philox key, the bits of a distance)
    std::int64_t id = 0;    ///< row of the whole table
    double weight = 0.0;
  };
  explicit RowCollection(std::int64_t features) : values(0, features) {}

  std::vector<Row> rows;
  Matrix<float> values;         ///< [rows x d]
  std::vector<double> weights;  ///< [rows], the weights of `rows` as one array

  void add(const Row& row, std::span<const float> value);
  /// The rows of every rank, in rank order.
  void gather(Communicator& comm);
  /// Keeps the `most` rows that come first by (key, id), in this order.
  void keep_smallest(std::int64_t most);
  [[nodiscard]] WeightedPoints points() const { return {values.view(), weights}; }
};

/// The `most` rows of positive weight with the smallest Philox keys: the same sample for any split of the table. In row order.
[[nodiscard]] RowCollection sample_rows(Feeder& feeder, Communicator& comm, std::int64_t most, std::uint64_t seed);

}  // namespace tessera
