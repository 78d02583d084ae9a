// SPDX-License-Identifier: Apache-2.0
#include "report/model_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMostSegments = 65'535;
/// 2^e of every grid has to be a normal double, and so has its inverse.
constexpr int kLeastExponent = -1000;
constexpr int kMostExponent = 1000;

/// Says what is wrong, and where.
class Checker {
 public:
  explicit Checker(const std::filesystem::path& path) : path_(path.string()) {}

  void require(bool holds, std::string_view what, const std::string& column = {}) const {
    if (holds) return;
    throw DataError(fmt::format("the model is damaged: {}", what), {.path = path_, .dataset = {}, .column = column},
                    "take an undamaged copy of the model, or make the run again");
  }

 private:
  std::string path_;
};

bool positive(double value) { return value > 0.0 && std::isfinite(value); }
bool exponent_in_range(int exponent) { return exponent >= kLeastExponent && exponent <= kMostExponent; }

void check_segments(const Model& model, const Checker& check) {
  const std::int64_t k = model.centroids.rows();
  const auto count = static_cast<std::size_t>(k);
  check.require(k >= 1 && k <= kMostSegments, "the number of segments is out of range");
  check.require(model.centroids.columns() == model.plan.features(), "centroids and features differ in number");
  check.require(model.weights.size() == count && model.rows.size() == count, "centroids, weights and rows differ in number");
  check.require(std::all_of(model.centroids.data(), model.centroids.data() + k * model.centroids.columns(),
                            [](float value) { return std::isfinite(value); }),
                "a centroid is not finite");
  check.require(std::all_of(model.weights.begin(), model.weights.end(), [](double w) { return w >= 0.0 && std::isfinite(w); }),
                "a weight is negative or not finite");
  check.require(std::all_of(model.rows.begin(), model.rows.end(), [](std::int64_t rows) { return rows >= 0; }),
                "a number of rows is negative");
  check.require(model.inertia >= 0.0 && std::isfinite(model.inertia), "the inertia is negative or not finite");
  check.require(model.iterations >= 0, "the number of iterations is negative");
  check.require(model.outlier_quantile > 0.0 && model.outlier_quantile <= 1.0, "the quantile of outliers is out of range");
  check.require(model.outlier_distance >= 0.0F, "the distance of outliers is negative or not a number");
}

/// That a covariance matrix is positive definite is seen when it is used, which names its component.
void check_mixture(const Mixture& mixture, const Model& model, const Checker& check) {
  const std::int64_t k = model.centroids.rows(), d = model.centroids.columns();
  const std::int64_t g = std::ssize(number_features(d, mixture.categories));
  const auto all = [](const auto& values, std::int64_t count, auto holds) {
    return std::all_of(values, values + count, holds);
  };
  const auto finite = [](double value) { return std::isfinite(value); };
  check.require(mixture.means.rows() == k && mixture.means.columns() == d, "means and centroids differ in number");
  check.require(std::ssize(mixture.weights) == k && std::ssize(mixture.center) == d, "the mixture's parts differ in number");
  check.require(all(mixture.weights.data(), k, positive), "a weight of the mixture is not a positive number");
  check.require(all(mixture.means.data(), k * d, finite) && all(mixture.center.data(), d, finite), "a mean is not finite");
  const bool matrices = mixture.covariance == Covariance::full || mixture.covariance == Covariance::tied;
  const std::int64_t rows = mixture.covariance == Covariance::full ? k * g : mixture.covariance == Covariance::tied ? g : k;
  const std::int64_t columns = mixture.covariance == Covariance::spherical ? 1 : g;
  check.require(mixture.covariances.rows() == rows && mixture.covariances.columns() == columns,
                "covariances and centroids differ in number");
  const double* const covariances = mixture.covariances.data();
  check.require(matrices ? all(covariances, rows * columns, finite) : all(covariances, rows * columns, positive),
                "a covariance is not finite, or a variance is not positive");
}

void check_source(const FeatureSource& source, const Checker& check) {
  const auto require = [&](bool holds, std::string_view what) { check.require(holds, what, source.name); };
  require(std::isfinite(source.fill) && std::isfinite(source.center), "fill or center is not finite");
  require(positive(source.scale), "the scale is not a positive number");
  require(positive(source.block_factor), "the factor of its block is not a positive number");
  require(source.missing >= 0, "the number of missing cells is negative");
  const std::size_t levels = source.levels.size();
  if (levels == 0) {
    require(!source.has_other && source.feature_count == 1, "a numeric column becomes exactly one feature");
    return;
  }
  require(source.kind != Kind::date, "a date has no levels");
  require(static_cast<std::size_t>(source.feature_count) == levels + (source.has_other ? 1 : 0),
          "levels and features differ in number");
  require(source.fill_level >= 0 && source.fill_level < source.feature_count, "the level for missing cells is out of range");
  require(std::set<std::string_view>(source.levels.begin(), source.levels.end()).size() == levels, "a level is there twice");
}

void check_plan(const FeaturePlan& plan, const Checker& check) {
  check.require(!plan.sources.empty(), "it has no features");
  std::set<std::string_view> names;
  std::int64_t features = 0;
  for (const FeatureSource& source : plan.sources) {
    check.require(!source.name.empty() && names.insert(source.name).second, "a column has no name, or is there twice",
                  source.name);
    check.require(source.first_feature == features && source.feature_count >= 1, "its features are out of order", source.name);
    features += source.feature_count;
    check.require(features <= plan.features(), "columns and features differ in number", source.name);
    check_source(source, check);
  }
  check.require(features == plan.features(), "columns and features differ in number");
  check.require(plan.grid_exponent.size() == plan.feature_names.size(), "features and grids differ in number");
  check.require(std::all_of(plan.grid_exponent.begin(), plan.grid_exponent.end(), exponent_in_range), "a grid is out of range");
  check.require(exponent_in_range(plan.weight_exponent), "the grid of the weights is out of range");
  check.require(positive(plan.largest_weight), "the largest weight is not a positive number");
  check.require(std::isfinite(plan.as_of_days), "the date that dates count back from is not finite");
}

}  // namespace

void check_plan(const FeaturePlan& plan, const std::filesystem::path& path) { check_plan(plan, Checker(path)); }

void check_segments(const Model& model, const std::filesystem::path& path) {
  const Checker check(path);
  check_segments(model, check);
  if (model.mixture) check_mixture(*model.mixture, model, check);
}

}  // namespace tessera
