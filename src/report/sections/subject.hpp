// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/document/document.hpp"
#include "report/names.hpp"
#include "report/sections/fields.hpp"

namespace tessera::sections {

/// How much is shown, so that a report stays small however large the run was. What is left out is said, with where it is.
struct Limits {
  int cards = 24;
  int profile_cells = 6'000;  ///< columns x segments of the profile table
  int profile_rows_in_chart = 16;
  int segments_in_chart = 8;  ///< beyond, dots would hide each other
  int kpis = 16;
  int pairs_per_kpi = 30;
  int crosstabs = 16;
  int crosstab_cells = 600;  ///< of each
  int correlation_columns = 24;
  int correlation_groups = 7;  ///< all customers, and the first segments
  int outcomes = 6;
  int driver_rows = 240;
  int quadrants = 6;    ///< of each outcome
  int list_items = 80;  ///< decisions, remarks, pairs, findings
  int map_cells = 2'500;

  /// All of them times `factor`, but never less than a few.
  [[nodiscard]] Limits scaled(double factor) const;
};

/// A segment as every section refers to it.
struct SegmentView {
  int number = 0;
  std::string name, default_name;
  double share = 0.0;       ///< NaN if unknown
  std::int64_t rows = -1;   ///< -1 if unknown
  bool suppressed = false;  ///< too few customers to say anything about it
};

/// A run to report on: its summary.json, and the names that people gave to the segments.
class Subject {
 public:
  /// @param summary  kept by reference
  Subject(const Input& summary, const std::vector<SegmentName>& names, const Limits& limits);

  [[nodiscard]] const Input& summary() const { return summary_; }
  /// The member `analysis`; null if the run has none.
  [[nodiscard]] const Input& analysis() const { return analysis_; }
  [[nodiscard]] const std::vector<SegmentView>& segments() const { return segments_; }
  [[nodiscard]] int k() const { return static_cast<int>(segments_.size()); }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  /// The column that gave the segments; empty if they were found.
  [[nodiscard]] const std::string& by() const { return by_; }
  /// A segment in a sentence, with its number and name; "all customers" for -1.
  [[nodiscard]] document::Span mention(int number) const;
  /// "0 · high income", or "all customers": for charts.
  [[nodiscard]] std::string label(int number) const;
  /// As mention(), cut short: for the head of a column.
  [[nodiscard]] document::Span short_mention(int number) const;
  /// A sentence of the summary, in which segments stand by their default names in quotation marks: mentions in their place.
  [[nodiscard]] document::Prose retell(const std::string& sentence) const;

 private:
  const Input& summary_;
  const Input& analysis_;
  Limits limits_;
  std::string by_;
  std::vector<SegmentView> segments_;
};

}  // namespace tessera::sections
