// SPDX-License-Identifier: Apache-2.0
#include "report/analysis_json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/analysis_json_parts.hpp"
#include "report/correlation_files.hpp"
#include "stats/p_text.hpp"

namespace tessera {
namespace {

/// Columns of correlations that summary.json has room for; correlations.h5 has all.
constexpr std::int64_t kMostCorrelations = 40;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json typical_json(const TypicalCustomer& typical) {
  if (typical.row < 0) return nullptr;
  Json json;
  json["row"] = typical.row;
  json["values"] = Json::array();
  for (const TypicalValue& value : typical.values) {
    Json own = {{"column", value.column}};
    own["value"] = value.level.empty() ? Json(value.value) : Json(value.level);
    json["values"].push_back(std::move(own));
  }
  return json;
}

Json segments_json(const std::vector<AnalysisSegment>& segments) {
  Json json = Json::array();
  for (const AnalysisSegment& segment : segments) {
    Json own;
    own["segment"] = segment.segment;
    own["label"] = text_or_null(segment.label);
    own["default_name"] = segment.default_name;
    own["name"] = segment.name;
    own["rows"] = segment.rows;
    own["weight"] = segment.weight;
    own["share"] = segment.share;
    own["suppressed"] = segment.suppressed;
    own["traits"] = Json::array();
    for (const SegmentTrait& trait : segment.traits) {
      own["traits"].push_back({{"column", trait.column},
                               {"level", text_or_null(trait.level)},
                               {"value", trait.value},
                               {"overall", trait.overall},
                               {"effect", effect_json(trait.effect)},
                               {"words", trait.words}});
    }
    own["typical"] = typical_json(segment.typical);
    json.push_back(std::move(own));
  }
  return json;
}

Json share_trends_json(const std::vector<ShareTrend>& trends) {
  Json json = Json::array();
  for (const ShareTrend& trend : trends) {
    json.push_back({{"column", trend.column},
                    {"level", trend.level},
                    {"segment", segment_or_null(trend.segment)},
                    {"shares", trend.shares},
                    {"n", trend.n},
                    {"slope", trend.slope},
                    {"interval", interval_json(trend.interval)},
                    {"test", test_json(trend.test)}});
  }
  return json;
}

Json correlations_json(const Analysis& analysis) {
  Json json;
  const auto shown = std::min<std::size_t>(analysis.correlated.size(), kMostCorrelations);
  json["columns"] = Json::array();
  json["used_in_fit"] = Json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    json["columns"].push_back(analysis.correlated[i].name);
    json["used_in_fit"].push_back(analysis.correlated[i].used_in_fit);
  }
  json["groups"] = correlation_groups_json(analysis.correlations, kMostCorrelations);
  return json;
}

}  // namespace

Json interval_json(const Interval& interval) {
  if (std::isnan(interval.low) && std::isnan(interval.high)) return nullptr;
  return {interval.low, interval.high};
}

Json test_json(const TestResult& test) {
  if (test.name.empty()) return nullptr;
  return {{"name", test.name},
          {"statistic", test.statistic},
          {"df1", test.df1},
          {"df2", test.df2},
          {"p", test.p},
          {"p_adjusted", test.p_adjusted},
          {"family", test.family.empty() ? Json(nullptr) : Json(test.family)},
          {"p_text", stats::p_text(std::isnan(test.p_adjusted) ? test.p : test.p_adjusted)}};
}

Json effect_json(const EffectSize& effect) {
  if (effect.measure.empty()) return nullptr;
  return {{"measure", effect.measure},
          {"value", effect.value},
          {"interval", interval_json(effect.interval)},
          {"notable", effect.notable}};
}

Json matrix_json(const Matrix<double>& matrix, std::int64_t most) {
  Json json = Json::array();
  for (std::int64_t i = 0; i < std::min(most, matrix.rows()); ++i) {
    Json row = Json::array();
    for (std::int64_t j = 0; j < std::min(most, matrix.columns()); ++j) row.push_back(matrix(i, j));
    json.push_back(std::move(row));
  }
  return json;
}

Json analysis_json(const Analysis& analysis) {
  Json json;
  json["by"] = text_or_null(analysis.by);
  json["rows"] = analysis.rows;
  json["rows_rejected"] = analysis.rejected;
  json["weight"] = analysis.weight;
  json["effective_rows"] = analysis.effective_rows;
  json["weight_column"] = text_or_null(analysis.weight_column);
  json["period_column"] = text_or_null(analysis.period_column);
  json["periods"] = analysis.periods;
  json["min_cell"] = analysis.min_cell;
  json["sample_rows"] = analysis.sample_rows;
  json["quantile_error"] = analysis.quantile_error;
  json["segments"] = segments_json(analysis.segments);
  json["columns"] = columns_json(analysis.columns);
  json["kpis"] = kpis_json(analysis.kpis);
  json["crosstabs"] = crosstabs_json(analysis.crosstabs);
  json["period_crosstabs"] = period_crosstabs_json(analysis);
  json["share_trends"] = share_trends_json(analysis.share_trends);
  json["correlations"] = correlations_json(analysis);
  json["drivers"] = drivers_json(analysis.drivers);
  json["doubt"] = doubt_json(analysis.doubt);
  json["findings"] = analysis.findings;
  json["notes"] = analysis.notes;
  return json;
}

}  // namespace tessera
