// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/analysis_job.hpp"
#include "app/engine.hpp"
#include "prepare/learn.hpp"
#include "tessera/analysis.hpp"

namespace tessera::testing {

/// What a test asks of an analysis of given segments.
struct AnalysisTrial {
  std::string by;
  PrepareOptions prepare = {};  ///< kpis as the command line names them
  AnalysisOptions options = {};
  int threads = 2;
  std::string cpu_level = "auto";
};

/// As `tessera analyse` does it, without files.
inline Analysis analyse_table(Table& table, const AnalysisTrial& trial) {
  SilentObserver observer;
  CancelToken cancel;
  EngineOptions engine_options;
  engine_options.threads = trial.threads;
  engine_options.cpu_level = trial.cpu_level;
  Engine engine(engine_options, observer, cancel);
  const KpiRequests kpis = read_kpis(trial.prepare.kpis, table.info());
  PrepareOptions prepare = with_roles(trial.prepare, kpis, trial.options);
  prepare.categories = {trial.by};
  std::vector<ColumnTally> tallies;
  const std::vector<ColumnProfile> profiles = profile_columns(table, prepare, engine.job(), std::int64_t{1} << 30, &tallies);
  const ProfiledColumns columns = keep_for_analysis(profiles, tallies);
  AnalysisJob job{columns, kpis, trial.options, trial.prepare};
  const auto by = std::find_if(profiles.begin(), profiles.end(), [&](const auto& p) { return p.name == trial.by; });
  if (by == profiles.end()) throw std::invalid_argument("no column " + trial.by);
  job.by = static_cast<int>(by - profiles.begin());
  job.labels = columns.levels[static_cast<std::size_t>(job.by)].labels;
  job.segments = static_cast<int>(job.labels.size());
  return run_analysis(table, job, engine);
}

template <typename Items>
const auto& named(const Items& items, const std::string& name) {
  for (const auto& item : items) {
    if constexpr (requires { item.outcome; }) {
      if (item.outcome == name) return item;
    } else if constexpr (requires { item.row_column; }) {
      if (item.row_column == name) return item;
    } else if constexpr (requires { item.label; }) {
      if (item.label == name) return item;
    } else if constexpr (requires { item.formula; }) {
      if (item.name == name) return item;
    } else {
      if (item.column == name) return item;
    }
  }
  throw std::out_of_range("no " + name);
}

}  // namespace tessera::testing
