// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "report/names.hpp"
#include "report/run_directory.hpp"

namespace tessera {

/// No report is larger, however many customers, columns and segments there are.
inline constexpr std::size_t kMostReportBytes = 2'000'000;

/// A report, as two files that say the same.
struct Report {
  std::string html, markdown;
};

/// Reads a summary.json. @param path  of the file, for the message
/// @throws DataError if it is none, is nested too deeply or belongs to a newer version
[[nodiscard]] nlohmann::json parse_summary(std::string_view summary_json, const std::string& path);

/// Renders a report from a summary and the names of its segments: nothing else is needed, and nothing in it is trusted. Shows
/// less of large tables until the HTML is below kMostReportBytes.
/// @param summary  as parse_summary() reads it
[[nodiscard]] Report render_report(const nlohmann::json& summary, const std::vector<SegmentName>& names);

/// Writes names.json, report.html and report.md of a new run beside its summary; changed names of the run that it replaces are
/// kept.
/// @returns what became of earlier names if they could not be read; empty otherwise
/// @throws FileError
std::string write_report_files(const RunDirectory& run, const std::string& summary_json);

}  // namespace tessera
