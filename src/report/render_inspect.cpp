// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/bytes.hpp"
#include "core/dates.hpp"
#include "report/column_use.hpp"
#include "report/inspect_report.hpp"
#include "report/page.hpp"
#include "report/remarks.hpp"
#include "report/text.hpp"

namespace tessera {
namespace {

constexpr std::size_t kLevelsShown = 3;
constexpr int kNameWidth = 28;
constexpr int kOtherColumnsWidth = 46;
constexpr double kNotableSkew = 2.0;

std::string distinct_text(const ColumnProfile& profile) {
  return (profile.distinct_exact ? "" : "~") +
         (profile.distinct_exact ? text::count(profile.distinct) : text::number(static_cast<double>(profile.distinct), 2));
}

std::string level_text(const ColumnProfile& profile) {
  std::string text;
  const std::int64_t present = std::max<std::int64_t>(1, profile.rows - profile.missing);
  for (std::size_t i = 0; i < std::min(profile.top_levels.size(), kLevelsShown); ++i) {
    const auto& [level, rows] = profile.top_levels[i];
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", text::shorten(text::printable(level), 24),
                        text::percent(static_cast<double>(rows) / static_cast<double>(present)));
  }
  if (static_cast<std::int64_t>(kLevelsShown) < profile.distinct && !text.empty()) text += ", ...";
  return text;
}

/// Whole numbers are not rounded; years keep their four digits together.
std::string extreme_text(const ColumnProfile& profile, double value, int digits) {
  if (!profile.integral || std::fabs(value) >= 1e15) return text::number(value, digits);
  const bool years = text::in_years(profile.min) && text::in_years(profile.max);
  return years ? fmt::format("{:.0f}", value) : text::count(std::llround(value));
}

std::string range_text(const ColumnProfile& profile) {
  if (profile.kind == Kind::date) return format_iso_date(profile.min) + " to " + format_iso_date(profile.max);
  if (profile.min == profile.max) return "always " + extreme_text(profile, profile.min, 6);
  const int digits = text::telling_digits(profile.min, profile.max);
  std::string text = fmt::format(
      "{} to {}, mean {}, sd {}", extreme_text(profile, profile.min, digits), extreme_text(profile, profile.max, digits),
      text::number(profile.mean, text::telling_digits(profile.mean, profile.mean + profile.sd)), text::number(profile.sd));
  if (std::fabs(profile.skew) > kNotableSkew) text += fmt::format(", skew {}", text::number(profile.skew, 2));
  return text;
}

/// What the values look like, in one line; empty if there are none.
std::string values_text(const ColumnProfile& profile) {
  if (profile.missing == profile.rows) return "no values at all";
  const bool by_level = profile.kind == Kind::nominal || profile.kind == Kind::binary;
  if ((by_level || profile.type == DataType::text) && profile.kind != Kind::date) return level_text(profile);
  std::string text = range_text(profile);
  if (profile.zeros > 0) {
    text += fmt::format(
        ", {} zeros", text::percent(static_cast<double>(profile.zeros) / static_cast<double>(profile.rows - profile.missing)));
  }
  return text;
}

std::string traits_text(const ColumnProfile& profile) {
  std::vector<std::string> words;
  if (profile.counts_rows) words.emplace_back("counts the rows");
  if (is_unique(profile) && !profile.counts_rows) words.emplace_back("unique");
  if (profile.infinite > 0) words.push_back(text::plural(profile.infinite, "infinite cell"));
  return fmt::format("{}", fmt::join(words, ", "));
}

Page::Row column_row(const ColumnProfile& profile, const InspectReport& report) {
  Page::Row row;
  const double missing = profile.rows > 0 ? static_cast<double>(profile.missing) / static_cast<double>(profile.rows) : 0.0;
  row.cells = {profile.name, std::string(to_string(profile.type)), std::string(to_string(profile.kind)),
               profile.missing == 0 ? "-" : text::percent(missing), distinct_text(profile)};
  const std::string use = column_use(profile, report);
  // What makes a column a feature is no surprise; why it is none has to be said.
  const bool explained = profile.role != Role::feature && !profile.reason.empty();
  row.details.push_back(explained ? fmt::format("{}: {}", use, profile.reason) : use);
  std::string values = values_text(profile);
  const std::string traits = traits_text(profile);
  if (!traits.empty()) values += (values.empty() ? "" : "; ") + traits;
  if (!values.empty()) row.details.push_back(std::move(values));
  for (const std::string& warning : profile.warnings) row.details.push_back("! " + warning);
  return row;
}

void add_ids(Page& page, const InspectReport& report) {
  if (report.duplicate_ids) {
    const std::int64_t rows = *report.duplicate_ids;
    const std::string note = report.duplicate_ids_note.empty() ? "" : fmt::format(" ({})", report.duplicate_ids_note);
    if (rows == 0) {
      page.bullet("every id is there once" + note);
    } else {
      page.bullet(
          fmt::format("{} an id that occurred before{}", rows == 1 ? "1 row has" : text::count(rows) + " rows have", note),
          true);
    }
  } else if (!report.duplicate_ids_note.empty()) {
    page.bullet(report.duplicate_ids_note);
  }
}

void add_memory(Page& page, const InspectReport& report) {
  if (report.resident_bytes <= 0) return;
  const bool fits = report.resident_bytes <= report.budget_bytes;
  page.bullet(fmt::format("segmenting in memory takes {}; {} are allowed here (--memory), {}",
                          format_bytes(report.resident_bytes), format_bytes(report.budget_bytes),
                          fits ? "which is enough" : "so prepared rows are kept in a temporary file"));
  if (report.least_bytes > report.budget_bytes) {
    page.bullet(
        fmt::format("at least {} are needed: --memory {}", format_bytes(report.least_bytes), bytes_option(report.least_bytes)),
        true);
  }
}

void add_plan(Page& page, const InspectReport& report) {
  page.heading("What segment would do");
  if (!report.plan) {
    page.bullet(report.plan_problem.empty() ? "it could not be told" : report.plan_problem, true);
    return;
  }
  page.bullet(fmt::format("segment by {}, which become {}",
                          text::plural(static_cast<std::int64_t>(report.plan->sources.size()), "column"),
                          text::plural(report.plan->features(), "prepared feature")));
  for (const std::string& decision : report.plan->decisions) page.bullet(decision);
}

}  // namespace

std::string render_inspect(const InspectReport& report, bool color, int width) {
  Page page(color, width);
  page.title(fmt::format("{}: {} by {}, {}", report.table.path.filename().string(), text::plural(report.table.rows, "row"),
                         text::plural(static_cast<std::int64_t>(report.table.columns.size()), "column"),
                         format_bytes(report.file_bytes)));
  page.bullet(report.table.layout);
  for (const std::string& note : report.table.notes) page.bullet(note);
  add_ids(page, report);
  add_memory(page, report);
  page.heading("Columns");
  std::vector<Page::Row> rows;
  for (const ColumnProfile& profile : report.profiles) rows.push_back(column_row(profile, report));
  const int name_width = std::clamp(width - kOtherColumnsWidth, kNameWidth / 2, kNameWidth);
  page.table({{"name", false, name_width}, {"type"}, {"kind"}, {"missing", true}, {"distinct", true}}, "", rows);
  add_plan(page, report);
  for (const Remark& remark : report.remarks) {
    if (is_about_data(remark)) page.bullet(remark.message, remark.warning);
  }
  return page.text();
}

}  // namespace tessera
