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

RowCollection sample_rows(Feeder& feeder, Communicator& comm, std::int64_t most, std::uint64_t seed) {
  RowCollection sample(feeder.features());
  std::uint64_t largest_key = ~std::uint64_t{0};  // once the sample is full, later rows must beat it
  feeder.for_each([&](const Chunk& chunk) {
    for (std::int64_t i = 0; i < chunk.rows.rows; ++i) {
      const float weight = fit_weight(chunk, i);
      if (!(weight > 0.0F)) continue;
      const std::int64_t id = chunk.first_row + i;
      const std::uint64_t key = exact::random_bits(seed, exact::Purpose::sample, static_cast<std::uint64_t>(id), 0);
      if (key <= largest_key) sample.add({key, id, static_cast<double>(weight)}, chunk.rows.row(i));
      if (static_cast<std::int64_t>(sample.rows.size()) >= 2 * most) {
        sample.keep_smallest(most);
        largest_key = sample.rows.back().key;
      }
    }
  });
  sample.gather(comm);
  sample.keep_smallest(most);
  for (RowCollection::Row& row : sample.rows) row.key = 0;
  sample.keep_smallest(most);  // by row id now
  return sample;
}

}  // namespace tessera
