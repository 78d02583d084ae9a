// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/dates.hpp"
#include "report/column_use.hpp"
#include "report/inspect_report.hpp"
#include "report/plan_json.hpp"

namespace tessera {
namespace {

bool has_moments(const ColumnProfile& profile) { return profile.type != DataType::text || profile.kind == Kind::date; }

/// Least and greatest value: dates as text, numbers as they are.
Json value_json(const ColumnProfile& profile, double value) {
  return profile.kind == Kind::date ? Json(format_iso_date(value)) : Json(value);
}

Json column_json(const ColumnProfile& profile, const InspectReport& report) {
  Json json;
  json["name"] = profile.name;
  json["type"] = to_string(profile.type);
  json["kind"] = to_string(profile.kind);
  json["role"] = to_string(profile.role);
  json["reason"] = profile.reason;
  json["use"] = column_use(profile, report);
  json["missing"] = profile.missing;
  json["infinite"] = profile.infinite;
  json["distinct"] = profile.distinct;
  json["distinct_exact"] = profile.distinct_exact;
  json["constant"] = is_constant(profile);
  json["unique"] = is_unique(profile);
  json["counts_rows"] = profile.counts_rows;
  if (has_moments(profile)) {
    json["min"] = value_json(profile, profile.min);
    json["max"] = value_json(profile, profile.max);
    json["mean"] = value_json(profile, profile.mean);
    json["sd"] = profile.sd;
    json["skew"] = profile.skew;
    json["zeros"] = profile.zeros;
    json["integral"] = profile.integral;
  }
  json["top_levels"] = Json::array();
  for (const auto& [level, rows] : profile.top_levels) json["top_levels"].push_back({{"level", level}, {"rows", rows}});
  json["warnings"] = profile.warnings;
  return json;
}

}  // namespace

std::string inspect_json(const InspectReport& report) {
  Json json;
  json["format"] = "tessera-inspect";
  json["format_version"] = fmt::format("{}.{}", kSummaryFormatMajor, kSummaryFormatMinor);
  json["file_name"] = report.table.path.filename().string();
  json["size_bytes"] = report.file_bytes;
  json["layout"] = report.table.layout;
  json["dataset"] = report.table.dataset;
  json["rows"] = report.table.rows;
  json["duplicate_ids"] = report.duplicate_ids ? Json(*report.duplicate_ids) : Json(nullptr);
  json["duplicate_ids_note"] = report.duplicate_ids_note;
  json["memory"] = {
      {"resident_bytes", report.resident_bytes}, {"least_bytes", report.least_bytes}, {"budget_bytes", report.budget_bytes}};
  json["columns"] = Json::array();
  for (const ColumnProfile& profile : report.profiles) json["columns"].push_back(column_json(profile, report));
  json["preparation"] = report.plan ? plan_json(*report.plan) : Json(nullptr);
  json["problem"] = report.plan_problem.empty() ? Json(nullptr) : Json(report.plan_problem);
  json["notes"] = Json::array();
  for (const std::string& note : report.table.notes) {
    json["notes"].push_back({{"level", "note"}, {"code", "table"}, {"message", note}});
  }
  for (const Remark& remark : report.remarks) {
    json["notes"].push_back(
        {{"level", remark.warning ? "warning" : "note"}, {"code", remark.code}, {"message", remark.message}});
  }
  return to_text(json);
}

}  // namespace tessera
