// SPDX-License-Identifier: Apache-2.0
#include "report/analyse_summary.hpp"

#include <fmt/format.h>

#include "report/analysis_files.hpp"
#include "report/analysis_json.hpp"
#include "report/plan_json.hpp"
#include "report/provenance.hpp"
#include "report/report.hpp"

namespace tessera {
namespace {

Json notes_json(const AnalyseSummary& summary) {
  Json json = Json::array();
  for (const Remark& remark : summary.remarks) {
    json.push_back({{"level", remark.warning ? "warning" : "note"}, {"code", remark.code}, {"message", remark.message}});
  }
  return json;
}

std::string manifest_text(const AnalyseSummary& summary) {
  Json json;
  json["format"] = "tessera-manifest";
  json["format_version"] = fmt::format("{}.{}", kSummaryFormatMajor, kSummaryFormatMinor);
  json.update(provenance_json(summary.manifest, summary.table, summary.seed));
  return to_text(json);
}

}  // namespace

std::string analyse_json(const AnalyseSummary& summary) {
  Json json;
  json["format"] = "tessera-summary";
  json["format_version"] = fmt::format("{}.{}", kSummaryFormatMajor, kSummaryFormatMinor);
  json["command"] = "analyse";
  json["k"] = summary.analysis.segments.size();
  json["rows"] = summary.analysis.rows;
  json["rows_rejected"] = summary.analysis.rejected;
  json["input"] = {{"file_name", summary.table.path.filename().string()},
                   {"layout", summary.table.layout},
                   {"dataset", summary.table.dataset},
                   {"columns", summary.table.columns.size()}};
  json["device"] = summary.device;
  json["device_reason"] = summary.device_reason;
  json["threads"] = summary.threads;
  json["threads_reason"] = summary.threads_reason;
  json["timings_ms"] = Json::object();
  for (const auto& [stage, milliseconds] : summary.timings_ms) add_member(json["timings_ms"], stage, milliseconds);
  json["notes"] = notes_json(summary);
  json["analysis"] = analysis_json(summary.analysis);
  json["provenance"] = provenance_json(summary.manifest, summary.table, summary.seed);
  return to_text(json);
}

std::string write_analyse_files(RunDirectory& run, const AnalyseSummary& summary) {
  const std::string text = analyse_json(summary);
  write_file(run.file("summary.json"), text);
  write_file(run.file("manifest.json"), manifest_text(summary));
  write_analysis_files(run, summary.analysis);
  return write_report_files(run, text);
}

}  // namespace tessera
