// SPDX-License-Identifier: Apache-2.0
#include "report/page.hpp"

#include <algorithm>

#include "report/text.hpp"

namespace tessera {
namespace {

constexpr int kLeastWidth = 60;
constexpr int kIndent = 2;
/// With less room than this, details go beneath their row.
constexpr int kLeastDetailsWidth = 24;
constexpr int kDetailsIndent = 6;
constexpr const char* kBold = "\x1b[1m";
constexpr const char* kFaint = "\x1b[2m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kReset = "\x1b[0m";

std::string blanks(int count) { return std::string(static_cast<std::size_t>(std::max(0, count)), ' '); }

std::string cell_text(const std::string& text, const Page::Column& column) {
  return text::shorten(text::printable(text), column.most_width);
}

std::vector<int> column_widths(const std::vector<Page::Column>& columns, const std::vector<Page::Row>& rows) {
  std::vector<int> widths;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    int width = text::display_width(columns[j].title);
    for (const Page::Row& row : rows) width = std::max(width, text::display_width(cell_text(row.cells[j], columns[j])));
    widths.push_back(width);
  }
  return widths;
}

}  // namespace

Page::Page(bool color, int width) : color_(color), width_(std::max(width, kLeastWidth)) {}

void Page::line(std::string_view printable, const char* style) {
  const bool styled = color_ && *style != '\0';
  if (styled) text_ += style;
  text_ += printable.substr(0, printable.find_last_not_of(' ') + 1);
  if (styled) text_ += kReset;
  text_ += '\n';
}

void Page::title(std::string_view text) { line(text::shorten(text::printable(text), width_), kBold); }

void Page::heading(std::string_view text) {
  blank();
  line(text::shorten(text::printable(text), width_), kBold);
}

void Page::paragraph(std::string_view text) {
  for (const std::string& part : text::wrap(text::printable(text), width_ - kIndent)) line(blanks(kIndent) + part);
}

void Page::bullet(std::string_view text, bool warning) {
  const char* mark = warning ? "! " : "- ";
  for (const std::string& part : text::wrap(text::printable(text), width_ - kIndent - 2)) {
    line(blanks(kIndent) + mark + text::shorten(part, width_ - kIndent - 2), warning ? kYellow : "");
    mark = "  ";
  }
}

void Page::table(const std::vector<Column>& columns, const std::string& details_title, const std::vector<Row>& rows) {
  const std::vector<int> widths = column_widths(columns, rows);
  const auto aligned = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const std::string cell = cell_text(cells[j], columns[j]);
      text += blanks(kIndent) + (columns[j].right ? text::pad_left(cell, widths[j]) : text::pad_right(cell, widths[j]));
    }
    return text + blanks(kIndent);
  };
  std::vector<std::string> titles;
  for (const Column& column : columns) titles.push_back(column.title);
  const std::string title_line = aligned(titles);
  const bool fits = width_ - text::display_width(title_line) >= kLeastDetailsWidth;
  line(title_line + (fits ? details_title : ""), kFaint);
  for (const Row& row : rows) {
    std::string start = aligned(row.cells);
    const bool beneath = width_ - text::display_width(start) < kLeastDetailsWidth;
    const int indent = beneath ? kDetailsIndent : text::display_width(start);
    const int room = width_ - indent;
    std::vector<std::string> lines;
    for (const std::string& detail : row.details) {
      for (const std::string& part : text::wrap(text::printable(detail), room)) lines.push_back(text::shorten(part, room));
    }
    if (lines.empty() || beneath) line(start, row.emphasized ? kBold : "");
    if (beneath) start = blanks(indent);
    for (const std::string& part : lines) {
      line(start + part, row.emphasized ? kBold : "");
      start = blanks(indent);
    }
  }
}

}  // namespace tessera
