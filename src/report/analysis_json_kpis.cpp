// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "report/analysis_json_parts.hpp"

namespace tessera {
namespace {

std::string_view word_of(KpiType type) {
  switch (type) {
    case KpiType::mean:
      return "mean";
    case KpiType::sum:
      return "sum";
    case KpiType::ratio:
      return "ratio";
    case KpiType::rate:
      return "rate";
    case KpiType::nps:
      return "nps";
    case KpiType::csat:
      return "csat";
    case KpiType::duration:
      break;
  }
  return "duration";
}

std::string_view unit_of(KpiType type) {
  if (type == KpiType::rate || type == KpiType::csat) return "share";
  return type == KpiType::nps ? "points" : "";
}

Json segment_of(const KpiSegment& own) {
  return {{"segment", segment_or_null(own.segment)},
          {"n", own.n},
          {"coverage", own.coverage},
          {"value", own.value},
          {"interval", interval_json(own.interval)},
          {"total", own.total},
          {"share_of_total", own.share_of_total},
          {"share_of_customers", own.share_of_customers},
          {"disproportion", own.disproportion},
          {"index", own.index},
          {"effect", effect_json(own.effect)},
          {"test", test_json(own.test)},
          {"rank", own.rank > 0 ? Json(own.rank) : Json(nullptr)},
          {"median", own.median},
          {"gini", own.gini},
          {"top_fifth_share", own.top_fifth_share},
          {"promoters", own.promoters},
          {"detractors", own.detractors},
          {"suppressed", own.suppressed}};
}

Json league_of(const KpiResult& kpi) {
  std::vector<const KpiSegment*> ranked;
  for (const KpiSegment& own : kpi.segments) {
    if (own.rank > 0) ranked.push_back(&own);
  }
  std::sort(ranked.begin(), ranked.end(), [](const KpiSegment* a, const KpiSegment* b) { return a->rank < b->rank; });
  Json json = Json::array();
  for (const KpiSegment* own : ranked) json.push_back(own->segment);
  return json;
}

Json survival_of(const KpiResult& kpi) {
  Json json = Json::array();
  for (std::size_t g = 0; g < kpi.survival.size(); ++g) {
    Json points = Json::array();
    for (const SurvivalPoint& point : kpi.survival[g]) points.push_back({point.time, point.survival});
    json.push_back({{"segment", segment_or_null(static_cast<int>(g) - 1)}, {"points", std::move(points)}});
  }
  return json;
}

}  // namespace

Json kpis_json(const std::vector<KpiResult>& kpis) {
  Json json = Json::array();
  for (const KpiResult& kpi : kpis) {
    Json own;
    own["name"] = kpi.name;
    own["column"] = kpi.column;
    own["type"] = word_of(kpi.type);
    own["unit"] = unit_of(kpi.type);
    own["level"] = kpi.level.empty() ? Json(nullptr) : Json(kpi.level);
    own["formula"] = kpi.formula;
    own["reason"] = kpi.reason;
    own["used_in_fit"] = kpi.used_in_fit;
    own["overall"] = segment_of(kpi.overall);
    own["segments"] = Json::array();
    for (const KpiSegment& segment : kpi.segments) own["segments"].push_back(segment_of(segment));
    own["test"] = test_json(kpi.test);
    own["effect"] = effect_json(kpi.effect);
    own["league"] = league_of(kpi);
    own["pairs"] = Json::array();
    for (const KpiPair& pair : kpi.pairs) {
      own["pairs"].push_back({{"segment", pair.segment},
                              {"other", pair.other},
                              {"difference", pair.difference},
                              {"interval", interval_json(pair.interval)},
                              {"effect", effect_json(pair.effect)},
                              {"test", test_json(pair.test)}});
    }
    own["trends"] = Json::array();
    for (const KpiTrend& trend : kpi.trends) {
      own["trends"].push_back({{"segment", segment_or_null(trend.segment)},
                               {"values", trend.values},
                               {"n", trend.n},
                               {"slope", trend.slope},
                               {"interval", interval_json(trend.interval)},
                               {"test", test_json(trend.test)}});
    }
    own["survival"] = survival_of(kpi);
    own["lorenz"] = kpi.lorenz;
    json.push_back(std::move(own));
  }
  return json;
}

}  // namespace tessera
