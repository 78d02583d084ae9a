// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/persona.hpp"
#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Card;
using document::Cards;
using document::Cell;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr std::size_t kBars = 5;
constexpr std::size_t kFacts = 4;
constexpr double kLongestBar = 2.0;  ///< standard deviations at the end of a bar

/// KPIs of a segment, with what they are of the overall value.
std::vector<document::Tiles::Tile> facts_of(const Subject& subject, int segment) {
  std::vector<document::Tiles::Tile> facts;
  for (const Input& kpi : list(subject.analysis(), "kpis")) {
    if (facts.size() == kFacts) break;
    const Input& own = element(list(kpi, "segments"), static_cast<std::size_t>(segment));
    const double value = number(own, "value");
    if (std::isnan(value)) continue;
    std::string words = value_words(value, format_of_unit(text(kpi, "unit")));
    const double index = number(own, "index");
    if (!std::isnan(index) && subject.k() > 1) words += fmt::format(" (index {})", text::number(std::round(index)));
    facts.push_back({words, text(kpi, "name")});
  }
  return facts;
}

Card card_of(const Subject& subject, const SegmentView& view) {
  const auto index = static_cast<std::size_t>(view.number);
  const Input& fitted = element(list(subject.summary(), "segments"), index);
  Card card;
  card.segment = view.number;
  card.name = view.name;
  card.size = view.rows < 0 ? "of the customers" : text::plural(view.rows, "customer");
  card.share = std::isnan(view.share) ? "" : text::percent(view.share);
  if (view.suppressed) {
    card.summary = say("Too few customers to describe without describing individuals.");
    return card;
  }
  const Input& analysed = element(list(subject.analysis(), "segments"), index);
  const std::vector<TraitView> traits = traits_of(analysed, fitted);
  if (traits.empty() && subject.k() > 1) card.summary = say("Close to the average in everything that was compared.");
  for (const TraitView& trait : traits) {
    if (card.bars.size() == kBars) break;
    card.bars.push_back({{document::name(trait.label)}, {document::sentence(trait.figures)}, trait.strength / kLongestBar});
  }
  card.lines = persona_lines(traits, subject.summary());
  Card::Line typical = typical_line(analysed, traits, subject.summary());
  if (!typical.items.empty()) card.lines.push_back(std::move(typical));
  card.facts = facts_of(subject, view.number);
  return card;
}

/// Where the numbers and names of the segments come from.
document::Prose naming(const Subject& subject) {
  const document::Span file = document::code("names.json"), command = document::code("tessera report RUN");
  if (!subject.by().empty()) {
    return say("Names are those of the column {}; to show others, change {}, then run {}.",
               {document::name(subject.by()), file, command});
  }
  return say("Numbers 0, 1, … are those in {}. Names are made of the two strongest traits: change them in {}, then run {}.",
             {document::code("assignments.h5"), file, command});
}

Table overview(const Subject& subject) {
  Table table;
  table.caption = say("All segments at a glance");
  table.columns = {{say("Segment"), false}, {say("Customers")}, {say("Share")}, {say("Could go either way")}};
  for (const SegmentView& view : subject.segments()) {
    if (std::ssize(table.rows) == 5 * subject.limits().list_items) break;
    const Input& fitted = element(list(subject.summary(), "segments"), static_cast<std::size_t>(view.number));
    table.rows.push_back({text_cell({subject.mention(view.number)}), count_cell(view.rows),
                          value_cell(view.share, Format::share), value_cell(number(fitted, "boundary_share"), Format::share)});
  }
  table.note = left_out(subject.segments().size(), table.rows.size(), "segments", "segments.csv");
  return table;
}

}  // namespace

Section segments_section(const Subject& subject) {
  Section section("segments", subject.k() == 1 ? "The customers" : "The segments");
  if (subject.segments().empty()) {
    section.say(say("The run's summary names no segments."));
    return section;
  }
  if (subject.k() > 1) {
    section.hint(
        say("Bars show how far a segment lies below or above the other customers; the middle is no difference, the end {} "
            "standard deviations.",
            {text::number(kLongestBar)}));
    section.hint(naming(subject));
  }
  Cards cards;
  for (const SegmentView& view : subject.segments()) {
    if (std::ssize(cards.cards) == subject.limits().cards) break;
    cards.cards.push_back(card_of(subject, view));
  }
  const std::size_t shown = cards.cards.size();
  section.add(std::move(cards));
  if (subject.segments().size() > shown) {
    section.hint(say("The {} smaller segments have no card; the table names them all.",
                     {text::count(static_cast<std::int64_t>(subject.segments().size() - shown))}));
  }
  if (subject.k() > 1) section.add(overview(subject));
  return section;
}

}  // namespace tessera::sections
