// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/document/html_parts.hpp"
#include "report/document/html_text.hpp"
#include "report/text.hpp"

namespace tessera::document::html_parts {
namespace {

/// The style sheet knows widths of w0 .. w20, in steps of 5 %.
int bar_width(double strength) { return static_cast<int>(std::lround(std::min(1.0, std::fabs(strength)) * 20)); }

void append_lines(std::string& out, const std::vector<Card::Line>& lines) {
  if (lines.empty()) return;
  out += "<dl class=\"persona\">";
  for (const Card::Line& line : lines) {
    out += "<div><dt>" + html::escape(line.title) + "</dt>";
    for (const Prose& item : line.items) {
      out += "<dd>";
      append_prose(out, item);
      out += "</dd>";
    }
    out += "</div>";
  }
  out += "</dl>\n";
}

void append_bars(std::string& out, const std::vector<Card::Bar>& bars) {
  if (bars.empty()) return;
  out += "<ul class=\"bars\">\n";
  for (const Card::Bar& bar : bars) {
    out += "<li><span class=\"what\">";
    append_prose(out, bar.label);
    out += fmt::format("</span><span class=\"bar {} w{}\" aria-hidden=\"true\"></span><span class=\"figures\">",
                       bar.strength < 0 ? "less" : "more", bar_width(bar.strength));
    append_prose(out, bar.figures);
    out += "</span></li>\n";
  }
  out += "</ul>\n";
}

void append_card(std::string& out, const Card& card) {
  const int color = card.segment % kColors;
  out += fmt::format("<article class=\"card c{0}\" aria-labelledby=\"card-{1}\">\n<header><b class=\"badge c{0}\">{1}</b>",
                     color, card.segment);
  out += fmt::format("<h3 id=\"card-{}\">", card.segment);
  Span heading = name(card.name);
  heading.width = 2 * kSegmentNameWidth;
  append_prose(out, {std::move(heading)});
  out += fmt::format("</h3></header>\n<p class=\"size\"><strong>{}</strong> {}</p>\n", html::escape(card.share),
                     html::escape(card.size));
  if (!card.summary.empty()) {
    out += "<p>";
    append_prose(out, card.summary);
    out += "</p>\n";
  }
  append_tiles(out, card.facts, "facts");
  append_bars(out, card.bars);
  append_lines(out, card.lines);
  out += "</article>\n";
}

}  // namespace

void append_cards(std::string& out, const Cards& cards) {
  out += "<div class=\"cards\">\n";
  for (const Card& card : cards.cards) append_card(out, card);
  out += "</div>\n";
}

void append_tiles(std::string& out, const std::vector<Tiles::Tile>& tiles, const char* css_class) {
  if (tiles.empty()) return;
  out += fmt::format("<dl class=\"{}\">", css_class);
  for (const Tiles::Tile& tile : tiles) {
    // The label is text from the input at times: the name of a KPI.
    out += "<div><dt>";
    append_prose(out, {name(tile.label)});
    out += "</dt><dd>";
    append_prose(out, {name(tile.value)});
    out += "</dd></div>";
  }
  out += "</dl>\n";
}

}  // namespace tessera::document::html_parts
