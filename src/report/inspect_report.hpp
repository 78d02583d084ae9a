// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/summary.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// What `inspect` found; the app fills it, the functions below say it.
struct InspectReport {
  TableInfo table;
  std::int64_t file_bytes = 0;
  std::vector<ColumnProfile> profiles;        ///< in the order of table.columns
  std::optional<FeaturePlan> plan;            ///< what `segment` would do; empty if it could not be learned
  std::string plan_problem;                   ///< why not, and what to do; empty if there is a plan
  std::optional<std::int64_t> duplicate_ids;  ///< rows whose id occurred before; empty: no id column, or not counted
  std::string duplicate_ids_note;             ///< how it was counted, or why not; may be empty
  std::int64_t resident_bytes = 0;            ///< memory with which `segment` keeps the prepared rows in memory
  std::int64_t least_bytes = 0;               ///< memory below which `segment` refuses
  std::int64_t budget_bytes = 0;              ///< what --memory would be here by default (or was given)
  std::vector<Remark> remarks;
};

/// For machines (ordered keys, full precision, NaN as null). Ends with a line feed.
[[nodiscard]] std::string inspect_json(const InspectReport& report);

/// For people. Ends with a line feed. @param width columns of the terminal, at least 60
[[nodiscard]] std::string render_inspect(const InspectReport& report, bool color = false, int width = 100);

}  // namespace tessera
