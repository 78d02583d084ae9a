// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/thread_pool.hpp"
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

/// Collects the `most` rows of positive weight with the smallest keys, in a sweep; equal keys go by row id.
class SmallestKeys {
 public:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};  ///< the key of a row that is not wanted

  SmallestKeys(std::int64_t features, std::int64_t most, ThreadPool& threads)
      : most_(most), threads_(threads), collection_(features) {}

  /// Offers the rows of a chunk. key_of(row of the chunk, its weight) is called from several threads at a time.
  template <typename KeyOf>
  void offer(const Chunk& chunk, const KeyOf& key_of) {
    // Portion by portion: while the collection is not full, every row of a portion is held until it has been looked at.
    const std::int64_t portion_rows = kTaskRows * std::max(16, 4 * threads_.size());
    for (std::int64_t first = 0; first < chunk.rows.rows; first += portion_rows) {
      offer_portion(chunk, first, std::min(portion_rows, chunk.rows.rows - first), key_of);
    }
  }

  /// The rows of all ranks, by key and id.
  [[nodiscard]] RowCollection take(Communicator& comm) {
    collection_.gather(comm);
    collection_.keep_smallest(most_);
    return std::move(collection_);
  }

 private:
  static constexpr std::int64_t kTaskRows = 1024;

  template <typename KeyOf>
  void offer_portion(const Chunk& chunk, std::int64_t first, std::int64_t count, const KeyOf& key_of) {
    const std::int64_t tasks = (count + kTaskRows - 1) / kTaskRows;
    found_.resize(static_cast<std::size_t>(tasks));
    threads_.run(tasks, [&](int, std::int64_t task) {
      std::vector<RowCollection::Row>& found = found_[static_cast<std::size_t>(task)];
      found.clear();
      const std::int64_t last = first + std::min((task + 1) * kTaskRows, count);
      for (std::int64_t i = first + task * kTaskRows; i < last; ++i) {
        const float weight = fit_weight(chunk, i);
        if (!(weight > 0.0F)) continue;
        const std::uint64_t key = key_of(i, static_cast<double>(weight));
        if (key != kNever && key <= largest_key_) found.push_back({key, chunk.first_row + i, static_cast<double>(weight)});
      }
    });
    for (const auto& found : found_) keep(chunk, found);
  }

  void keep(const Chunk& chunk, const std::vector<RowCollection::Row>& found);

  std::int64_t most_;
  ThreadPool& threads_;
  RowCollection collection_;
  std::uint64_t largest_key_ = kNever;                  ///< once the collection is full, later rows must beat it
  std::vector<std::vector<RowCollection::Row>> found_;  ///< by task of a chunk
};

/// What decides whether a row is sampled: the smaller, the sooner.
[[nodiscard]] std::uint64_t sample_key(std::uint64_t seed, std::int64_t row);

/// The `most` rows of positive weight with the smallest sample keys: the same sample for any split of the table. In row order.
[[nodiscard]] RowCollection sample_rows(Feeder& feeder, Communicator& comm, ThreadPool& threads, std::int64_t most,
                                        std::uint64_t seed);

}  // namespace tessera
