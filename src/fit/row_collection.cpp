// SPDX-License-Identifier: Apache-2.0
#include "fit/row_collection.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <tuple>

#include "exact/philox.hpp"

namespace tessera {

void RowCollection::add(const Row& row, std::span<const float> value) {
  rows.push_back(row);
  weights.push_back(row.weight);
  values.resize_rows(values.rows() + 1);
  std::ranges::copy(value, values.row(values.rows() - 1).begin());
}

void RowCollection::gather(Communicator& comm) {
  if (comm.size() == 1) return;
  const std::size_t value_bytes = static_cast<std::size_t>(values.columns()) * sizeof(float);
  std::vector<std::byte> bytes(rows.size() * (sizeof(Row) + value_bytes));
  std::byte* to = bytes.data();
  for (std::size_t i = 0; i < rows.size(); ++i, to += sizeof(Row) + value_bytes) {
    std::memcpy(to, &rows[i], sizeof(Row));
    std::memcpy(to + sizeof(Row), values.row(static_cast<std::int64_t>(i)).data(), value_bytes);
  }
  RowCollection all(values.columns());
  std::vector<float> value(static_cast<std::size_t>(values.columns()));
  for (const std::vector<std::byte>& part : comm.gather(bytes)) {
    for (const std::byte* from = part.data(); from != part.data() + part.size(); from += sizeof(Row) + value_bytes) {
      Row row;
      std::memcpy(&row, from, sizeof(Row));
      std::memcpy(value.data(), from + sizeof(Row), value_bytes);
      all.add(row, value);
    }
  }
  *this = std::move(all);
}

void RowCollection::keep_smallest(std::int64_t most) {
  std::vector<std::int64_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::int64_t i) {
    const Row& row = rows[static_cast<std::size_t>(i)];
    return std::tuple(row.key, row.id);
  });
  order.resize(static_cast<std::size_t>(std::min<std::int64_t>(most, static_cast<std::int64_t>(order.size()))));
  RowCollection kept(values.columns());
  for (const std::int64_t i : order) kept.add(rows[static_cast<std::size_t>(i)], values.row(i));
  *this = std::move(kept);
}

void SmallestKeys::keep(const Chunk& chunk, const std::vector<RowCollection::Row>& found) {
  for (const RowCollection::Row& row : found) {
    if (row.key > largest_key_) continue;
    collection_.add(row, chunk.rows.row(row.id - chunk.first_row));
    if (std::ssize(collection_.rows) < 2 * most_) continue;
    collection_.keep_smallest(most_);
    largest_key_ = collection_.rows.back().key;
  }
}

std::uint64_t sample_key(std::uint64_t seed, std::int64_t row) {
  return exact::random_bits(seed, exact::Purpose::sample, static_cast<std::uint64_t>(row), 0);
}

RowCollection sample_rows(Feeder& feeder, Communicator& comm, ThreadPool& threads, std::int64_t most, std::uint64_t seed) {
  SmallestKeys smallest(feeder.features(), most, threads);
  feeder.for_each([&](const Chunk& chunk) {
    smallest.offer(chunk, [&](std::int64_t i, double) { return sample_key(seed, chunk.first_row + i); });
  });
  RowCollection sample = smallest.take(comm);
  for (RowCollection::Row& row : sample.rows) row.key = 0;
  sample.keep_smallest(most);  // by row id now
  return sample;
}

}  // namespace tessera
