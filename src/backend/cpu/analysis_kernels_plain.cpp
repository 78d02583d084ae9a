// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "backend/cpu/analysis_kernels.hpp"

namespace tessera {
namespace {

void add_products(const RowProducts& p, std::int64_t left_begin, std::int64_t left_end, std::int64_t right_begin,
                  std::int64_t right_end, double* out) {
  for (std::int64_t row = 0; row < p.rows; ++row) {
    for (std::int64_t l = left_begin; l < left_end; ++l) {
      const double factor = p.left[row * p.left_stride + l];
      const double* const cells = p.right + row * p.right_stride;
      double* const sums = out + l * p.right_stride;
      for (std::int64_t c = right_begin; c < right_end; ++c) sums[c] = std::fma(factor, cells[c], sums[c]);
    }
  }
}

void add_grouped_rows(const GroupedRows& rows, double* sums) {
  const std::int64_t stride = rows.stride;
  const bool weighted = rows.weights != nullptr;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    if (rows.groups[r] < 0) continue;
    double* const own = sums + rows.groups[r] * (weighted ? kWeightedColumnSums : kColumnSums) * stride;
    const double weight = weighted ? rows.weights[r] : 1.0;
    for (std::int64_t j = 0; j < stride; ++j) {
      const double d = rows.cells[r * stride + j];
      if (std::isnan(d)) continue;
      own[j] += 1.0;
      own[stride + j] += weight * d;
      own[2 * stride + j] += weight * (d * d);
      if (!weighted) continue;
      own[3 * stride + j] += weight;
      own[4 * stride + j] += weight * weight;
    }
  }
}

void find_bins(const BinScale& scale, const double* cells, std::int64_t count, std::int32_t* bins) {
  for (std::int64_t i = 0; i < count; ++i) bins[i] = scale.bin_of(cells[i]);
}

}  // namespace

AnalysisKernels plain_analysis_kernels() { return {&add_products, &add_grouped_rows, &find_bins}; }

}  // namespace tessera
