// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// A synthetic table of customers with known segments. Everything beyond separated segments is off by default.
struct GenerateOptions {
  std::filesystem::path path;   ///< HDF5 file to be made
  std::int64_t rows = 200'000;  ///< n >= 1
  int features = 8;             ///< d, 1..16,384
  int segments = 5;             ///< k, 1..min(65,535, rows)
  std::uint64_t seed = 0;

  double overlap = 0.0;    ///< in [0, 1]: 0 keeps centres at least 10 sd apart, 1 lets them come as close as 1 sd
  double imbalance = 0.0;  ///< in [0, 1): the last segment has (1 - imbalance) times the weight of the first, linear between
  double noise = 0.0;      ///< in [0, 1): share of rows that are uniform over the box of all segments; their truth is -1
  double offset = 0.0;     ///< added to every feature, in sd of a segment: the awkward case of large means
  double missing = 0.0;    ///< in [0, 1): share of feature cells that are NaN
  int nominals = 0;        ///< text columns nominal_1.. whose most frequent level depends on the segment, 0..1,000
  int kpis = 0;            ///< float64 columns kpi_1.. whose mean depends on the segment, 0..1,000
  bool compress = false;   ///< gzip and shuffle instead of contiguous
  bool overwrite = false;
};

struct GenerateReport {
  std::vector<std::int64_t> segment_rows;  ///< [k]
  std::int64_t noise_rows = 0;
  double least_separation = 0.0;  ///< distance of the two nearest centres in sd of a segment; infinity if k = 1
  std::int64_t bytes = 0;         ///< of the file
};

/// The centres of the segments [k x d] that generate_table() draws around, offset included.
/// @throws ConfigError
[[nodiscard]] Matrix<double> segment_centers(const GenerateOptions& options);

/// Writes /features [n x d] float32 (attribute feature_names), /id [n] int64 from 1 (role id), /segment [n] int32 (the truth;
/// role ignore), /nominal_i [n] text (kind nominal) and /kpi_i [n] float64 in cents (role kpi). A segment is a spherical normal
/// distribution of sd 1; the first k rows belong to segments 0..k-1, the others to random ones. Streamed: memory does not
/// depend on `rows`. Equal options give equal bytes on any machine and for any number of threads.
/// @throws ConfigError, FileError
GenerateReport generate_table(const GenerateOptions& options, const JobContext& job);

}  // namespace tessera
