// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/result.hpp"

namespace tessera::stats {

/// Weights of the answers to "how likely are you to recommend us", 0 to 10.
struct NetPromoterAnswers {
  double promoters = 0.0;       ///< 9 and 10
  double passives = 0.0;        ///< 7 and 8
  double detractors = 0.0;      ///< 0 to 6
  double weight_squares = 0.0;  ///< sum of w^2 over all answers
};

struct NetPromoterScore {
  double score = kUndefined;           ///< points in [-100, 100]: % promoters - % detractors
  double standard_error = kUndefined;  ///< points, multinomial
  Interval interval;                   ///< points
  double n = 0.0;                      ///< effective
};

/// Net promoter score. Reichheld, The one number you need to grow (2003). Its variance is that of a difference within one
/// multinomial; the interval is the adjusted Wald one of Bonett & Price (2012), which is right for few answers and at the ends
/// too. Undefined without answers.
[[nodiscard]] NetPromoterScore net_promoter_score(const NetPromoterAnswers& answers, double confidence = kConfidence);

struct NetPromoterDifference {
  double difference = kUndefined;  ///< points, a - b
  Interval interval;               ///< points, from both intervals (result.hpp)
  TestResult test;                 ///< z; undefined where neither score has any spread
};

/// Difference of the scores of two independent groups.
[[nodiscard]] NetPromoterDifference compare_net_promoters(const NetPromoterScore& a, const NetPromoterScore& b);

}  // namespace tessera::stats
