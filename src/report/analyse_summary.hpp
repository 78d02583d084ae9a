// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "report/manifest.hpp"
#include "report/page.hpp"
#include "report/run_directory.hpp"
#include "report/summary.hpp"
#include "tessera/analysis.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Everything that a finished `analyse` run has to say.
struct AnalyseSummary {
  TableInfo table;
  Analysis analysis;
  std::vector<Remark> remarks;
  std::string device, device_reason;
  int threads = 1;
  std::string threads_reason;
  std::vector<std::pair<std::string, double>> timings_ms;
  std::uint64_t seed = 0;
  Manifest manifest;
  std::filesystem::path output;  ///< as the user named it; for the text only
};

/// summary.json of the run.
[[nodiscard]] std::string analyse_json(const AnalyseSummary& summary);

/// Writes summary.json, manifest.json, the tables of the analysis and the report. @returns as write_report_files()
std::string write_analyse_files(RunDirectory& run, const AnalyseSummary& summary);

/// The summary for the terminal. Ends with a line feed.
[[nodiscard]] std::string render_analyse(const AnalyseSummary& summary, bool color = false, int width = 100);

/// Findings and KPIs, as sections of a page.
void add_findings(Page& page, const Analysis& analysis);
void add_kpis(Page& page, const Analysis& analysis);

}  // namespace tessera
