// SPDX-License-Identifier: Apache-2.0
#include "app/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "report/report.hpp"
#include "report/staged_file.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw file_error("read", path.string(), errno);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw file_error("read", path.string(), EIO);
  return content;
}

void replace_file(const fs::path& path, const std::string& content) {
  StagedFile file(path, true);
  write_file(file.path(), content);
  file.commit();
}

}  // namespace

ReportResult report_run(const fs::path& run) {
  std::error_code failed;
  const fs::path summary_path = run / "summary.json";
  if (!fs::exists(summary_path, failed)) {
    throw FileError(ErrorCode::no_input, "no run at " + run.string() + ": it has no summary.json",
                    "name the folder that `tessera segment` or `tessera analyse` wrote");
  }
  const nlohmann::json summary = parse_summary(read_file(summary_path), summary_path.string());
  std::vector<SegmentName> names = default_names(summary);
  const fs::path names_path = run / "names.json";
  if (fs::exists(names_path, failed)) {
    // What names.json says counts, whatever the default name was when it was written.
    for (const SegmentName& given : parse_names(read_file(names_path), names_path.string())) {
      const auto own =
          std::find_if(names.begin(), names.end(), [&](const SegmentName& n) { return n.segment == given.segment; });
      if (own != names.end() && !given.name.empty()) own->name = given.name;
    }
  } else {
    replace_file(names_path, names_json(names));
  }
  const Report report = render_report(summary, names);
  ReportResult result;
  result.html = run / "report.html";
  result.markdown = run / "report.md";
  replace_file(result.html, report.html);
  replace_file(result.markdown, report.markdown);
  result.html_bytes = report.html.size();
  result.segments = static_cast<int>(names.size());
  result.changed_names = static_cast<int>(
      std::count_if(names.begin(), names.end(), [](const SegmentName& n) { return n.name != n.default_name; }));
  return result;
}

}  // namespace tessera
