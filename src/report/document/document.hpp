// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "report/document/prose.hpp"
#include "report/json.hpp"

/// What a report says, apart from how it looks: sections made of blocks. One renderer writes HTML, another Markdown, so that
/// both say the same. Nothing in here is escaped; the renderers do that.
namespace tessera::document {

struct Paragraph {
  enum class Tone { normal, lead, hint, warning };
  Prose prose;
  Tone tone = Tone::normal;
};

struct Bullets {
  std::vector<Prose> items;
};

/// A line of commands or settings to copy.
struct Code {
  std::string text;
};

/// A heading within a section.
struct Heading {
  Prose prose;
};

struct Cell {
  static constexpr int kNoHeat = -100;

  Prose prose;                                              ///< what people read; empty: a dash
  double value = std::numeric_limits<double>::quiet_NaN();  ///< the same in full precision, for machines; NaN: none
  int heat = kNoHeat;                                       ///< -5 (far below) .. 5 (far above): colours the cell
  std::string explanation;                                  ///< shown on pointing at the cell; may be empty
};

/// The first cell of a row names the row.
struct Table {
  struct Column {
    Prose title;
    bool numeric = true;
  };
  Prose caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  Prose note;              ///< below the table: what the numbers mean, what was left out; may be empty
  bool heat_map = false;   ///< narrow cells that colours dominate
  bool collapsed = false;  ///< only its caption is to be seen at first
};

/// A chart, and behind it the table with its numbers.
struct Figure {
  std::string id;  ///< unique; letters, digits, dashes
  Prose title;
  std::string description;  ///< what is to be seen, for those who do not see it
  Json spec;                ///< for templates/report.js, which says what it may hold
  int rows = 8;             ///< height, in rows of labels
  Table table;
};

/// Numbers that tell the story at a glance.
struct Tiles {
  struct Tile {
    std::string value, label;
  };
  std::vector<Tile> tiles;
};

/// A segment as people would describe it.
struct Card {
  struct Line {
    std::string title;  ///< "Who"
    std::vector<Prose> items;
  };
  struct Bar {
    Prose label, figures;
    double strength = 0.0;  ///< in [-1, 1]: below, above the average
  };
  int segment = 0;
  std::string name;
  std::string size;   ///< "1,222 customers"
  std::string share;  ///< "55%"
  Prose summary;
  std::vector<Line> lines;
  std::vector<Bar> bars;
  std::vector<Tiles::Tile> facts;
};
struct Cards {
  std::vector<Card> cards;
};

using Block = std::variant<Paragraph, Bullets, Code, Heading, Table, Figure, Tiles, Cards>;

struct Section {
  std::string id;
  std::string title;
  std::vector<Block> blocks;

  Section(std::string id_, std::string title_) : id(std::move(id_)), title(std::move(title_)) {}
  void add(Block block) { blocks.push_back(std::move(block)); }
  void say(Prose prose) {
    if (!prose.empty()) blocks.emplace_back(Paragraph{std::move(prose), Paragraph::Tone::normal});
  }
  void hint(Prose prose) {
    if (!prose.empty()) blocks.emplace_back(Paragraph{std::move(prose), Paragraph::Tone::hint});
  }
};

struct Document {
  std::string title;
  Prose subtitle;
  std::vector<Section> sections;
  std::string footer;
};

}  // namespace tessera::document
