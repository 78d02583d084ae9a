// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/correlation_files.hpp"
#include "report/page.hpp"
#include "report/text.hpp"
#include "stats/p_text.hpp"

namespace tessera {
namespace {

constexpr std::size_t kGroupsShown = 20;
constexpr std::size_t kLeftOutShown = 10;

std::string title_of(const CorrelationTable& table) {
  const char* kMethods[] = {"Pearson's correlations", "Spearman's rank correlations", "Kendall's tau-b", "Associations"};
  return fmt::format("{} of {} columns, {}", kMethods[static_cast<std::size_t>(table.method)], table.variables.size(),
                     text::plural(table.rows_used, "customer"));
}

/// "0.42", "-0.06", "0": never "-0.00".
std::string two_digits(double r) {
  if (std::isnan(r)) return "-";
  return fmt::format("{:.2f}", std::fabs(r) < 0.005 ? 0.0 : r);
}

Page::Row pair_row(const CorrelationTable& table, const CorrelationPair& pair) {
  const CorrelationGroup& group = table.groups[pair.group];
  const auto name = [&](std::int64_t column) { return table.variables[static_cast<std::size_t>(column)].name; };
  const double low = group.low(pair.x, pair.y), high = group.high(pair.x, pair.y);
  const double p = group.p_adjusted(pair.x, pair.y);
  return {{name(pair.x), name(pair.y), two_digits(group.r(pair.x, pair.y)),
           std::isnan(low) ? "-" : two_digits(low) + " to " + two_digits(high), std::isnan(p) ? "-" : stats::p_text(p),
           text::count(static_cast<std::int64_t>(group.n(pair.x, pair.y)))},
          {},
          false};
}

void add_group(Page& page, const CorrelationTable& table, std::size_t group, const std::vector<CorrelationPair>& pairs) {
  const CorrelationGroup& own = table.groups[group];
  const std::string by = table.by.empty() ? "" : table.by + " = ";
  page.heading(own.segment < 0 ? "All customers" : fmt::format("{}{}: {}", by, own.name, text::plural(own.rows, "customer")));
  std::vector<Page::Row> rows;
  for (const CorrelationPair& pair : pairs) {
    if (pair.group == group) rows.push_back(pair_row(table, pair));
  }
  if (rows.empty()) {
    page.paragraph("no two columns that vary");
    return;
  }
  page.table(
      {{"column", false, 32}, {"with", false, 32}, {"r", true}, {"95% interval", true}, {"adjusted p", true}, {"n", true}}, "",
      rows);
}

void add_data(Page& page, const CorrelationTable& table) {
  if (table.left_out.empty() && table.notes.empty()) return;
  page.heading("Data");
  for (const std::string& note : table.notes) page.bullet(note, true);
  for (std::size_t i = 0; i < std::min(table.left_out.size(), kLeftOutShown); ++i)
    page.bullet(fmt::format("{} is left out: {}", table.left_out[i].first, table.left_out[i].second));
  if (table.left_out.size() > kLeftOutShown)
    page.bullet(fmt::format("{} more columns are left out, see the JSON", table.left_out.size() - kLeftOutShown));
}

}  // namespace

std::string render_correlations(const CorrelationTable& table, const std::filesystem::path& output, std::size_t top, bool color,
                                int width) {
  Page page(color, width);
  page.title(title_of(table));
  const std::vector<CorrelationPair> pairs = strongest_pairs(table, top);
  const std::size_t shown = top == 0 ? 0 : std::min(table.groups.size(), kGroupsShown);
  for (std::size_t g = 0; g < shown; ++g) add_group(page, table, g, pairs);
  if (top > 0 && table.groups.size() > shown)
    page.paragraph(fmt::format("and {} more segments in the files", table.groups.size() - shown));
  add_data(page, table);
  page.heading("Results");
  page.bullet(fmt::format("{}: matrices of correlations, n, intervals and p for every segment", output.string()));
  page.bullet(fmt::format("{}: a line for every two columns", correlations_csv_path(output).string()));
  page.bullet(fmt::format("{}: everything, in full precision", correlations_json_path(output).string()));
  return page.text();
}

}  // namespace tessera
