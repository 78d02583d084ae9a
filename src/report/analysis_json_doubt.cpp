// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "report/analysis_json_parts.hpp"

namespace tessera {
namespace {

Json driver_json(const DriverShare& driver) {
  return {{"column", driver.column},
          {"rank", driver.rank > 0 ? Json(driver.rank) : Json(nullptr)},
          {"correlation", driver.correlation},
          {"correlation_interval", interval_json(driver.correlation_interval)},
          {"coefficient", driver.coefficient},
          {"share", driver.share},
          {"share_interval", interval_json(driver.share_interval)},
          {"importance", driver.importance},
          {"mean", driver.mean},
          {"z", driver.z},
          {"quadrant", driver.quadrant.empty() ? Json(nullptr) : Json(driver.quadrant)},
          {"gap", driver.gap},
          {"difference", test_json(driver.difference)}};
}

Json known(std::int64_t count) { return count < 0 ? Json(nullptr) : Json(count); }

}  // namespace

Json drivers_json(const std::vector<DriverAnalysis>& drivers) {
  Json json = Json::array();
  for (const DriverAnalysis& analysis : drivers) {
    Json own;
    own["outcome"] = analysis.outcome;
    own["method"] = analysis.method;
    own["used_in_fit"] = analysis.used_in_fit;
    own["columns"] = analysis.columns;
    own["groups"] = Json::array();
    for (const DriverGroup& group : analysis.groups) {
      Json each = {{"segment", segment_or_null(group.segment)},
                   {"n", group.n},
                   {"r_squared", group.r_squared},
                   {"outcome_mean", group.outcome_mean},
                   {"gap", group.gap},
                   {"gap_unexplained", group.gap_unexplained},
                   {"problem", group.problem.empty() ? Json(nullptr) : Json(group.problem)},
                   {"drivers", Json::array()}};
      for (const DriverShare& driver : group.drivers) each["drivers"].push_back(driver_json(driver));
      own["groups"].push_back(std::move(each));
    }
    own["differences"] = Json::array();
    for (const DriverDifference& difference : analysis.differences) {
      own["differences"].push_back({{"column", difference.column},
                                    {"segment", difference.segment},
                                    {"other", difference.other},
                                    {"correlation", difference.correlation},
                                    {"other_correlation", difference.other_correlation},
                                    {"test", test_json(difference.test)}});
    }
    json.push_back(std::move(own));
  }
  return json;
}

Json doubt_json(const AnalysisDoubt& doubt) {
  Json json;
  const bool counted = doubt.boundary >= 0;
  json["boundary"] = known(doubt.boundary);
  json["outliers"] = known(doubt.outliers);
  json["pairs"] = Json::array();
  for (const BoundaryPair& pair : doubt.pairs) {
    json["pairs"].push_back({{"segment", pair.segment},
                             {"other", pair.other},
                             {"rows", counted ? Json(pair.rows) : Json(nullptr)},
                             {"share", pair.share},
                             {"distance", pair.distance},
                             {"overlap", pair.overlap},
                             {"dip_p", pair.dip_p},
                             {"advice", pair.advice}});
  }
  json["bimodality"] = Json::array();
  for (const BimodalityFinding& finding : doubt.bimodality) {
    json["bimodality"].push_back({{"column", finding.column},
                                  {"segment", finding.segment},
                                  {"method", finding.method},
                                  {"statistic", finding.statistic},
                                  {"p", finding.p},
                                  {"p_adjusted", finding.p_adjusted},
                                  {"n", finding.n},
                                  {"aside_share", finding.aside_share},
                                  {"valley", finding.valley},
                                  {"low_mode", finding.low_mode},
                                  {"high_mode", finding.high_mode},
                                  {"low_share", finding.low_share},
                                  {"bimodal", finding.bimodal},
                                  {"words", finding.words.empty() ? Json(nullptr) : Json(finding.words)}});
  }
  json["comparisons"] = Json::array();
  for (const SegmentationComparison& comparison : doubt.comparisons) {
    json["comparisons"].push_back({{"column", comparison.column},
                                   {"levels", comparison.levels},
                                   {"weights", matrix_json(comparison.weights, std::numeric_limits<std::int64_t>::max())},
                                   {"adjusted_rand", comparison.adjusted_rand},
                                   {"adjusted_mutual_information", comparison.adjusted_mutual_information},
                                   {"cramers_v", comparison.cramers_v},
                                   {"matched_segment", comparison.matched_segment},
                                   {"agreement", comparison.agreement},
                                   {"words", comparison.words}});
  }
  return json;
}

}  // namespace tessera
