// SPDX-License-Identifier: Apache-2.0
#include "tessera/mixture.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>

namespace tessera {

std::string_view to_string(Covariance covariance) {
  switch (covariance) {
    case Covariance::full:
      return "full";
    case Covariance::tied:
      return "tied";
    case Covariance::diag:
      return "diag";
    case Covariance::spherical:
      return "spherical";
  }
  return "full";
}

std::string_view to_string(MixtureCriterion criterion) {
  switch (criterion) {
    case MixtureCriterion::bic:
      return "BIC";
    case MixtureCriterion::aic:
      return "AIC";
    case MixtureCriterion::icl:
      return "ICL";
  }
  return "BIC";
}

std::optional<Covariance> parse_covariance(std::string_view word) {
  for (const Covariance each : {Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical}) {
    if (word == to_string(each)) return each;
  }
  return std::nullopt;
}

std::optional<MixtureCriterion> parse_criterion(std::string_view word) {
  std::string upper(word);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const MixtureCriterion each : {MixtureCriterion::bic, MixtureCriterion::aic, MixtureCriterion::icl}) {
    if (upper == to_string(each)) return each;
  }
  return std::nullopt;
}

std::int64_t free_parameters(Covariance covariance, std::int64_t components, std::int64_t features) {
  const std::int64_t pairs = features * (features + 1) / 2;
  std::int64_t shape = 0;
  switch (covariance) {
    case Covariance::full:
      shape = components * pairs;
      break;
    case Covariance::tied:
      shape = pairs;
      break;
    case Covariance::diag:
      shape = components * features;
      break;
    case Covariance::spherical:
      shape = components;
      break;
  }
  return components - 1 + components * features + shape;
}

double MixtureFit::bic() const { return static_cast<double>(parameters) * std::log(weight) - 2.0 * log_likelihood; }
double MixtureFit::icl() const { return static_cast<double>(parameters) * std::log(weight) - 2.0 * completed_log_likelihood; }

}  // namespace tessera
