// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "report/summary.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// What `split` is asked to do.
struct SplitOptions {
  std::filesystem::path run;     ///< folder of an earlier `segment` or `split`
  std::string segment;           ///< its number, its id ("2.1") or its name in names.json
  std::filesystem::path input;   ///< the table of the run; empty: looked for by its name, here and beside the run
  std::filesystem::path output;  ///< folder of the new run; empty: the run's name with ".2" for segment 2
  bool force = false;            ///< an earlier run at `output` may be replaced
  bool csv = false;              ///< also write assignments.csv
  bool automatic_segments = true;
  int segments = 2;           ///< unless automatic
  int smallest_segments = 1;  ///< of the choice, inclusive: that the segment is one group is a possible answer
  int largest_segments = 4;
  EngineOptions engine;
};

/// Segments the customers of one segment of an earlier run once more, by the same columns, KPIs and options, but prepared anew:
/// where the whole table's spread would drown theirs, and what was skewed or rare among all may not be so among them. Whether
/// the segment hides several groups is the choice of k's to say (docs/choosing-k.md). Writes a run of its own, whose customers
/// keep their ids.
/// @throws ConfigError (no such segment), DataError (no run, or another table), FileError, MemoryError, DeviceError,
/// CancelledError
[[nodiscard]] SegmentationSummary run_split(const SplitOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
