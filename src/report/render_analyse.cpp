// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/analyse_summary.hpp"
#include "report/text.hpp"

namespace tessera {
namespace {

constexpr std::size_t kTraitsShown = 3;
constexpr std::size_t kSegmentsShown = 40;
constexpr std::size_t kKpisShown = 8;

std::string value_text(const KpiResult& kpi, double value) {
  if (std::isnan(value)) return "-";
  if (kpi.type == KpiType::rate || kpi.type == KpiType::csat) return text::percent(value);
  if (kpi.type == KpiType::nps) return fmt::format("{:+.1f}", value);
  return text::number(value);
}

void add_segments(Page& page, const Analysis& analysis) {
  std::vector<Page::Row> rows;
  for (const AnalysisSegment& segment : analysis.segments) {
    if (rows.size() == kSegmentsShown) break;
    Page::Row row;
    row.cells = {segment.name, text::count(segment.rows), text::percent(segment.share)};
    for (const SegmentTrait& trait : segment.traits) {
      if (row.details.size() == kTraitsShown || !trait.effect.notable) break;
      row.details.push_back(text::shorten(text::printable(trait.words), 90));
    }
    if (segment.suppressed) row.details = {fmt::format("fewer than {} customers: nothing is said of them", analysis.min_cell)};
    if (row.details.empty()) row.details = {"close to the average in every column"};
    rows.push_back(std::move(row));
  }
  page.blank();
  page.table({{"segment", false}, {"customers", true}, {"share", true}}, "what sets it apart", rows);
}

}  // namespace

void add_findings(Page& page, const Analysis& analysis) {
  if (analysis.findings.empty()) return;
  page.heading("What stands out");
  for (const std::string& finding : analysis.findings) page.bullet(finding);
}

void add_kpis(Page& page, const Analysis& analysis) {
  if (analysis.kpis.empty()) return;
  page.heading("KPIs");
  std::vector<Page::Column> columns = {{"segment", false, 32}};
  const std::size_t shown = analysis.segments.size() > 1 ? analysis.segments.size() : 0;  // one segment is all customers
  std::vector<Page::Row> rows(shown + 1);
  rows.front().cells = {"all customers"};
  for (std::size_t s = 0; s < shown; ++s) rows[s + 1].cells = {analysis.segments[s].name};
  for (std::size_t i = 0; i < std::min(analysis.kpis.size(), kKpisShown); ++i) {
    const KpiResult& kpi = analysis.kpis[i];
    columns.push_back({kpi.name, true, 20});
    rows.front().cells.push_back(value_text(kpi, kpi.overall.value));
    for (std::size_t s = 0; s < shown; ++s) {
      const KpiSegment& own = kpi.segments[s];
      // An asterisk for what is worth a word: notable, and beyond chance where that can be said.
      const bool remarkable = own.effect.notable && (kpi.used_in_fit || own.test.p_adjusted < 0.05);
      rows[s + 1].cells.push_back(value_text(kpi, own.value) + (remarkable ? "*" : " "));
    }
  }
  page.table(columns, "", rows);
  if (shown == 0) return;
  page.paragraph("* differs notably from the other customers: by its effect size, and beyond chance (adjusted p < 0.05).");
}

std::string render_analyse(const AnalyseSummary& summary, bool color, int width) {
  const Analysis& analysis = summary.analysis;
  Page page(color, width);
  page.title(fmt::format("{} by {} in {}", text::plural(std::ssize(analysis.segments), "segment"), analysis.by,
                         text::plural(analysis.rows, "customer")));
  add_segments(page, analysis);
  add_findings(page, analysis);
  add_kpis(page, analysis);
  if (!analysis.notes.empty() || !summary.remarks.empty()) page.heading("Data");
  for (const Remark& remark : summary.remarks) page.bullet(remark.message, remark.warning);
  for (const std::string& note : analysis.notes) page.bullet(note);
  page.heading(fmt::format("Results in {}", summary.output.string()));
  page.bullet("report.html, report.md: to be read and shown");
  page.bullet("profiles.csv, kpis.csv, crosstabs/, drivers.csv, ...: the tables");
  page.bullet("summary.json: everything, in full precision; correlations.h5; manifest.json");
  return page.text();
}

}  // namespace tessera
