// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tessera/correlation.hpp"
#include "tessera/observer.hpp"
#include "tessera/prepare.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// What `correlate` is asked to do.
struct CorrelateOptions {
  std::filesystem::path input;     ///< HDF5, CSV or TSV
  std::string dataset;             ///< HDF5 path of the table; empty: the only candidate
  std::filesystem::path output;    ///< HDF5 file; a CSV and a JSON of the same name lie beside it
  bool force = false;              ///< earlier files may be replaced
  PrepareOptions prepare;          ///< roles of columns, categories, top_levels; nothing is prepared
  std::string by;                  ///< a column whose levels are segments; empty: none
  std::filesystem::path segments;  ///< folder of a run of `segment` on the same table; empty: none
  CorrelationMethod method = CorrelationMethod::pearson;
  bool listwise = false;  ///< only rows that have every column; else each pair has the rows that have both
  RankPolicy ranks = RankPolicy::automatic;
  std::int64_t kendall_rows = 32'768;  ///< of every segment, at most; >= 2
  std::uint64_t seed = 0;              ///< of Kendall's sample
  EngineOptions engine;
};

/// Reads a table once (twice for ranks of bins, and where a segment lies far from the rest), writes `output` with its CSV and
/// JSON, which appear whole or not at all, and returns the same. Equal bits for any threads, chunks, memory and instruction
/// set.
/// @throws ConfigError, DataError (fewer than two usable columns or rows), FileError, MemoryError, CancelledError
[[nodiscard]] CorrelationTable correlate_table(const CorrelateOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
