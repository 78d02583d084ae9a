// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Bullets;
using document::Paragraph;
using document::say;
using document::Section;
using document::strong;
using document::Tiles;

namespace {

constexpr std::size_t kFindings = 8;

std::string share_words(std::int64_t part, std::int64_t whole) {
  return part < 0 || whole <= 0 ? std::string() : text::percent(static_cast<double>(part) / static_cast<double>(whole));
}

document::Prose headline(const Subject& subject, std::int64_t customers) {
  const std::string all = customers < 0 ? "The customers" : text::plural(customers, "customer");
  if (subject.k() == 0) return say("This run says nothing about segments.");
  if (!subject.by().empty()) {
    return say("{} in {}, as the column {} has them.",
               {strong(all), strong(text::plural(subject.k(), "segment")), document::name(subject.by())});
  }
  if (subject.k() == 1) {
    return say("{} form one group: {}.", {strong(all), strong("the data support no segments")});
  }
  return say("{} fall into {}.", {strong(all), strong(text::plural(subject.k(), "segment"))});
}

/// Where the sizes lie, in a sentence.
document::Prose sizes(const Subject& subject) {
  const auto known = [](const SegmentView& view) { return !std::isnan(view.share); };
  if (subject.k() < 2 || !std::all_of(subject.segments().begin(), subject.segments().end(), known)) return {};
  const auto by_share = [](const SegmentView& a, const SegmentView& b) { return a.share < b.share; };
  const auto [least, most] = std::minmax_element(subject.segments().begin(), subject.segments().end(), by_share);
  return say(
      "The largest is {} with {} of the customers, the smallest {} with {}.",
      {subject.mention(most->number), text::percent(most->share), subject.mention(least->number), text::percent(least->share)});
}

Tiles tiles(const Subject& subject, std::int64_t customers) {
  Tiles tiles;
  const auto add = [&](const std::string& value, const std::string& label) {
    if (!value.empty()) tiles.tiles.push_back({value, label});
  };
  const Input& assignment = member(subject.summary(), "assignment");
  add(customers < 0 ? "" : text::count(customers), "customers");
  add(text::count(subject.k()), subject.k() == 1 ? "group" : "segments");
  if (subject.k() > 1) add(share_words(count(assignment, "boundary"), customers), "could go either way");
  const std::int64_t outliers = count(assignment, "outliers");
  add(outliers < 0 ? "" : text::count(outliers), "unlike any segment");
  const std::size_t kpis = list(subject.analysis(), "kpis").size();
  add(kpis == 0 ? "" : text::count(static_cast<std::int64_t>(kpis)), "KPIs compared");
  return tiles;
}

}  // namespace

Section verdict_section(const Subject& subject) {
  Section section("verdict", "The verdict");
  const Input& summary = subject.summary();
  std::int64_t customers = count(summary, "rows");
  const std::int64_t rejected = count(summary, "rows_rejected");
  if (customers >= 0 && rejected > 0) customers = std::max<std::int64_t>(0, customers - rejected);
  section.add(Paragraph{headline(subject, customers), Paragraph::Tone::lead});
  const Input& split = member(summary, "split");
  if (split.is_object()) {
    section.say(say("They are one segment of an earlier run, {} ({}), looked at on its own: {} of {} customers.",
                    {document::name(text(split, "id")), document::name(text(split, "name")),
                     text::count(std::max<std::int64_t>(0, count(split, "rows"))),
                     text::count(std::max<std::int64_t>(0, count(split, "of_rows")))}));
  }
  const std::string verdict = text(summary, "verdict");
  if (!verdict.empty()) section.say({document::sentence(verdict)});
  section.say(sizes(subject));
  section.add(tiles(subject, customers));
  Bullets findings;
  for (const Input& finding : list(subject.analysis(), "findings")) {
    if (findings.items.size() == kFindings) break;
    if (finding.is_string()) findings.items.push_back(subject.retell(text(finding)));
  }
  if (!findings.items.empty()) {
    section.add(document::Heading{say("What stands out")});
    section.add(std::move(findings));
  }
  if (subject.k() == 1 && subject.by().empty()) {
    section.say(
        say("Customers differ, but gradually: any line drawn between them would be arbitrary. Treat the numbers below as the "
            "picture of one audience, or give a number of segments ({}) knowing that the borders are yours.",
            {document::code("-k 3")}));
  }
  return section;
}

}  // namespace tessera::sections
