// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string_view>
#include <variant>

#include "report/document/html.hpp"
#include "report/text.hpp"

namespace tessera::document {
namespace {

/// Text that no Markdown reader takes for markup.
std::string escape(std::string_view printable) {
  std::string result;
  for (const char c : printable) {
    switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '|':
      case '#':
      case '~':
      case '!':
      case '$':
        result += '\\';
        result += c;
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string inline_text(const Prose& prose) {
  std::string words;
  for (const Span& span : prose) {
    switch (span.kind) {
      case Span::Kind::plain:
      case Span::Kind::data:
        words += escape(visible_text(span));
        break;
      case Span::Kind::strong:
        words += "**" + escape(visible_text(span)) + "**";
        break;
      case Span::Kind::code:
        words += "<code>" + escape(visible_text(span)) + "</code>";
        break;
      case Span::Kind::segment:
        words += fmt::format("**{}{}{}**", span.segment, span.text.empty() ? "" : " · ", escape(visible_text(span)));
        break;
    }
  }
  return words;
}

class MarkdownWriter {
 public:
  void section(const Section& section) {
    out_ += fmt::format("\n## {}\n", escape(section.title));
    for (const Block& block : section.blocks) {
      std::visit([this](const auto& content) { add(content); }, block);
    }
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  void add(const Paragraph& paragraph) {
    const bool warning = paragraph.tone == Paragraph::Tone::warning;
    out_ += fmt::format("\n{}{}\n", warning ? "> **Mind:** " : "", inline_text(paragraph.prose));
  }
  void add(const Bullets& bullets) {
    out_ += '\n';
    for (const Prose& item : bullets.items) out_ += "* " + inline_text(item) + "\n";
  }
  void add(const Code& code) {
    out_ += "\n    " + text::printable(code.text) + "\n";  // one line
  }
  void add(const Heading& heading) { out_ += "\n### " + inline_text(heading.prose) + "\n"; }
  void add(const Figure& figure) {
    if (!figure.table.rows.empty()) add(figure.table);
  }
  void add(const Tiles& tiles) { facts(tiles.tiles); }

  void add(const Table& table) {
    if (table.columns.empty()) return;
    out_ += "\n**" + inline_text(table.caption) + "**\n\n|";
    for (const Table::Column& column : table.columns) out_ += " " + inline_text(column.title) + " |";
    out_ += "\n|";
    for (const Table::Column& column : table.columns) out_ += column.numeric ? " ---: |" : " --- |";
    out_ += '\n';
    for (const std::vector<Cell>& row : table.rows) {
      out_ += '|';
      for (const Cell& cell : row) out_ += " " + (cell.prose.empty() ? "–" : inline_text(cell.prose)) + " |";
      out_ += '\n';
    }
    if (!table.note.empty()) out_ += "\n" + inline_text(table.note) + "\n";
  }

  void add(const Cards& cards) {
    for (const Card& card : cards.cards) {
      out_ += "\n### " + inline_text({segment(card.segment, card.name)}) + "\n";
      out_ += fmt::format("\n{}, {}. {}\n", card.share, card.size, inline_text(card.summary));
      facts(card.facts);
      out_ += '\n';
      for (const Card::Bar& bar : card.bars) {
        out_ += fmt::format("* {}: {}\n", inline_text(bar.label), inline_text(bar.figures));
      }
      for (const Card::Line& line : card.lines) {
        out_ += "* **" + line.title + "** ";
        for (std::size_t i = 0; i < line.items.size(); ++i) out_ += (i > 0 ? "; " : "") + inline_text(line.items[i]);
        out_ += '\n';
      }
    }
  }

  void facts(const std::vector<Tiles::Tile>& tiles) {
    if (tiles.empty()) return;
    out_ += '\n';
    for (const Tiles::Tile& tile : tiles) {
      out_ += fmt::format("* {}: **{}**\n", inline_text({name(tile.label)}), inline_text({name(tile.value)}));
    }
  }

  std::string out_;
};

}  // namespace

std::string render_markdown(const Document& document) {
  MarkdownWriter writer;
  for (const Section& section : document.sections) writer.section(section);
  return fmt::format("# {}\n\n{}\n{}\n---\n\n{}\n", inline_text({name(document.title)}), inline_text(document.subtitle),
                     writer.text(), escape(text::printable(document.footer)));
}

}  // namespace tessera::document
