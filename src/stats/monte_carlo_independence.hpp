// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

struct MonteCarloP {
  double p = kUndefined;
  std::int64_t tables = 0;  ///< drawn; p is no finer than 1 / (tables + 1)
};

/// Probability of a chi-squared at least as large among random tables with the same margins, for tables whose expected counts
/// are small. Cells are rounded to whole rows. Tables are drawn cell by cell from hypergeometric distributions, in time
/// independent of the counts (Stadlober 1990), addressed by (seed, stream, table); drawing stops once 100 tables were as
/// extreme (Besag & Clifford, Sequential Monte Carlo p-values, 1991). Undefined as chi_squared_test is.
/// @param stream  which table this is, so that tables of one seed are independent
/// @param most    tables at most
[[nodiscard]] MonteCarloP monte_carlo_p(MatrixView<const double> counts, std::uint64_t seed, std::uint32_t stream,
                                        std::int64_t most = 9'999);

}  // namespace tessera::stats
