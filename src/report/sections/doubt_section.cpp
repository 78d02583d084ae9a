// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Bullets;
using document::Cell;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr double kHeatStep = 0.18;

void add_boundary(Section& section, const Subject& subject) {
  const Input& summary = subject.summary();
  const Input& assignment = member(summary, "assignment");
  const std::int64_t boundary = count(assignment, "boundary"), rows = count(summary, "rows");
  if (boundary < 0 || subject.k() < 2) return;
  document::Prose prose = say(text(subject.summary(), "algorithm") == "mixture"
                                  ? "{} could go either way: their second most probable segment is almost as probable."
                                  : "{} could go either way: their second nearest segment is almost as near as their own.",
                              {document::strong(text::plural(boundary, "customer"))});
  if (rows > 0)
    prose.emplace_back(" That is " + text::percent(static_cast<double>(boundary) / static_cast<double>(rows)) + " of all.");
  section.say(std::move(prose));
  const std::int64_t outliers = count(assignment, "outliers");
  if (outliers > 0) {
    section.say(say(
        "{} unlike any segment: further out than {} of the customers that the segments were made from. Look at them one by one "
        "before acting on their segment ({} in {}).",
        {document::strong(outliers == 1 ? "1 customer is" : text::count(outliers) + " customers are"),
         text::percent(number(assignment, "outlier_quantile")), document::code("flags"), document::code("assignments.h5")}));
  }
}

void add_keep(Section& section, const Subject& subject) {
  const Input& keep = member(member(subject.analysis(), "doubt"), "keep");
  const double mean = number(keep, "mean");
  if (std::isnan(mean) || subject.k() < 2) return;
  const auto probability = [&](const char* key) { return value_words(number(keep, key), Format::number); };
  section.say(
      say("Found anew on {} bootstrap samples, a customer keeps the segment with probability {}: {} at a boundary, {} "
          "elsewhere. {} of the customers keep it less often than {} times in ten.",
          {text::count(count(keep, "refits")), document::strong(probability("mean")), probability("boundary"),
           probability("elsewhere"), text::percent(number(keep, "below_least")),
           value_words(10.0 * number(keep, "least"), Format::number)}));
  Table table;
  table.caption = say("How often customers keep their segment");
  table.columns = {{say("Segment"), false}, {say("Probability")}};
  const Input& segments = list(keep, "segments");
  const auto shown = std::min(segments.size(), static_cast<std::size_t>(subject.limits().list_items));
  for (std::size_t i = 0; i < shown && static_cast<int>(i) < subject.k(); ++i) {
    table.rows.push_back(
        {text_cell({subject.mention(static_cast<int>(i))}), value_cell(number(element(segments, i)), Format::number)});
  }
  table.note = left_out(segments.size(), shown, "segments", "summary.json");
  table.collapsed = true;
  section.add(std::move(table));
}

void add_pairs(Section& section, const Subject& subject) {
  const Input& pairs = list(member(subject.analysis(), "doubt"), "pairs");
  std::vector<const Input*> ordered;
  for (const Input& pair : pairs) {
    if (segment_number(pair, "segment", subject.k()) >= 0 && segment_number(pair, "other", subject.k()) >= 0)
      ordered.push_back(&pair);
  }
  if (ordered.empty()) return;
  const auto overlap = [](const Input* pair) {
    const double value = number(*pair, "overlap");
    return std::isnan(value) ? -1.0 : value;
  };
  std::stable_sort(ordered.begin(), ordered.end(), [&](auto a, auto b) { return overlap(a) > overlap(b); });
  Bullets advice;
  for (const Input* pair : ordered) {
    if (advice.items.size() == 5) break;
    if (text(*pair, "advice").find("merg") == std::string::npos) continue;
    advice.items.push_back(say("{} and {}: {}.", {subject.mention(segment_number(*pair, "segment", subject.k())),
                                                  subject.mention(segment_number(*pair, "other", subject.k())),
                                                  document::sentence(text(*pair, "advice"))}));
  }
  if (!advice.items.empty()) section.add(std::move(advice));
  const auto shown = std::min(ordered.size(), static_cast<std::size_t>(subject.limits().list_items));
  Table table;
  table.caption = say("Pairs of segments, those that overlap most first");
  table.columns = {
      {say("Segment"), false},        {say("and"), false}, {say("Customers between them")}, {say("Share of both")},
      {say("Distance of the means")}, {say("Overlap")},    {say("p of one group")},         {say("Reads as"), false}};
  for (std::size_t i = 0; i < shown; ++i) {
    const Input& pair = *ordered[i];
    table.rows.push_back({text_cell({subject.mention(segment_number(pair, "segment", subject.k()))}),
                          text_cell({subject.mention(segment_number(pair, "other", subject.k()))}),
                          count_cell(count(pair, "rows")), value_cell(number(pair, "share"), Format::share),
                          value_cell(number(pair, "distance")), value_cell(number(pair, "overlap"), Format::share),
                          p_cell(number(pair, "dip_p")), text_cell({document::name(text(pair, "advice"))})});
  }
  table.note = left_out(ordered.size(), shown, "pairs", "doubt.csv");
  table.note.emplace_back(
      " Distance: of the means, in standard deviations within the segments (Mahalanobis). Overlap: what two normal "
      "distributions at that distance share. p of one group: how easily a single group would look this divided (dip "
      "test along the line between them); above 0.05, no gap is to be seen.");
  section.add(std::move(table));
}

