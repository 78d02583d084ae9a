// SPDX-License-Identifier: Apache-2.0
#include "fit/point_set.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace tessera {
namespace {

// One source for several vector widths; elementwise float64 operations round alike in all of them.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define TESSERA_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TESSERA_VECTOR_CLONES
#endif

constexpr std::int64_t kBlock = 256;  // points whose running best stays in the first-level cache

TESSERA_VECTOR_CLONES
void add_squared_distances(const double* columns, std::int64_t stride, std::int64_t count, const double* position,
                           std::int64_t d, double* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = 0.0;
  for (std::int64_t j = 0; j < d; ++j) {
    const double* column = columns + j * stride;
    const double at = position[j];
    for (std::int64_t i = 0; i < count; ++i) {
      const double difference = column[i] - at;
      out[i] += difference * difference;
    }
  }
}

TESSERA_VECTOR_CLONES
void keep_two_least(const double* distance, std::int64_t count, double index, double* first, double* second, double* label) {
  for (std::int64_t i = 0; i < count; ++i) {
    const bool closer = distance[i] < first[i];
    const double loser = closer ? first[i] : distance[i];
    second[i] = loser < second[i] ? loser : second[i];
    first[i] = closer ? distance[i] : first[i];
    label[i] = closer ? index : label[i];
  }
}

/// sums [k x d] of weight * row, row after row.
TESSERA_VECTOR_CLONES
void add_weighted_rows(const double* rows, std::int64_t d, const std::vector<std::int32_t>& label,
                       const std::vector<double>& weights, double* sums) {
  for (std::size_t i = 0; i < label.size(); ++i) {
    const double* row = rows + static_cast<std::int64_t>(i) * d;
    double* sum = sums + label[i] * d;
    const double weight = weights[i];
    for (std::int64_t j = 0; j < d; ++j) sum[j] += weight * row[j];
  }
}

}  // namespace

PointSet::PointSet(const WeightedPoints& data)
    : features_(data.points.columns), group_(static_cast<std::size_t>(data.points.rows)) {
  const std::int64_t rows = data.points.rows;
  std::vector<std::int32_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  const auto row_of = [&](std::int32_t i) { return data.points.row(i); };
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    const auto x = row_of(a);
    const auto y = row_of(b);
    const auto [p, q] = std::mismatch(x.begin(), x.end(), y.begin());
    return p == x.end() ? a < b : *p < *q;
  });
  std::vector<std::int32_t> distinct;  // first row of each run of equal rows
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int32_t row = order[static_cast<std::size_t>(i)];
    if (distinct.empty() || !std::ranges::equal(row_of(row), row_of(distinct.back()))) {
      distinct.push_back(row);
      weights_.push_back(0.0);
    }
    weights_.back() += data.weights[static_cast<std::size_t>(row)];
    group_[static_cast<std::size_t>(row)] = static_cast<std::int32_t>(distinct.size()) - 1;
  }
  size_ = static_cast<std::int64_t>(distinct.size());
  columns_.resize(static_cast<std::size_t>(size_ * features_));
  rows_.resize(columns_.size());
  for (std::int64_t i = 0; i < size_; ++i) {
    const auto row = row_of(distinct[static_cast<std::size_t>(i)]);
    for (std::int64_t j = 0; j < features_; ++j) {
      const auto value = static_cast<double>(row[static_cast<std::size_t>(j)]);
      columns_[static_cast<std::size_t>(j * size_ + i)] = value;
      rows_[static_cast<std::size_t>(i * features_ + j)] = value;
    }
  }
}

void PointSet::copy_point(std::int64_t i, std::span<double> out) const {
  std::copy_n(rows_.data() + i * features_, features_, out.data());
}

void PointSet::assign(const Matrix<double>& centroids, Assignment& out) const {
  const auto size = static_cast<std::size_t>(size_);
  out.label.resize(size);
  out.first.assign(size, std::numeric_limits<double>::infinity());
  out.second.assign(size, std::numeric_limits<double>::infinity());
  std::array<double, kBlock> distance;
  std::array<double, kBlock> label;
  for (std::int64_t begin = 0; begin < size_; begin += kBlock) {
    const std::int64_t count = std::min(kBlock, size_ - begin);
    label.fill(0.0);
    for (std::int64_t c = 0; c < centroids.rows(); ++c) {
      add_squared_distances(columns_.data() + begin, size_, count, centroids.row(c).data(), features_, distance.data());
      keep_two_least(distance.data(), count, static_cast<double>(c), out.first.data() + begin, out.second.data() + begin,
                     label.data());
    }
    std::transform(label.begin(), label.begin() + count, out.label.begin() + begin,
                   [](double index) { return static_cast<std::int32_t>(index); });
  }
  out.inertia = std::inner_product(weights_.begin(), weights_.end(), out.first.begin(), 0.0);
}

void PointSet::distances_to(std::span<const double> position, std::span<double> out) const {
  add_squared_distances(columns_.data(), size_, size_, position.data(), features_, out.data());
}

void PointSet::update(const Assignment& assignment, Matrix<double>& centroids) const {
  const auto k = static_cast<std::size_t>(centroids.rows());
  std::vector<double> weight(k, 0.0);
  for (std::size_t i = 0; i < assignment.label.size(); ++i)
    weight[static_cast<std::size_t>(assignment.label[i])] += weights_[i];
  Matrix<double> sums(centroids.rows(), features_);
  add_weighted_rows(rows_.data(), features_, assignment.label, weights_, sums.data());
  for (std::int64_t c = 0; c < centroids.rows(); ++c) {
    const double of_segment = weight[static_cast<std::size_t>(c)];
    if (!(of_segment > 0.0)) continue;
    for (std::int64_t j = 0; j < features_; ++j) centroids(c, j) = sums(c, j) / of_segment;
  }
}

}  // namespace tessera
