// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Figure;
using document::say;
using document::Section;

namespace {

constexpr std::size_t kColumnsPerAxis = 2;

/// "→ higher Income, lower Kidhome".
std::string axis_words(const Input& axis) {
  std::string words;
  std::size_t named = 0;
  for (const Input& column : list(axis, "columns")) {
    if (named == kColumnsPerAxis) break;
    const double weight = number(column, "weight");
    if (std::isnan(weight)) continue;
    document::Span name = document::name(text(column, "column"));
    name.width = 30;
    words += (named == 0 ? "" : ", ") + std::string(weight > 0 ? "more " : "less ") + document::visible_text(name);
    ++named;
  }
  return words.empty() ? words : "→ " + words;
}

/// The cells as arrays of equal length; a null if they are not.
Json cells_of(const Input& cells, int segments, int most) {
  const Input& column = list(cells, "column");
  const Input& row = list(cells, "row");
  const Input& density = list(cells, "density");
  const Input& segment = list(cells, "segment");
  Json spec = {{"column", Json::array()}, {"row", Json::array()}, {"density", Json::array()}, {"segment", Json::array()}};
  const std::size_t size =
      std::min({column.size(), row.size(), density.size(), segment.size(), static_cast<std::size_t>(most)});
  for (std::size_t i = 0; i < size; ++i) {
    const double values[] = {number(column[i]), number(row[i]), number(density[i]), number(segment[i])};
    if (!std::all_of(std::begin(values), std::end(values), [](double value) { return std::isfinite(value); })) continue;
    if (values[3] < 0.0 || values[3] >= segments) continue;
    spec["column"].push_back(values[0]);
    spec["row"].push_back(values[1]);
    spec["density"].push_back(std::clamp(values[2], 0.0, 1.0));
    spec["segment"].push_back(static_cast<int>(values[3]));
  }
  return spec;
}

document::Prose legend(const Subject& subject) {
  document::Prose prose;
  for (const SegmentView& view : subject.segments()) {
    if (view.number == subject.limits().segments_in_chart) break;
    if (!prose.empty()) prose.emplace_back(" · ");
    prose.push_back(subject.mention(view.number));
  }
  return prose;
}

bool is_range(const Input& range) { return number(element(range, 0)) < number(element(range, 1)); }

}  // namespace

Section map_section(const Subject& subject) {
  Section section("map", "Map of the customers");
  const Input& map = member(subject.summary(), "customer_map");
  const Input& range = member(map, "range");
  const Input& cell = member(map, "cell");
  if (!is_range(member(range, "x")) || !is_range(member(range, "y")) || !(number(cell, "width") > 0) ||
      !(number(cell, "height") > 0)) {
    section.say(subject.by().empty()
                    ? say("There is no map: the run's summary holds none.")
                    : say("There is no map: the segments were given by a column, not found in the space of the features."));
    return section;
  }
  const bool one = subject.k() == 1;
  section.say(
      one ? say("Each field is a place where customers are; the stronger the colour, the more.")
          : say("Each field is a place where customers are; the stronger the colour, the more. The colour is that of the "
                "segment that most of them belong to. Numbers mark the segments' centers."));
  Figure figure;
  figure.id = "customer-map";
  figure.title = say("Where the customers are");
  figure.description =
      "Density of the customers on a plane, coloured by segment, with the segments' centers. The table below has the "
      "places of the centers.";
  figure.rows = 16;
  const Input& axes = list(map, "axes");
  figure.spec = {{"kind", "map"},
                 {"x", axis_words(element(axes, 0))},
                 {"y", axis_words(element(axes, 1))},
                 {"range",
                  {{"x", {number(element(member(range, "x"), 0)), number(element(member(range, "x"), 1))}},
                   {"y", {number(element(member(range, "y"), 0)), number(element(member(range, "y"), 1))}}}},
                 {"cell", {{"width", number(cell, "width")}, {"height", number(cell, "height")}}},
                 {"cells", cells_of(member(map, "cells"), subject.k(), subject.limits().map_cells)},
                 {"centers", Json::array()}};
  figure.table.caption = say("Places of the segments' centers on the map");
  figure.table.collapsed = true;
  figure.table.columns = {{say("Segment"), false}, {say("To the right")}, {say("Upwards")}, {say("Share of customers")}};
  for (const Input& center : list(map, "centers")) {
    const int number_of = segment_number(center, "segment", subject.k());
    const double x = number(center, "x"), y = number(center, "y");
    if (number_of < 0 || std::isnan(x) || std::isnan(y)) continue;
    figure.spec["centers"].push_back({{"x", x}, {"y", y}, {"segment", number_of}, {"name", subject.label(number_of)}});
    figure.table.rows.push_back({text_cell({subject.mention(number_of)}), value_cell(x), value_cell(y),
                                 value_cell(subject.segments()[static_cast<std::size_t>(number_of)].share, Format::share)});
  }
  section.add(std::move(figure));
  if (!one) section.hint(legend(subject));
  const std::int64_t sample = count(map, "sample_rows");
  section.hint(
      say("A table of many columns does not fit on a plane, so segments that touch here may be apart: the plane is the one "
          "that shows {} best. {}Counts are smoothed, and thin places left out.",
          {one ? "the spread of the customers" : "the distances between the centers",
           sample < 0 ? std::string() : "Drawn from a random sample of " + text::plural(sample, "customer") + ". "}));
  return section;
}

}  // namespace tessera::sections