void add_bimodality(Section& section, const Subject& subject) {
  const Input& findings = list(member(subject.analysis(), "doubt"), "bimodality");
  if (findings.empty()) return;
  section.add(document::Heading{say("Does a segment hide two?")});
  Bullets bullets;
  for (const Input& finding : findings) {
    if (bullets.items.size() == 10 || !truth(finding, "bimodal")) break;
    const int segment = segment_number(finding, "segment", subject.k());
    if (segment < 0) continue;
    const std::string words = text(finding, "words");
    bullets.items.push_back(words.empty() ? say("{}: {}", {subject.mention(segment), document::name(text(finding, "column"))})
                                          : subject.retell(words));
  }
  if (bullets.items.empty()) {
    section.say(say("No: {} looked at within every segment, and none has two clearly separate groups.",
                    {text::plural(static_cast<std::int64_t>(findings.size()), "distribution") +
                     (findings.size() == 1 ? " was" : " were")}));
    return;
  }
  section.add(std::move(bullets));
  Table table;
  table.caption = say("Distributions with two humps");
  table.collapsed = true;
  table.columns = {{say("Column"), false}, {say("Segment"), false}, {say("Method"), false},
                   {say("Customers")},     {say("Statistic")},      {say("p, adjusted")},
                   {say("Low hump")},      {say("High hump")},      {say("Share of the low one")}};
  for (const Input& finding : findings) {
    if (std::ssize(table.rows) == subject.limits().list_items || !truth(finding, "bimodal")) break;
    table.rows.push_back({text_cell({document::name(text(finding, "column"))}),
                          text_cell({subject.mention(segment_number(finding, "segment", subject.k()))}),
                          text_cell({document::name(text(finding, "method"))}), count_cell(count(finding, "n")),
                          value_cell(number(finding, "statistic")), p_cell(number(finding, "p_adjusted")),
                          value_or_date_cell(member(finding, "low_mode")), value_or_date_cell(member(finding, "high_mode")),
                          value_cell(number(finding, "low_share"), Format::share)});
  }
  section.add(std::move(table));
}

void add_comparison(Section& section, const Subject& subject, const Input& comparison) {
  section.add(document::Heading{say("Against the segmentation {}", {document::name(text(comparison, "column"))})});
  const std::string words = text(comparison, "words");
  if (!words.empty()) section.say(subject.retell(words));
  section.hint(say(
      "Adjusted Rand index {} and adjusted mutual information {} (1: the same groups, 0: no more than chance), Cramer's V {}.",
      {value_words(number(comparison, "adjusted_rand"), Format::number),
       value_words(number(comparison, "adjusted_mutual_information"), Format::number),
       value_words(number(comparison, "cramers_v"), Format::number)}));
  const Input& levels = list(comparison, "levels");
  Table table;
  table.heat_map = true;
  table.caption = say("Where the customers of each {} are now", {document::name(text(comparison, "column"))});
  table.columns = {{{document::name(text(comparison, "column"))}, false}};
  for (const SegmentView& view : subject.segments()) table.columns.push_back({{subject.short_mention(view.number)}});
  const int most = std::min(subject.limits().list_items, 4 * subject.limits().crosstab_cells / std::max(1, subject.k()));
  for (std::size_t r = 0; r < levels.size() && std::ssize(table.rows) < most; ++r) {
    const Input& weights = element(list(comparison, "weights"), r);
    double sum = 0.0;
    for (int s = 0; s < subject.k(); ++s) {
      const double weight = number(element(weights, static_cast<std::size_t>(s)));
      if (!std::isnan(weight)) sum += weight;
    }
    std::vector<Cell> cells = {text_cell({document::name(text(levels[r]))})};
    for (int s = 0; s < subject.k(); ++s) {
      const double weight = number(element(weights, static_cast<std::size_t>(s)));
      Cell cell = value_cell(sum > 0 ? weight / sum : weight, Format::share);
      if (!cell.prose.empty()) cell.heat = heat_of(cell.value, kHeatStep);
      cell.explanation = std::isnan(weight) ? "" : text::number(weight) + " customers";
      cells.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(cells));
  }
  section.add(std::move(table));
}

}  // namespace

Section doubt_section(const Subject& subject) {
  Section section("doubt", "How sure this is");
  add_boundary(section, subject);
  add_keep(section, subject);
  add_pairs(section, subject);
  add_bimodality(section, subject);
  const Input& comparisons = list(member(subject.analysis(), "doubt"), "comparisons");
  const auto shown = std::min(comparisons.size(), static_cast<std::size_t>(subject.limits().outcomes));
  for (std::size_t i = 0; i < shown; ++i) add_comparison(section, subject, comparisons[i]);
  section.hint(left_out(comparisons.size(), shown, "segmentations", "summary.json"));
  if (section.blocks.empty()) {
    section.say(subject.k() == 1 ? say("With one group, no customer can be between two.")
                                 : say("The run's summary says nothing about doubtful customers."));
  }
  return section;
}

}  // namespace tessera::sections
