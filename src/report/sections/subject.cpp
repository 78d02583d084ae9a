// SPDX-License-Identifier: Apache-2.0
#include "report/sections/subject.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::sections {
namespace {

/// Beyond any number of segments that a report could help with.
constexpr std::size_t kMostSegments = 20'000;
constexpr int kMostRetold = 50;         ///< segments that are looked for in sentences
constexpr std::size_t kMostSpans = 20;  ///< of a sentence
constexpr int kShortWidth = 26;

std::vector<SegmentView> views_of(const Input& summary, const Input& analysis) {
  const Input& analysed = list(analysis, "segments");
  const Input& found = list(summary, "segments");
  std::vector<SegmentView> views;
  for (std::size_t s = 0; s < std::min(std::max(analysed.size(), found.size()), kMostSegments); ++s) {
    SegmentView view;
    view.number = static_cast<int>(s);
    view.rows = std::max(count(element(analysed, s), "rows"), count(element(found, s), "size"));
    view.share = number(element(analysed, s), "share");
    if (std::isnan(view.share)) view.share = number(element(found, s), "share");
    view.suppressed = truth(element(analysed, s), "suppressed");
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace

Limits Limits::scaled(double factor) const {
  const auto less = [&](int value, int least) { return std::max(least, static_cast<int>(std::floor(value * factor))); };
  Limits limits = *this;
  limits.cards = less(cards, 4);
  limits.profile_cells = less(profile_cells, 100);
  limits.kpis = less(kpis, 2);
  limits.pairs_per_kpi = less(pairs_per_kpi, 3);
  limits.crosstabs = less(crosstabs, 2);
  limits.crosstab_cells = less(crosstab_cells, 40);
  limits.correlation_columns = less(correlation_columns, 6);
  limits.correlation_groups = less(correlation_groups, 1);
  limits.outcomes = less(outcomes, 1);
  limits.driver_rows = less(driver_rows, 20);
  limits.quadrants = less(quadrants, 1);
  limits.list_items = less(list_items, 10);
  limits.map_cells = less(map_cells, 400);
  return limits;
}

Subject::Subject(const Input& summary, const std::vector<SegmentName>& names, const Limits& limits)
    : summary_(summary),
      analysis_(member(summary, "analysis")),
      limits_(limits),
      by_(text(analysis_, "by")),
      segments_(views_of(summary, analysis_)) {
  for (SegmentView& view : segments_) {
    const auto own = std::find_if(names.begin(), names.end(), [&](const SegmentName& n) { return n.segment == view.number; });
    if (own == names.end()) continue;
    view.name = own->name.empty() ? own->default_name : own->name;
    view.default_name = own->default_name;
  }
}

document::Span Subject::mention(int number) const {
  if (number < 0 || number >= k()) return {"all customers"};
  return document::segment(number, segments_[static_cast<std::size_t>(number)].name);
}

document::Span Subject::short_mention(int number) const {
  document::Span span = mention(number);
  span.width = kShortWidth;
  return span;
}

document::Prose Subject::retell(const std::string& sentence) const {
  document::Prose prose;
  std::size_t from = 0;
  while (true) {
    std::size_t first = std::string::npos;
    const SegmentView* named = nullptr;
    for (const SegmentView& view : segments_) {
      if (view.default_name.empty() || view.number >= kMostRetold) continue;
      const std::size_t at = sentence.find("\"" + view.default_name + "\"", from);
      if (at >= first) continue;
      first = at;
      named = &view;
    }
    if (named == nullptr || prose.size() > kMostSpans) break;
    if (first > from) prose.push_back(document::sentence(sentence.substr(from, first - from)));
    prose.push_back(mention(named->number));
    from = first + named->default_name.size() + 2;
  }
  if (from < sentence.size()) prose.push_back(document::sentence(sentence.substr(from)));
  return prose;
}

std::string Subject::label(int number) const {
  const document::Span span = mention(number);
  if (span.kind != document::Span::Kind::segment) return span.text;
  return document::plain_text({span});
}

}  // namespace tessera::sections
