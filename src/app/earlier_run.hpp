// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "report/names.hpp"
#include "tessera/error.hpp"
#include "tessera/model.hpp"
#include "tessera/observer.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// What an earlier run of `segment` or `split` says of itself.
struct EarlierRun {
  std::filesystem::path folder;  ///< absolute, without links
  nlohmann::json summary, manifest;
  std::vector<SegmentName> names;  ///< [k]
  Model model;

  /// "2", or in a run that is a split itself "2.1".
  [[nodiscard]] std::string id(int segment) const;
  [[nodiscard]] std::filesystem::path assignments() const { return folder / "assignments.h5"; }
};

/// @throws FileError if there is no run; DataError if it is damaged or its segments were given
[[nodiscard]] EarlierRun read_run(const std::filesystem::path& folder);

/// That a file of the run does not fit what it should.
[[nodiscard]] DataError damaged_run(const std::filesystem::path& file, const std::string& why);

/// @param advice  how to name the right table. @throws DataError if `input` is not the table that the run was made from
void check_same_input(const std::filesystem::path& input, const EarlierRun& run, const std::string& advice,
                      const CancelToken& cancel);

/// The segments of the rows of the table that a run was made from; -1 where a split had no part in them.
class RunLabels {
 public:
  /// @param rows  of the table. @throws DataError if the run has another number of rows
  RunLabels(const EarlierRun& run, std::int64_t rows);
  void operator()(std::int64_t first_row, std::span<std::int32_t> labels);

 private:
  std::unique_ptr<Table> table_;
  int column_ = -1;
  std::vector<std::int32_t> scattered_;  // of a split: [rows]
  RawChunk chunk_;
};

}  // namespace tessera
