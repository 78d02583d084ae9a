// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Cell;
using document::Figure;
using document::say;
using document::Section;

namespace {

constexpr std::size_t kMostCriteria = 200;

Cell plain_cell(double value) {
  Cell cell = value_cell(value);
  if (!cell.prose.empty()) cell.prose = {fmt::format("{:.2f}", value)};
  return cell;
}

std::string verdict_of(const Input& criteria, bool chosen) {
  if (chosen) return "chosen";
  if (number(criteria, "k") == 1.0) return "always possible";
  return truth(criteria, "admissible") ? "possible" : text(criteria, "reason");
}

Figure figure_of(const Input& selection) {
  Figure figure;
  figure.id = "k-gain";
  figure.title = say("Does one more segment fit better than chance would?");
  figure.description =
      "For each number of segments, the gain in fit and what chance reaches in 1 of 100 tables without segments. The "
      "table below has the numbers.";
  figure.rows = 9;
  figure.table.caption = say("The criteria of every number of segments");
  figure.table.columns = {{say("Segments"), false}, {say("Gain")},       {say("Needed")},
                          {say("Stability")},       {say("Separation")}, {say("Smallest segment")},
                          {say("Verdict"), false}};
  Json xs = Json::array(), gain = Json::array(), needed = Json::array();
  const double chosen = number(selection, "chosen");
  for (const Input& criteria : list(selection, "criteria")) {
    const double k = number(criteria, "k");
    if (std::isnan(k) || figure.table.rows.size() == kMostCriteria) continue;
    const bool one = k == 1.0;
    if (!one) {
      xs.push_back(k);
      gain.push_back(chart_value(number(criteria, "gain")));
      needed.push_back(chart_value(number(criteria, "gain_threshold")));
    }
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    Cell name = text_cell({k == chosen ? document::strong(text::number(k)) : document::Span(text::number(k))});
    name.value = k;
    const std::string verdict = verdict_of(criteria, k == chosen);
    figure.table.rows.push_back({std::move(name), plain_cell(one ? nothing : number(criteria, "gain")),
                                 plain_cell(one ? nothing : number(criteria, "gain_threshold")),
                                 plain_cell(one ? nothing : number(criteria, "stability")),
                                 plain_cell(one ? nothing : number(criteria, "adjusted_silhouette")),
                                 value_cell(number(criteria, "smallest_share"), Format::share),
                                 text_cell({k == chosen ? document::strong(verdict) : document::sentence(verdict)})});
  }
  if (xs.size() >= 2) {
    figure.spec = {
        {"kind", "lines"},
        {"format", "number"},
        {"x", "number of segments"},
        {"y", "gain"},
        {"whole", true},
        {"series",
         {{{"name", "gain of this table"}, {"segment", 0}, {"xs", xs}, {"values", gain}},
          {{"name", "needed: chance in 1 of 100"}, {"segment", nullptr}, {"xs", xs}, {"values", needed}, {"dashed", true}}}}};
  }
  figure.table.note =
      say("On a sample of {} customers. Gain: how much better k segments fit than k - 1, beyond what data without "
          "segments would show. Stability: agreement of refits on halves of the customers, 1 is best. Separation: "
          "silhouette beyond chance.",
          {text::count(std::max<std::int64_t>(0, count(selection, "sample_rows")))});
  return figure;
}

/// The criteria of mixtures.
Figure information_of(const Input& selection) {
  Figure figure;
  figure.id = "k-information";
  figure.title = say("How well do so many components describe the customers?");
  figure.description =
      "Information criteria of each number of segments; the least value is the best. The table below has the numbers.";
  figure.rows = 9;
  figure.table.caption = say("The information criteria of every number of segments");
  figure.table.columns = {{say("Segments"), false},  {say("BIC")},           {say("ICL")}, {say("AIC")}, {say("Stability")},
                          {say("Smallest segment")}, {say("Verdict"), false}};
  Json xs = Json::array(), bic = Json::array(), icl = Json::array();
  const double chosen = number(selection, "chosen");
  for (const Input& each : list(selection, "information")) {
    const double k = number(each, "k");
    if (std::isnan(k) || figure.table.rows.size() == kMostCriteria) continue;
    xs.push_back(k);
    bic.push_back(chart_value(number(each, "bic")));
    icl.push_back(chart_value(number(each, "icl")));
    Cell name = text_cell({k == chosen ? document::strong(text::number(k)) : document::Span(text::number(k))});
    name.value = k;
    const bool again = truth(each, "found_again") || std::isnan(number(each, "stability"));
    const std::string possible = again ? "possible" : "possible, but not found again";
    const std::string reason = text(each, "reason");
    const std::string verdict = k == chosen ? "chosen" : reason.empty() ? possible : reason;
    figure.table.rows.push_back({std::move(name), plain_cell(number(each, "bic")), plain_cell(number(each, "icl")),
                                 plain_cell(number(each, "aic")),
                                 plain_cell(k == 1.0 ? std::numeric_limits<double>::quiet_NaN() : number(each, "stability")),
                                 value_cell(number(each, "smallest_share"), Format::share),
                                 text_cell({k == chosen ? document::strong(verdict) : document::sentence(verdict)})});
  }
  if (xs.size() >= 2) {
    figure.spec = {{"kind", "lines"},
                   {"format", "number"},
                   {"x", "number of segments"},
                   {"y", "criterion"},
                   {"whole", true},
                   {"series",
                    {{{"name", "BIC"}, {"segment", 0}, {"xs", xs}, {"values", bic}},
                     {{"name", "ICL"}, {"segment", 1}, {"xs", xs}, {"values", icl}}}}};
  }
  figure.table.note =
      say("On a sample of {} customers. All three weigh how well the components fit against the number of their parameters; "
          "ICL also counts how clearly customers belong to one of them. Stability: agreement of refits on halves of the "
          "customers, 1 is best; it does not choose.",
          {text::count(std::max<std::int64_t>(0, count(selection, "sample_rows")))});
  return figure;
}

}  // namespace

Section selection_section(const Subject& subject) {
  Section section("selection", "How the number of segments was chosen");
  if (!subject.by().empty()) {
    section.say(say("It was not: the column {} has the segments.", {document::name(subject.by())}));
    return section;
  }
  const Input& selection = member(subject.summary(), "k_selection");
  const std::string verdict = text(selection, "verdict");
  if (!verdict.empty()) section.say({document::sentence(verdict)});
  const double window = number(selection, "best_in_business_window");
  if (!std::isnan(window) && window != number(selection, "chosen")) {
    section.say(say("Of the 3 to 5 segments that businesses mostly act on, {} would be best ({}).",
                    {text::number(window), document::code("-k " + text::number(window))}));
  }
  if (!list(selection, "criteria").empty()) {
    section.add(figure_of(selection));
  } else if (!list(selection, "information").empty()) {
    section.add(information_of(selection));
  } else if (verdict.empty()) {
    section.say(say("The run's summary does not say."));
  }
  return section;
}

}  // namespace tessera::sections
