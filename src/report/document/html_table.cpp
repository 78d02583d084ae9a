// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/document/html_parts.hpp"
#include "report/document/html_text.hpp"
#include "report/text.hpp"

namespace tessera::document::html_parts {
namespace {

/// The classes h0 .. h10 of the style sheet.
std::string heat_class(int heat) {
  return heat == Cell::kNoHeat ? std::string() : fmt::format("h{}", std::clamp(heat, -5, 5) + 5);
}

void append_cell(std::string& out, const Cell& cell, bool row_header, bool numeric) {
  std::string classes = heat_class(cell.heat);
  if (numeric && !row_header) classes += classes.empty() ? "n" : " n";
  out += row_header ? "<th scope=\"row\"" : "<td";
  if (!classes.empty()) out += fmt::format(" class=\"{}\"", classes);
  if (!cell.explanation.empty()) {
    out += fmt::format(" title=\"{}\"", html::escape(text::shorten(text::printable(cell.explanation), 300)));
  }
  out += '>';
  const bool has_value = std::isfinite(cell.value);
  if (has_value) out += fmt::format("<data value=\"{}\">", cell.value);
  if (cell.prose.empty()) {
    out += "–";
  } else {
    append_prose(out, cell.prose);
  }
  if (has_value) out += "</data>";
  out += row_header ? "</th>" : "</td>";
}

void append_body(std::string& out, const Table& table) {
  out += "<thead><tr>";
  for (const Table::Column& column : table.columns) {
    out += column.numeric ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">";
    append_prose(out, column.title);
    out += "</th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const std::vector<Cell>& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < std::min(row.size(), table.columns.size()); ++i)
      append_cell(out, row[i], i == 0, table.columns[i].numeric);
    out += "</tr>\n";
  }
  out += "</tbody>";
}

}  // namespace

void append_table(std::string& out, const Table& table) {
  if (table.collapsed) {
    out += "<details class=\"behind\"><summary>";
    append_prose(out, table.caption);
    out += "</summary>\n";
  }
  // A region that scrolls must be reachable by keyboard, and so have a name.
  out += fmt::format("<div class=\"scroll{}\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table{}>\n",
                     table.heat_map ? " fit" : "", html::escape(plain_text(table.caption)),
                     table.heat_map ? " class=\"heat\"" : "");
  out += table.collapsed ? "<caption class=\"unseen\">" : "<caption>";
  append_prose(out, table.caption);
  out += "</caption>\n";
  append_body(out, table);
  out += "</table></div>\n";
  if (!table.note.empty()) {
    out += "<p class=\"note\">";
    append_prose(out, table.note);
    out += "</p>\n";
  }
  if (table.collapsed) out += "</details>\n";
}

}  // namespace tessera::document::html_parts
