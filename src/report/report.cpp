// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "report/document/html.hpp"
#include "report/sections/sections.hpp"
#include "report/staged_file.hpp"
#include "report/summary.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr int kDeepest = 32;  ///< a summary nests to about ten

/// Whether containers lie in one another more than `levels` deep; looks no deeper itself.
bool nests_deeper(const nlohmann::json& json, int levels) {
  if (!json.is_structured()) return false;
  return levels == 0 || std::ranges::any_of(json, [&](const nlohmann::json& part) { return nests_deeper(part, levels - 1); });
}

DataError damaged(const std::string& path, const std::string& why, const std::string& advice = {}) {
  return DataError(why, {path, {}, -1, {}}, advice.empty() ? "make the run again, or take summary.json from a backup" : advice);
}

std::optional<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The last resort, for thousands of segments: what matters most, and where the rest is.
Report report_without_details(const nlohmann::json& summary, const std::vector<SegmentName>& names) {
  const sections::Subject subject(summary, names, sections::Limits{}.scaled(0.0));
  document::Document document = sections::compose(subject);
  for (document::Section& section : document.sections) {
    if (section.id == "verdict" || section.id == "reproduce") continue;
    section.blocks.clear();
    section.say(document::say("Too much for a report: see {} and the tables beside it.", {document::code("summary.json")}));
  }
  return {document::render_html(document), document::render_markdown(document)};
}

}  // namespace

nlohmann::json parse_summary(std::string_view summary_json, const std::string& path) {
  nlohmann::json summary = nlohmann::json::parse(summary_json, nullptr, false);
  if (!summary.is_object() || nests_deeper(summary, kDeepest))
    throw damaged(path, "the file is damaged: it is not the JSON of a summary");
  if (sections::text(summary, "format") != "tessera-summary") throw damaged(path, "the file is no summary of a run");
  const std::string version = sections::text(summary, "format_version");
  if (!version.starts_with(std::to_string(kSummaryFormatMajor) + ".")) {
    throw damaged(path, "the summary has format version '" + version.substr(0, 20) + "', which this program does not know",
                  "use the version of tessera that made the run");
  }
  return summary;
}

Report render_report(const nlohmann::json& summary, const std::vector<SegmentName>& names) {
  Report report;
  for (double detail = 1.0; detail > 0.01; detail /= 2) {
    const sections::Subject subject(summary, names, sections::Limits{}.scaled(detail));
    const document::Document document = sections::compose(subject);
    report.html = document::render_html(document);
    report.markdown = document::render_markdown(document);
    if (report.html.size() < kMostReportBytes) return report;
  }
  return report_without_details(summary, names);
}

std::string write_report_files(const RunDirectory& run, const std::string& summary_json) {
  const nlohmann::json summary = parse_summary(summary_json, (run.target() / "summary.json").string());
  std::vector<SegmentName> names = default_names(summary);
  std::string problem;
  const std::filesystem::path earlier_path = run.target() / "names.json";
  if (const std::optional<std::string> earlier = read_text(earlier_path)) {
    try {
      names = keep_changed_names(std::move(names), parse_names(*earlier, earlier_path.string()));
    } catch (const DataError& error) {
      // Hours of work do not fail for a missing quote, and nobody's names are thrown away.
      write_file(run.file("names.earlier.json"), *earlier);
      problem = fmt::format("the earlier names.json could not be read ({}): it is kept as names.earlier.json", error.what());
    }
  }
  const Report report = render_report(summary, names);
  write_file(run.file("names.json"), names_json(names));
  write_file(run.file("report.html"), report.html);
  write_file(run.file("report.md"), report.markdown);
  return problem;
}

}  // namespace tessera
