// SPDX-License-Identifier: Apache-2.0
#include "tessera/mixture.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>
#include <string>

#include "exact/category_level.hpp"

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

int CategoryBlock::level_of(const float* row) const { return exact::level_of(row + first, count, one); }

double Mixture::share(std::int64_t component, const CategoryBlock& category, int level) const {
  if (category.count > 1) return means(component, category.first + level) / category.one;
  const double set = means(component, category.first) / category.one;
  return level == 1 ? set : 1.0 - set;
}

std::vector<int> number_features(std::int64_t features, const std::vector<CategoryBlock>& categories) {
  std::vector<int> numbers(static_cast<std::size_t>(features));
  std::iota(numbers.begin(), numbers.end(), 0);
  for (const CategoryBlock& category : categories) {
    std::erase_if(numbers, [&](int j) { return j >= category.first && j < category.first + category.count; });
  }
  return numbers;
}

std::int64_t level_count(const std::vector<CategoryBlock>& categories) {
  std::int64_t levels = 0;
  for (const CategoryBlock& category : categories) levels += category.levels();
  return levels;
}

std::int64_t free_parameters(Covariance covariance, std::int64_t components, std::int64_t numbers,
                             const std::vector<CategoryBlock>& categories) {
  const std::int64_t pairs = numbers * (numbers + 1) / 2;
  std::int64_t shape = 0;
  switch (covariance) {
    case Covariance::full:
      shape = components * pairs;
      break;
    case Covariance::tied:
      shape = pairs;
      break;
    case Covariance::diag:
      shape = components * numbers;
      break;
    case Covariance::spherical:
      shape = numbers > 0 ? components : 0;
      break;
  }
  const std::int64_t shares = level_count(categories) - std::ssize(categories);
  return components - 1 + components * (numbers + shares) + shape;
}

std::int64_t free_parameters(const Mixture& mixture) {
  return free_parameters(mixture.covariance, mixture.components(), std::ssize(mixture.numbers()), mixture.categories);
}

double MixtureFit::bic() const { return static_cast<double>(parameters) * std::log(weight) - 2.0 * log_likelihood; }
double MixtureFit::icl() const { return static_cast<double>(parameters) * std::log(weight) - 2.0 * completed_log_likelihood; }

}  // namespace tessera
