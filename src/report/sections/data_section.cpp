// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Bullets;
using document::Heading;
using document::Paragraph;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr std::size_t kMostLongNames = 20;
constexpr int kLongNameWidth = 12'000;

/// Sentences of a list, and how many more there are.
void add_sentences(Section& section, const Subject& subject, const Input& sentences, const char* title) {
  if (sentences.empty()) return;
  section.add(Heading{{title}});
  Bullets bullets;
  for (const Input& each : sentences) {
    if (std::ssize(bullets.items) == subject.limits().list_items) break;
    if (each.is_string()) bullets.items.push_back({document::sentence(text(each))});
  }
  const std::size_t shown = bullets.items.size();
  section.add(std::move(bullets));
  section.hint(left_out(sentences.size(), shown, "sentences", "summary.json"));
}

std::string policy_of(const Input& summary) { return text(member(summary, "preparation"), "missing"); }

void add_counts(Section& section, const Input& summary) {
  const Input& input = member(summary, "input");
  const std::int64_t rows = count(summary, "rows"), rejected = count(summary, "rows_rejected"),
                     incomplete = count(summary, "rows_incomplete");
  document::Prose prose;
  if (!text(input, "file_name").empty())
    prose = say("The table is {} ({}). ", {document::name(text(input, "file_name")), document::name(text(input, "layout"))});
  if (rows >= 0) prose.emplace_back("It has " + text::plural(rows, "row") + ". ");
  if (rejected > 0) prose.emplace_back(text::plural(rejected, "row") + " could not be used, and belong to no segment. ");
  if (incomplete > 0)
    prose.emplace_back(text::plural(incomplete, "customer") + " had missing cells, which were " +
                       std::string(text::gaps_were(policy_of(summary))) + "; they carry a flag. ");
  if (incomplete == 0 && rejected == 0) prose.emplace_back("No row was rejected, and no cell of a feature was missing. ");
  section.say(std::move(prose));
}

void add_warnings(Section& section, const Subject& subject) {
  int shown = 0;
  Bullets notes;
  for (const Input& note : list(subject.summary(), "notes")) {
    if (shown++ == subject.limits().list_items) break;
    if (text(note, "level") == "warning") {
      section.add(Paragraph{{document::sentence(text(note, "message"))}, Paragraph::Tone::warning});
    } else {
      notes.items.push_back({document::sentence(text(note, "message"))});
    }
  }
  for (const Input& note : list(subject.analysis(), "notes")) {
    if (shown++ >= subject.limits().list_items) break;
    if (note.is_string()) notes.items.push_back(subject.retell(text(note)));
  }
  if (notes.items.empty()) return;
  section.add(Heading{say("Remarks")});
  section.add(std::move(notes));
}

Table features_table(const Subject& subject, const Input& sources, std::int64_t rows, bool filled) {
  Table table;
  table.caption = say("The columns that the segments were made from");
  table.collapsed = true;
  table.columns = {
      {say("Column"), false}, {say("Kind"), false}, {say("Transform"), false}, {say("Missing cells")}, {say("Missing")}};
  if (filled) table.columns.push_back({say("Filled with")});
  for (const Input& source : sources) {
    if (std::ssize(table.rows) == 4 * subject.limits().list_items) break;
    const std::int64_t missing = count(source, "missing");
    const double share = rows > 0 && missing >= 0 ? static_cast<double>(missing) / static_cast<double>(rows) : std::nan("");
    const std::string transform = text(source, "transform");
    table.rows.push_back({text_cell({document::name(text(source, "name"))}), text_cell({document::name(text(source, "kind"))}),
                          words_cell(transform == "none" ? "" : text::shorten(text::printable(transform), 20)),
                          count_cell(missing), value_cell(share, Format::share)});
    if (filled) table.rows.back().push_back(missing > 0 ? value_or_date_cell(member(source, "fill")) : document::Cell{});
  }
  table.note = left_out(sources.size(), table.rows.size(), "columns", "summary.json");
  return table;
}

void add_other_columns(Section& section, const Subject& subject, const Input& others) {
  if (others.empty()) return;
  Table table;
  table.caption = say("Other columns, and why they are no features");
  table.collapsed = true;
  table.columns = {{say("Column"), false}, {say("Role"), false}, {say("Why"), false}};
  for (const Input& other : others) {
    if (std::ssize(table.rows) == 2 * subject.limits().list_items) break;
    table.rows.push_back({text_cell({document::name(text(other, "name"))}), text_cell({document::name(text(other, "role"))}),
                          text_cell({document::sentence(text(other, "reason"))})});
  }
  table.note = left_out(others.size(), table.rows.size(), "columns", "summary.json");
  section.add(std::move(table));
}

/// Names that no cell and no chart has room for.
void add_long_names(Section& section, const Subject& subject) {
  std::set<std::string> names;
  const auto look_at = [&](const std::string& name) {
    if (names.size() < kMostLongNames && text::display_width(text::printable(name.substr(0, 2'000))) > document::kNameWidth)
      names.insert(name);
  };
  for (const Input& source : list(member(subject.summary(), "preparation"), "sources")) {
    look_at(text(source, "name"));
    for (const Input& level : list(source, "levels")) look_at(text(level));
  }
  for (const Input& column : list(subject.analysis(), "columns")) {
    look_at(text(column, "column"));
    for (const Input& level : list(column, "levels")) look_at(text(level));
  }
  for (const SegmentView& view : subject.segments()) look_at(view.name);
  if (names.empty()) return;
  Table table;
  table.caption = say("Long names in full");
  table.collapsed = true;
  table.columns = {{say("As shown"), false}, {say("In full"), false}};
  for (const std::string& name : names) {
    document::Span whole = document::name(name);
    whole.width = kLongNameWidth;
    table.rows.push_back({text_cell({document::name(name)}), text_cell({std::move(whole)})});
  }
  if (names.size() == kMostLongNames)
    table.note =
        say("Only the first {}; all of them are in {}.", {text::count(kMostLongNames), document::code("summary.json")});
  section.add(std::move(table));
}

}  // namespace

Section data_section(const Subject& subject) {
  Section section("data", "The data, and what was done to them");
  const Input& summary = subject.summary();
  const Input& preparation = member(summary, "preparation");
  add_counts(section, summary);
  add_warnings(section, subject);
  add_sentences(section, subject, list(preparation, "decisions"), "Decisions of preparation");
  const Input& sources = list(preparation, "sources");
  if (!sources.empty()) {
    const bool filled = text::gaps_were(policy_of(summary)) == "filled";
    section.add(features_table(subject, sources, count(summary, "rows"), filled));
  }
  add_other_columns(section, subject, list(preparation, "other_columns"));
  add_long_names(section, subject);
  const std::int64_t least = count(subject.analysis(), "min_cell");
  if (least > 0) {
    section.hint(say(
        "Privacy: groups of fewer than {} customers are left out of every table, with their means and extremes, and cells that "
        "could be worked out from the totals with them. Comparing several tables with each other is not covered.",
        {text::count(least)}));
  }
  return section;
}

}  // namespace tessera::sections
