// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tessera {

/// A few rows of two row-major matrices whose products are summed.
struct RowProducts {
  const double* left = nullptr;  ///< [rows x left_stride]
  std::int64_t left_stride = 0;
  const double* right = nullptr;  ///< [rows x right_stride], right_stride a multiple of kProductWidth
  std::int64_t right_stride = 0;
  std::int64_t rows = 0;
};

/// Columns of the right matrix come in multiples of this.
inline constexpr std::int64_t kProductWidth = 8;

/// Adds left' * right into `out`: out[l][c] = (((out + left[0][l] * right[0][c]) + left[1][l] * right[1][c]) + ...), every
/// operation rounded, for l in [left_begin, left_end) and c in [right_begin, right_end), both multiples of kProductWidth.
/// @param out  [left x right_stride]; row l of it begins at out + l * right_stride
using AddProducts = void (*)(const RowProducts& products, std::int64_t left_begin, std::int64_t left_end,
                             std::int64_t right_begin, std::int64_t right_end, double* out);

/// Plain loops: every other level equals them.
void add_products_plain(const RowProducts& products, std::int64_t left_begin, std::int64_t left_end, std::int64_t right_begin,
                        std::int64_t right_end, double* out);

/// For an instruction-set level by name; "eigen" and levels without a variant of their own are served, too.
[[nodiscard]] AddProducts add_products_of(std::string_view level);

}  // namespace tessera
