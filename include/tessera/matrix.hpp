// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace tessera {

/// Row-major [rows x columns] view; never owns.
template <typename T>
struct MatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;

  [[nodiscard]] std::span<T> row(std::int64_t i) const { return {data + i * columns, static_cast<std::size_t>(columns)}; }
  [[nodiscard]] T& operator()(std::int64_t i, std::int64_t j) const { return data[i * columns + j]; }
  /// Rows [first, first + count).
  [[nodiscard]] MatrixView slice(std::int64_t first, std::int64_t count) const {
    return {data + first * columns, count, columns};
  }
  // NOLINTNEXTLINE(google-explicit-constructor): a view of T is a view of const T.
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) { return {data, rows, columns}; }
};

/// Row-major [rows x columns] owner.
template <typename T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::int64_t rows, std::int64_t columns, T value = T{})
      : rows_(rows), columns_(columns), values_(static_cast<std::size_t>(rows * columns), value) {}

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  [[nodiscard]] T* data() { return values_.data(); }
  [[nodiscard]] const T* data() const { return values_.data(); }
  [[nodiscard]] T& operator()(std::int64_t i, std::int64_t j) { return values_[static_cast<std::size_t>(i * columns_ + j)]; }
  [[nodiscard]] const T& operator()(std::int64_t i, std::int64_t j) const {
    return values_[static_cast<std::size_t>(i * columns_ + j)];
  }
  [[nodiscard]] std::span<T> row(std::int64_t i) { return view().row(i); }
  [[nodiscard]] std::span<const T> row(std::int64_t i) const { return view().row(i); }
  [[nodiscard]] MatrixView<T> view() { return {values_.data(), rows_, columns_}; }
  [[nodiscard]] MatrixView<const T> view() const { return {values_.data(), rows_, columns_}; }
  /// Keeps the first min(rows, rows()) rows; new ones hold T{}.
  void resize_rows(std::int64_t rows) {
    rows_ = rows;
    values_.resize(static_cast<std::size_t>(rows * columns_));
  }
  bool operator==(const Matrix&) const = default;

 private:
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  std::vector<T> values_;
};

}  // namespace tessera
