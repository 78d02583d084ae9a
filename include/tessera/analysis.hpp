// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tessera/correlation.hpp"
#include "tessera/matrix.hpp"
#include "tessera/schema.hpp"

namespace tessera {

/// A number that is not there: undefined, not applicable, or suppressed. JSON: null. CSV: an empty cell.
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// What a key performance indicator is made of.
enum class KpiType : std::uint8_t {
  mean,      ///< mean of a number
  sum,       ///< total of a number
  ratio,     ///< ratio of two sums, such as revenue / orders
  rate,      ///< share of customers with an outcome
  nps,       ///< 0..10: percent of 9 and 10 minus percent of 0..6
  csat,      ///< share of the two best answers of a scale
  duration,  ///< median time to an event, Kaplan-Meier if some have not had it yet
};

/// A two-sided 95 % interval; NaN where there is none.
struct Interval {
  double low = kNoValue, high = kNoValue;
};

/// A test with all that is needed to quote it.
struct TestResult {
  std::string name;  ///< "Welch's t test"; empty: no test was made
  double statistic = kNoValue;
  double df1 = kNoValue, df2 = kNoValue;  ///< degrees of freedom; df2 of F tests only
  double p = kNoValue;
  double p_adjusted = kNoValue;  ///< Benjamini-Hochberg over `family`
  std::string family;            ///< what it was adjusted over: "all pairs of segments of this KPI"
};

/// How large a difference is, whatever the number of rows.
struct EffectSize {
  std::string measure;  ///< "Cohen's d", "Cohen's h", "Cramer's V", "eta squared"
  double value = kNoValue;
  Interval interval;
  bool notable = false;  ///< beyond the threshold of its measure, and so is the interval: worth a statement
};

// --- Segments and profiles

/// What sets a segment apart in one column.
struct SegmentTrait {
  std::string column;
  std::string level;     ///< of a category; empty for numbers
  double value = 0.0;    ///< mean, or share of the level
  double overall = 0.0;  ///< the same of all customers
  EffectSize effect;     ///< against the rest of the customers: Cohen's d or h
  std::string words;     ///< "income: 82,000 against 52,000 overall"
};

/// A cell of a typical customer; missing ones are left out.
struct TypicalValue {
  std::string column;
  std::string level = {};   ///< of a category; else empty
  double value = kNoValue;  ///< of a number; dates: days since 1970-01-01
};

/// A customer in the middle of a segment.
struct TypicalCustomer {
  std::int64_t row = -1;  ///< of the table, from 0; -1: none
  std::vector<TypicalValue> values;
};

struct AnalysisSegment {
  int segment = 0;
  std::string label;         ///< of a given segmentation: the level of the column; else empty
  std::string default_name;  ///< the label, or made of the two strongest traits
  std::string name;          ///< from names.json if it has one, else default_name
  std::int64_t rows = 0;
  double weight = 0.0;
  double share = 0.0;                ///< of the weight
  bool suppressed = false;           ///< fewer rows than --min-cell: nothing else is said of it
  std::vector<SegmentTrait> traits;  ///< the strongest first, at most 12
  TypicalCustomer typical;
};

/// A number within a group of customers.
struct NumberSummary {
  std::int64_t n = 0;      ///< rows with a value
  double weight = 0.0;     ///< theirs
  double coverage = 0.0;   ///< share of the group's weight that has a value
  double mean = kNoValue;  ///< dates: days since 1970-01-01
  double sd = kNoValue;    ///< with the weight in the denominator
  double quartile_low = kNoValue, median = kNoValue, quartile_high = kNoValue;  ///< see Analysis::quantile_error
  double z = kNoValue;                                                          ///< (mean - overall mean) / overall sd
  EffectSize effect;                                                            ///< Cohen's d against the rest
  TestResult test;  ///< against the rest; none for columns that the segments were made from
  bool suppressed = false;
};

/// A level of a category within a group of customers.
struct LevelShare {
  std::int64_t n = 0;
  double share = kNoValue;  ///< of the weight that has a value
  double lift = kNoValue;   ///< share / overall share
  double z = kNoValue;      ///< adjusted residual
  EffectSize effect;        ///< Cohen's h against the rest
  bool suppressed = false;
};
struct CategorySummary {
  std::int64_t n = 0;
  double weight = 0.0;
  double coverage = 0.0;
  std::vector<LevelShare> levels;  ///< [levels of the column]
};

/// One column, of all customers and of each segment.
struct ColumnAnalysis {
  std::string column;
  Kind kind = Kind::continuous;
  Role role = Role::feature;
  bool used_in_fit = false;         ///< effect sizes only: a test between the segments it made would be circular
  bool is_category = false;         ///< `categories` instead of `numbers`
  std::vector<std::string> levels;  ///< of a category: the most frequent first, then "other" if some were merged
  NumberSummary overall;
  std::vector<NumberSummary> segments;  ///< [k]
  CategorySummary category_overall;
  std::vector<CategorySummary> category_segments;  ///< [k]
  TestResult test;                                 ///< of any difference between segments; none if used in the fit
  EffectSize effect;                               ///< eta squared, or Cramer's V
  TestResult rank_test;                            ///< of numbers, Kruskal & Wallis: skew and outliers do not matter
  EffectSize rank_effect;                          ///< epsilon squared
};

// --- KPIs

struct KpiSegment {
  int segment = 0;
  std::int64_t n = 0;
  double coverage = 0.0;
  double value = kNoValue;  ///< in the KPI's units; rates and csat in [0, 1]; NPS in points, -100..100
  Interval interval;
  double total = kNoValue;           ///< weighted sum over the segment: mean, sum (of the numerator: ratio); else NaN
  double share_of_total = kNoValue;  ///< of `total`; NaN if some values are negative
  double share_of_customers = kNoValue;
  double disproportion = kNoValue;  ///< share_of_total / share_of_customers
  double index = kNoValue;          ///< 100 * value / overall; NaN where a ratio makes no sense (NPS, negative values)
  EffectSize effect;                ///< against all other customers
  TestResult test;
  int rank = 0;                                        ///< 1: the highest value; 0: suppressed
  double gini = kNoValue;                              ///< concentration within the segment; of non-negative amounts only
  double top_fifth_share = kNoValue;                   ///< share of the total that the top 20 % bring
  double promoters = kNoValue, detractors = kNoValue;  ///< NPS: shares
  double median = kNoValue;                            ///< of numbers
  bool suppressed = false;
};

/// Two segments compared.
struct KpiPair {
  int segment = 0, other = 0;
  double difference = kNoValue;  ///< value of `segment` - value of `other`
  Interval interval;
  EffectSize effect;
  TestResult test;
};

struct KpiTrend {
  int segment = -1;             ///< -1: all customers
  std::vector<double> values;   ///< [periods] the KPI
  std::vector<std::int64_t> n;  ///< [periods]
  double slope = kNoValue;      ///< per period
  Interval interval;
  TestResult test;  ///< of the slope, or Cochran-Armitage for rates
};

/// A point of a survival curve.
struct SurvivalPoint {
  double time = 0.0, survival = 1.0;
};

struct KpiResult {
  std::string name;    ///< as asked for: "churn", "revenue/orders"
  std::string column;  ///< the (first) column behind it
  KpiType type = KpiType::mean;
  std::string level;    ///< rate: the level that counts; empty for 0/1
  std::string formula;  ///< for people: "share of Churn = Yes", "sum of revenue / sum of orders"
  std::string reason;   ///< why this type: "asked for", "two levels; Yes is the rarer one"
  bool used_in_fit = false;
  KpiSegment overall;                                ///< segment = -1
  std::vector<KpiSegment> segments;                  ///< [k]
  TestResult test;                                   ///< of any difference: Welch's ANOVA, chi-squared, log-rank
  EffectSize effect;                                 ///< eta squared, Cramer's V
  std::vector<KpiPair> pairs;                        ///< every pair, segment < other
  std::vector<KpiTrend> trends;                      ///< with --period: all customers, then each segment
  std::vector<std::vector<SurvivalPoint>> survival;  ///< duration: all customers, then each segment
  std::vector<double>
      lorenz;  ///< share of the total that the lowest 5 %, 10 %, ... 100 % bring, of all customers; may be empty
};

// --- Cross-tabs

struct CrosstabCell {
  std::int64_t n = 0;
  double weight = kNoValue;
  double row_share = kNoValue, column_share = kNoValue, total_share = kNoValue;
  double residual = kNoValue;      ///< adjusted; beyond 2 in size is remarkable
  std::string letters;             ///< columns ("A", "B", ...) whose column share is significantly lower
  std::vector<double> kpi_values;  ///< [kpis of the crosstab] value in the cell; NaN if suppressed
  bool suppressed = false;         ///< n and everything made of it are NaN / 0 then
};

/// The cells of a table and its margins.
struct CrosstabCells {
  std::vector<CrosstabCell> cells;          ///< [rows x columns]
  std::vector<CrosstabCell> row_totals;     ///< [rows]
  std::vector<CrosstabCell> column_totals;  ///< [columns]
  CrosstabCell total;
  std::int64_t suppressed_cells = 0;
};

/// A category against the segments, or against another category. Rows are the levels of the first, columns the segments or the
/// levels of the second.
struct Crosstab : CrosstabCells {
  std::string row_column;     ///< the category
  std::string column_column;  ///< "segment", or another category
  bool used_in_fit = false;   ///< the rows are the levels of a column that the segments were made from: no tests
  std::vector<std::string> rows, columns;
  std::vector<std::string> kpis;          ///< names
  TestResult chi_squared, g;              ///< chi_squared: with Yates' correction for 2 x 2; none if used in the fit
  TestResult monte_carlo;                 ///< only where expected counts are small
  EffectSize cramers_v;                   ///< plain
  double cramers_v_corrected = kNoValue;  ///< bias-corrected (Bergsma 2013)
  std::int64_t missing = 0;               ///< rows without a level
  std::string file;                       ///< "crosstabs/01_region.csv"
};

/// How the share of a row moves over the periods.
struct CrosstabTrend {
  int row = 0;
  int column = -1;          ///< of the customers of this column; -1: of all
  double slope = kNoValue;  ///< of the share, per period
  Interval interval;
  TestResult test;  ///< Cochran-Armitage
};

/// A cross-tab in every period.
struct PeriodCrosstab {
  std::string row_column, column_column;  ///< as in Crosstab
  std::vector<std::string> rows, columns;
  std::vector<std::string> kpis;
  std::vector<CrosstabCells> periods;  ///< [Analysis::periods]; no letters
  std::vector<CrosstabTrend> trends;   ///< [rows x (1 + columns)] each row: of all customers, then of each column
  std::int64_t missing = 0;            ///< rows without a level or a period
  std::string file;                    ///< "crosstabs/01_region_by_period.csv"
};

/// How the share of each level, or of each segment, moves over the periods.
struct ShareTrend {
  std::string column;  ///< the category; "segment"
  std::string level;
  int segment = -1;             ///< within which segment; -1: all customers
  std::vector<double> shares;   ///< [periods]
  std::vector<std::int64_t> n;  ///< [periods] customers of the period
  double slope = kNoValue;      ///< of the share, per period
  Interval interval;
  TestResult test;  ///< Cochran-Armitage
};

// --- Correlations and drivers

struct DriverShare {
  std::string column;
  double correlation = kNoValue;
  Interval correlation_interval;
  double coefficient = kNoValue;  ///< standardized
  double share = kNoValue;        ///< of R squared that it explains, in [0, 1]; the shares add up to 1
  Interval share_interval;        ///< jackknife over 64 groups of customers
  double importance = kNoValue;   ///< share * R squared
  double mean = kNoValue;         ///< performance: of the driver in the segment
  double z = kNoValue;            ///< (mean - overall mean) / overall sd
  std::string quadrant;           ///< "keep up", "improve first", "low priority", "possible overkill"
  double gap = kNoValue;          ///< part of the segment's gap in the outcome that the driver's mean explains
  int rank = 0;                   ///< by share; 1: the strongest
  TestResult difference;          ///< correlation against that of all other customers, Fisher's z
};

struct DriverGroup {
  int segment = -1;  ///< -1: all customers
  std::int64_t n = 0;
  double r_squared = kNoValue;
  double outcome_mean = kNoValue;
  double gap = kNoValue;              ///< outcome of the segment - that of all customers
  double gap_unexplained = kNoValue;  ///< of it, what no driver's mean accounts for
  std::string problem;                ///< why there are no results: "fewer than 30 complete rows"; empty: none
  std::vector<DriverShare> drivers;   ///< [drivers] in the order of DriverAnalysis::columns
};

/// Two segments whose driver weighs differently.
struct DriverDifference {
  std::string column;
  int segment = 0, other = 0;
  double correlation = kNoValue, other_correlation = kNoValue;
  TestResult test;  ///< Fisher's z
};

struct DriverAnalysis {
  std::string outcome;
  std::string method;  ///< "Shapley values of R squared (LMG), exact", "relative weights (Johnson 2000)"
  bool used_in_fit = false;
  std::vector<std::string> columns;
  std::vector<DriverGroup> groups;            ///< all customers, then each segment
  std::vector<DriverDifference> differences;  ///< the significant ones, the largest first
};

// --- Doubt

struct BoundaryPair {
  int segment = 0, other = 0;
  std::int64_t rows = 0;       ///< boundary customers between the two, of either
  double share = kNoValue;     ///< of the customers of both
  double distance = kNoValue;  ///< Mahalanobis distance of the means, pooled covariance of the numeric features
  double overlap = kNoValue;   ///< in [0, 1]: of two normal densities at that distance
  double dip_p = kNoValue;     ///< of the customers of both along the line that separates them best: above 0.05, no gap is seen
  std::string advice;          ///< "clearly apart", "touching", "one group cut in two: consider merging"
};

struct BimodalityFinding {
  std::string column;
  int segment = 0;
  std::string method;  ///< "Hartigan's dip", "two discrete components"
  double statistic = kNoValue, p = kNoValue, p_adjusted = kNoValue;
  std::int64_t n = 0;        ///< rows tested
  double aside_share = 0.0;  ///< of the rows: many equal values at an end (zeros, a limit), which are no group
  double valley = kNoValue;  ///< lowest density between the two peaks, of that of the lower peak
  double low_mode = kNoValue, high_mode = kNoValue;
  double low_share = kNoValue;  ///< of the customers below the valley
  bool bimodal = false;
  std::string words;
};

/// A segmentation that the company has, against the one found.
struct SegmentationComparison {
  std::string column;
  std::vector<std::string> levels;
  Matrix<double> weights;  ///< [levels x k]; NaN: suppressed
  double adjusted_rand = kNoValue, adjusted_mutual_information = kNoValue, cramers_v = kNoValue;
  std::vector<int> matched_segment;  ///< [levels] the best one-to-one match; -1: none left
  double agreement = kNoValue;       ///< share of the customers on that match
  std::string words;
};

struct AnalysisDoubt {
  std::int64_t boundary = 0, outliers = 0;
  std::vector<BoundaryPair> pairs;            ///< every pair, segment < other
  std::vector<BimodalityFinding> bimodality;  ///< the bimodal ones first, by p
  std::vector<SegmentationComparison> comparisons;
};

// --- All of it

struct Analysis {
  std::string by;  ///< the column that gave the segments; empty: they were found
  std::string weight_column;
  std::string period_column;
  std::vector<std::string> periods;
  std::int64_t rows = 0, rejected = 0;  ///< rejected: rows of no segment
  double weight = 0.0;
  double effective_rows = 0.0;  ///< Kish's; rows if unweighted. Intervals and tests count so many
  std::int64_t min_cell = 10;
  std::int64_t sample_rows = 0;  ///< of the sample behind bimodality and separation
  double quantile_error = 0.0;   ///< a quantile lies within this share of its distance from the overall median
  std::vector<AnalysisSegment> segments;
  std::vector<ColumnAnalysis> columns;
  std::vector<KpiResult> kpis;
  std::vector<Crosstab> crosstabs;
  std::vector<PeriodCrosstab> period_crosstabs;
  std::vector<ShareTrend> share_trends;
  std::vector<CorrelationVariable> correlated;
  std::vector<CorrelationGroup> correlations;  ///< all customers, then each segment
  std::vector<DriverAnalysis> drivers;
  AnalysisDoubt doubt;
  std::vector<std::string> findings;  ///< sentences for the verdict, the most important first
  std::vector<std::string> notes;     ///< what was decided or left out, and why
};

}  // namespace tessera
