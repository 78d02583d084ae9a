// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "fit/choose_k.hpp"
#include "report/analyse_summary.hpp"
#include "report/page.hpp"
#include "report/portrait.hpp"
#include "report/remarks.hpp"
#include "report/summary.hpp"
#include "report/text.hpp"

namespace tessera {
namespace {

constexpr std::size_t kTraitsShown = 3;
constexpr std::size_t kSentencesShown = 12;
constexpr std::size_t kSegmentsShown = 40;
constexpr int kLabelWidth = 36;

double share_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

std::string headline(const SegmentationSummary& summary) {
  const int k = summary.model.segments();
  const std::string customers = text::plural(summary.assigned.rows, "customer");
  if (summary.split) {
    const std::string which =
        fmt::format("segment {} ({})", summary.split->id, text::shorten(text::printable(summary.split->name), kLabelWidth));
    return k == 1 ? fmt::format("No split: the {} of {} form one group", customers, which)
                  : fmt::format("{} groups in the {} of {}", k, customers, which);
  }
  return k == 1 ? fmt::format("No segments: {} form one group", customers) : fmt::format("{} segments in {}", k, customers);
}

std::vector<std::string> trait_lines(const SegmentPortrait& portrait, int segments) {
  if (segments == 1) return {};
  std::vector<std::string> lines;
  for (const Trait& trait : portrait.traits) {
    if (lines.size() == kTraitsShown || trait.strength < kNotableStrength) break;
    lines.push_back(text::shorten(text::printable(trait.label), kLabelWidth) + ": " + trait.figures);
  }
  if (lines.empty()) lines.emplace_back("close to the average in every feature");
  return lines;
}

void add_segments(Page& page, const SegmentationSummary& summary) {
  const Portraits portraits = describe_segments(summary.model, summary.assigned, summary.profiles);
  std::vector<Page::Row> rows;
  for (const SegmentPortrait& portrait : portraits.segments) {
    if (rows.size() == kSegmentsShown) break;
    Page::Row row;
    row.cells = {
        summary.split ? summary.split->label(portrait.segment, summary.model.segments()) : std::to_string(portrait.segment),
        text::count(portrait.size_rows), text::percent(portrait.share), text::percent(portrait.boundary_share)};
    row.details = trait_lines(portrait, summary.model.segments());
    rows.push_back(std::move(row));
  }
  const bool one = summary.model.segments() == 1;
  page.blank();
  page.table({{"segment", true}, {"customers", true}, {"share", true}, {"boundary", true}}, one ? "" : "what sets it apart",
             rows);
  if (portraits.segments.size() > rows.size()) {
    page.bullet(fmt::format("and {} smaller ones in segments.csv", portraits.segments.size() - rows.size()));
  }
  const AssignSummary& assigned = summary.assigned;
  std::string sentence;
  if (!one && assigned.boundary > 0) {
    sentence += fmt::format(
        "Boundary: {} ({}) could go either way, because their second {}. ", text::plural(assigned.boundary, "customer"),
        text::percent(share_of(assigned.boundary, assigned.rows)),
        summary.model.mixture ? "most probable segment is almost as probable" : "nearest segment is almost as near");
  }
  if (summary.keep) {
    sentence += fmt::format(
        "Found anew on {} bootstrap samples, a customer keeps the segment with probability {:.2f}; {} of the customers "
        "with less than {}. ",
        summary.keep->refits, summary.keep->mean, text::percent(summary.keep->below), kKeepLeast);
  }
  if (summary.model.mixture && !one) {
    sentence += fmt::format("The segment of a customer has probability {:.2f} on average. ", assigned.mean_probability);
  }
  if (assigned.outliers > 0)
    sentence += fmt::format("{} unlike any segment. ",
                            assigned.outliers == 1 ? "1 customer is" : text::count(assigned.outliers) + " customers are");
  if (assigned.rejected > 0)
    sentence += fmt::format("{} rejected (segment -1). ",
                            assigned.rejected == 1 ? "1 row was" : text::count(assigned.rejected) + " rows were");
  if (sentence.empty()) return;
  page.blank();
  page.paragraph(sentence);
}

std::string criterion(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f}", value); }

void add_information(Page& page, const KSelection& selection) {
  page.heading("How the number of segments was chosen");
  std::vector<Page::Row> rows;
  for (const MixtureCriteria& each : selection.information) {
    Page::Row row;
    row.emphasized = each.segments == selection.chosen;
    const auto cell = [](double value) { return fmt::format("{:.1f}", value); };
    row.cells = {fmt::format("{}{}", row.emphasized ? "> " : "", each.segments),
                 cell(each.fit.bic()),
                 cell(each.fit.icl()),
                 cell(each.fit.aic()),
                 each.segments == 1 ? "-" : criterion(each.stability),
                 text::percent(each.smallest_share)};
    const std::string remark = each.stability < kLeastStability ? "not found again on halves" : "";
    row.details = {row.emphasized ? "chosen" : each.reason.empty() ? remark : each.reason};
    rows.push_back(std::move(row));
  }
  page.table({{"k", true}, {"BIC", true}, {"ICL", true}, {"AIC", true}, {"stability", true}, {"smallest", true}}, "", rows);
  page.paragraph(
      fmt::format("On a sample of {}. The least value is the best. All three weigh how well k components fit against "
                  "the number of their parameters; ICL also counts how clearly customers belong to one of them. "
                  "Stability: agreement of refits on halves of the customers, 1 is best; it does not choose.",
                  text::plural(selection.sample_rows, "customer")));
}

void add_selection(Page& page, const KSelection& selection) {
  if (selection.automatic && !selection.information.empty()) add_information(page, selection);
  if (!selection.automatic || selection.criteria.empty()) return;
  page.heading("How the number of segments was chosen");
  std::vector<Page::Row> rows;
  for (const KCriteria& criteria : selection.criteria) {
    Page::Row row;
    const bool chosen = criteria.segments == selection.chosen;
    const bool one = criteria.segments == 1;
    const auto beyond_one = [&](double value) { return one ? std::string("-") : criterion(value); };
    row.cells = {fmt::format("{}{}", chosen ? "> " : "", criteria.segments),
                 beyond_one(criteria.gain),
                 beyond_one(criteria.gain_threshold),
                 beyond_one(criteria.stability),
                 beyond_one(criteria.adjusted_silhouette),
                 text::percent(criteria.smallest_share)};
    row.details = {chosen ? "chosen" : one ? "always possible" : criteria.admissible ? "possible" : criteria.reason};
    row.emphasized = chosen;
    rows.push_back(std::move(row));
  }
  page.table({{"k", true}, {"gain", true}, {"needed", true}, {"stability", true}, {"separation", true}, {"smallest", true}}, "",
             rows);
  page.paragraph(
      fmt::format("On a sample of {}. Gain: how much better k segments fit than k - 1, beyond what data without segments would "
                  "show; needed: "
                  "what chance reaches in 1 of 100 tables. Stability: agreement of refits, 1 is best. Separation: silhouette "
                  "beyond chance.",
                  text::plural(selection.sample_rows, "customer")));
  if (selection.best_in_business_window > 0 && selection.best_in_business_window != selection.chosen) {
    page.paragraph(fmt::format("Of the 3 to 5 segments that businesses mostly act on, {} would be best (-k {}).",
                               selection.best_in_business_window, selection.best_in_business_window));
  }
}

template <typename Sentences, typename Add>
void add_some(Page& page, const Sentences& sentences, const Add& add) {
  const std::size_t shown = std::min(sentences.size(), kSentencesShown);
  for (std::size_t i = 0; i < shown; ++i) add(sentences[i]);
  if (shown < sentences.size()) page.bullet(fmt::format("and {} more in summary.json", sentences.size() - shown));
}

void add_data(Page& page, const SegmentationSummary& summary) {
  page.heading("Data");
  page.bullet(fmt::format("{}; {}", summary.table.layout, text::plural(summary.table.rows, "row")));
  std::string features;
  for (const FeatureSource& source : summary.model.plan.sources) {
    features += (features.empty() ? "" : ", ") + text::shorten(text::printable(source.name), kLabelWidth);
    if (features.size() > 400) {
      features += ", ...";
      break;
    }
  }
  page.bullet(
      fmt::format("{}: {}", text::plural(static_cast<std::int64_t>(summary.model.plan.sources.size()), "feature"), features));
  add_some(page, summary.model.plan.decisions, [&](const std::string& sentence) { page.bullet(sentence); });
  const std::vector<Remark> remarks = all_remarks(summary);
  std::vector<Remark> ordered;
  std::copy_if(remarks.begin(), remarks.end(), std::back_inserter(ordered), [](const Remark& r) { return r.warning; });
  std::copy_if(remarks.begin(), remarks.end(), std::back_inserter(ordered),
               [](const Remark& r) { return !r.warning && is_about_data(r); });
  add_some(page, ordered, [&](const Remark& remark) { page.bullet(remark.message, remark.warning); });
}

/// What a mixture assumes within a segment.
std::string shape_words(const Mixture& mixture) {
  const auto categories = static_cast<std::int64_t>(mixture.categories.size());
  const bool numbers = !mixture.numbers().empty();
  const std::string covariances = fmt::format("{} covariances", to_string(mixture.covariance));
  if (categories == 0) return covariances;
  const std::string shares = "shares of levels in " + text::plural(categories, "column");
  return numbers ? covariances + " and " + shares : shares;
}

void add_run(Page& page, const SegmentationSummary& summary) {
  page.heading("Run");
  const Model& model = summary.model;
  const std::string objective =
      summary.mixture
          ? fmt::format("{}, log-likelihood {}, BIC {}", shape_words(summary.mixture->mixture),
                        text::number(summary.mixture->fit.log_likelihood, 6), text::number(summary.mixture->fit.bic(), 6))
          : "inertia " + text::number(model.inertia, 6);
  page.bullet(fmt::format("{} after {}{}", objective, text::plural(model.iterations, "iteration"),
                          summary.fit.stop_reason.empty() ? "" : ", stopped at: " + summary.fit.stop_reason));
  if (!std::isnan(summary.assigned.simplified_silhouette)) {
    page.bullet(fmt::format("simplified silhouette {:.3f} over all customers", summary.assigned.simplified_silhouette));
  }
  std::string where = summary.device;
  if (!summary.threads_reason.empty()) where += fmt::format("; threads limited by {}", summary.threads_reason);
  page.bullet(where);
  if (!summary.device_reason.empty()) page.bullet(summary.device_reason);
  double total = 0.0;
  std::string stages;
  for (const auto& [stage, milliseconds] : summary.timings_ms) {
    total += milliseconds;
    if (milliseconds >= 0.5) stages += fmt::format("{}{} {}", stages.empty() ? "" : ", ", stage, text::duration(milliseconds));
  }
  if (!stages.empty()) page.bullet(fmt::format("{} in all: {}", text::duration(total), stages));
}

void add_results(Page& page, const SegmentationSummary& summary) {
  page.heading(fmt::format("Results in {}", summary.output.string()));
  page.bullet(fmt::format("assignments.h5{}: segment, runner-up, distance, margin{} and flags of every customer",
                          summary.csv ? ", assignments.csv" : "", summary.model.mixture ? ", probability" : ""));
  if (summary.analysis)
    page.bullet("report.html, report.md: to be read and shown; names.json: what the segments are called there");
  page.bullet("summary.json, segments.csv: everything above, in full precision");
  if (summary.analysis)
    page.bullet("profiles.csv, kpis.csv, crosstabs/, drivers.csv, ...: what the segments are like and worth");
  page.bullet("model.h5 (model.json for people): assigns new customers with `tessera score`");
  page.bullet("manifest.json: the input, options and versions behind this run");
}

}  // namespace

std::string render_summary(const SegmentationSummary& summary, bool color, int width) {
  Page page(color, width);
  page.title(headline(summary));
  if (!summary.k_selection.verdict.empty()) page.paragraph(summary.k_selection.verdict);
  add_segments(page, summary);
  if (summary.analysis) {
    add_findings(page, *summary.analysis);
    add_kpis(page, *summary.analysis);
  }
  add_selection(page, summary.k_selection);
  add_data(page, summary);
  add_run(page, summary);
  if (!summary.output.empty()) add_results(page, summary);
  return page.text();
}

}  // namespace tessera
