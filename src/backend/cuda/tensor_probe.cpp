// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/tensor_probe.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "exact/philox.hpp"
#include "kernels/tensor_product.hpp"

namespace tessera::cuda {
namespace {

using kernels::kProductColumns;
using kernels::kProductRows;
using kernels::kProductTerms;
using kernels::kWarp;

/// Where the numbers of a product lie: sizes are powers of two between these exponents.
struct Kind {
  int rows_from, rows_to;
  int columns_from, columns_to;
  int sums_from, sums_to;
  bool one_sign;  ///< nothing cancels
  bool mirrored;  ///< the second half of the terms takes away what the first half adds, nearly
};

constexpr Kind kKinds[] = {
    {-1, 0, -1, 0, -1, 0, false, false},        // numbers of the same size
    {-1, 0, -1, 0, -30, -20, false, true},      // next to nothing is left
    {-12, -12, -13, -12, 0, 0, true, false},    // each term less than the last bit of the sum, all of them more
    {-12, -12, -12, -11, 3, 3, false, false},   // the same with either sign
    {-24, -15, 0, 15, -20, 0, false, false},    // subnormal numbers of 16 bits
    {14, 15, 14, 15, 20, 40, false, true},      // the largest numbers of 16 bits
    {-14, 15, -14, 15, -30, 30, false, false},  // any size
};
constexpr std::int32_t kOfEachKind = 8;

/// One product: sums [16 x 8] += rows [16 x 16] . columns [16 x 8].
struct Product {
  float rows[kProductRows][kProductTerms];
  float columns[kProductColumns][kProductTerms];
  float sums[kProductRows][kProductColumns];
};

/// Numbers with an address.
class Numbers {
 public:
  explicit Numbers(std::uint64_t product) : product_(product) {}

  float next(int from, int to, bool positive) {
    const exact::PhiloxBlock block = exact::philox(kKey, product_, count_++);
    const int exponent = from + static_cast<int>(block.word[0] % static_cast<std::uint32_t>(to - from + 1));
    const float size = std::ldexp(1.0F + static_cast<float>(block.word[1] >> 9) * 0x1p-23F, exponent);
    return positive || block.word[2] % 2 == 0 ? size : -size;
  }

 private:
  static constexpr std::uint64_t kKey = 0x70726F6265;
  std::uint64_t product_;
  std::uint64_t count_ = 0;
};

Product make_product(std::int32_t number) {
  const Kind& kind = kKinds[number / kOfEachKind];
  Numbers numbers(static_cast<std::uint64_t>(number));
  Product made{};
  const auto half = [&](int from, int to) {
    return kernels::half_value(kernels::half_bits(numbers.next(from, to, kind.one_sign)));
  };
  const auto fill = [&](float(&terms)[kProductTerms], int from, int to, float mirror) {
    for (int j = 0; j < kProductTerms; ++j) {
      const int twin = j - kProductTerms / 2;
      terms[j] = kind.mirrored && twin > 0 ? mirror * terms[twin] : half(from, to);
    }
  };
  for (auto& row : made.rows) fill(row, kind.rows_from, kind.rows_to, 1.0F);
  for (auto& column : made.columns) fill(column, kind.columns_from, kind.columns_to, -1.0F);
  for (auto& row : made.sums) {
    for (float& sum : row) sum = numbers.next(kind.sums_from, kind.sums_to, kind.one_sign);
  }
  return made;
}

/// Calls visit(thread, i, row, column) for the sums that threads hold.
template <typename Visit>
void visit_sums(const Visit& visit) {
  for (int t = 0; t < kWarp; ++t) {
    for (int i = 0; i < 4; ++i) visit(t, i, t / 4 + i / 2 * 8, t % 4 * 2 + i % 2);
  }
}

}  // namespace

TensorProbe make_tensor_probe() {
  TensorProbe probe{.count = static_cast<std::int32_t>(std::size(kKinds)) * kOfEachKind};
  for (std::int32_t number = 0; number < probe.count; ++number) {
    const Product made = make_product(number);
    for (int t = 0; t < kWarp; ++t) {
      const int g = t / 4, first = t % 4 * 4;
      for (int i = 0; i < 4; ++i) {
        const float* two = made.rows[g + i % 2 * 8] + first + i / 2 * 2;
        probe.rows.push_back(kernels::pack_halves(two[0], two[1]));
      }
      for (int i = 0; i < 2; ++i) {
        const float* two = made.columns[g] + first + 2 * i;
        probe.columns.push_back(kernels::pack_halves(two[0], two[1]));
      }
    }
    visit_sums([&](int, int, int row, int column) { probe.sums.push_back(made.sums[row][column]); });
  }
  return probe;
}

bool probe_holds(const TensorProbe& probe, const std::vector<float>& sums) {
  bool holds = sums.size() == probe.sums.size();
  for (std::int32_t number = 0; holds && number < probe.count; ++number) {
    const Product made = make_product(number);
    visit_sums([&](int t, int i, int row, int column) {
      double sum = static_cast<double>(made.sums[row][column]);
      double size = std::abs(sum);
      for (int j = 0; j < kProductTerms; ++j) {
        const double term = static_cast<double>(made.rows[row][j]) * static_cast<double>(made.columns[column][j]);
        sum += term;
        size += std::abs(term);
      }
      const auto at = static_cast<std::size_t>((number * kWarp + t) * 4 + i);
      // Not >: NaN must not hold.
      holds = holds && std::abs(static_cast<double>(sums[at]) - sum) <= (kProductTerms + 1) * kTensorStep * size;
    });
  }
  return holds;
}

}  // namespace tessera::cuda
