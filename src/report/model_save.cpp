// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "hdf5/writer.hpp"
#include "report/mixture_units.hpp"
#include "report/model_layout.hpp"
#include "tessera/error.hpp"
#include "tessera/model.hpp"

namespace tessera {
namespace {

namespace layout = model_layout;

/// All text has a fixed length: it is readable without the heap that variable-length text needs, where damage crashes HDF5.
void write_texts(hdf5::FileWriter& file, const std::string& name, const std::vector<std::string>& values) {
  std::size_t longest = 1;
  for (const std::string& value : values) {
    if (value.find('\0') != std::string::npos) throw DataError("a name holds a NUL byte", {}, "rename it in the input");
    longest = std::max(longest, value.size());
  }
  hdf5::DatasetWriter& dataset = file.create_dataset(name, {.type = DataType::text,
                                                            .rows = static_cast<std::int64_t>(values.size()),
                                                            .text_bytes = static_cast<std::int64_t>(longest)});
  const std::vector<std::string_view> views(values.begin(), values.end());
  dataset.append(std::span<const std::string_view>(views));
}

std::vector<std::string> none_or_one(const std::string& name) {
  return name.empty() ? std::vector<std::string>{} : std::vector<std::string>{name};
}

/// One dataset per member of FeatureSource: `get` picks it.
template <typename Value, typename Get>
void write_member(hdf5::FileWriter& file, const FeaturePlan& plan, const char* name, const Get& get) {
  std::vector<Value> values;
  for (const FeatureSource& source : plan.sources) values.push_back(static_cast<Value>(get(source)));
  file.write(fmt::format("{}/{}", layout::kSources, name), values);
}

template <typename Get>
void write_words(hdf5::FileWriter& file, const FeaturePlan& plan, const char* name, const Get& get) {
  std::vector<std::string> values;
  for (const FeatureSource& source : plan.sources) values.emplace_back(get(source));
  write_texts(file, fmt::format("{}/{}", layout::kSources, name), values);
}

void write_sources(hdf5::FileWriter& file, const FeaturePlan& plan) {
  using Source = const FeatureSource&;
  write_words(file, plan, "name", [](Source s) { return s.name; });
  write_words(file, plan, "kind", [](Source s) { return to_string(s.kind); });
  write_words(file, plan, "transform", [](Source s) { return to_string(s.transform); });
  write_member<double>(file, plan, "fill", [](Source s) { return s.fill; });
  write_member<double>(file, plan, "center", [](Source s) { return s.center; });
  write_member<double>(file, plan, "scale", [](Source s) { return s.scale; });
  write_member<double>(file, plan, "block_factor", [](Source s) { return s.block_factor; });
  write_member<double>(file, plan, "skew", [](Source s) { return s.skew; });
  write_member<double>(file, plan, "transformed_skew", [](Source s) { return s.transformed_skew; });
  write_member<double>(file, plan, "zero_share", [](Source s) { return s.zero_share; });
  write_member<std::int64_t>(file, plan, "missing", [](Source s) { return s.missing; });
  write_member<std::uint8_t>(file, plan, "has_other", [](Source s) { return s.has_other ? 1 : 0; });
  write_member<std::int32_t>(file, plan, "fill_level", [](Source s) { return s.fill_level; });
  write_member<std::int32_t>(file, plan, "first_feature", [](Source s) { return s.first_feature; });
  write_member<std::int32_t>(file, plan, "feature_count", [](Source s) { return s.feature_count; });
  write_member<std::int64_t>(file, plan, "level_count", [](Source s) { return s.levels.size(); });
  std::vector<std::string> levels;
  for (Source source : plan.sources) levels.insert(levels.end(), source.levels.begin(), source.levels.end());
  write_texts(file, layout::kLevels, levels);
}

void write_plan(hdf5::FileWriter& file, const FeaturePlan& plan) {
  file.create_group(layout::kPlan);
  write_sources(file, plan);
  write_texts(file, layout::kFeatureNames, plan.feature_names);
  file.write(layout::kGridExponent, std::vector<std::int32_t>(plan.grid_exponent.begin(), plan.grid_exponent.end()));
  write_texts(file, layout::kIdColumn, none_or_one(plan.id_column));
  write_texts(file, layout::kWeightColumn, none_or_one(plan.weight_column));
  write_texts(file, layout::kKpiColumns, plan.kpi_columns);
  write_texts(file, layout::kDecisions, plan.decisions);
  file.set_attribute(layout::kPlan, "weight_exponent", plan.weight_exponent);
  file.set_attribute(layout::kPlan, "largest_weight", plan.largest_weight);
  file.set_fixed_attribute(layout::kPlan, "missing", to_string(plan.missing));
  file.set_fixed_attribute(layout::kPlan, "scale", to_string(plan.scale));
  file.set_attribute(layout::kPlan, "as_of_days", plan.as_of_days);
}

void write_mixture(hdf5::FileWriter& file, const Mixture& mixture, const FeaturePlan& plan) {
  file.create_group(layout::kMixture);
  file.set_fixed_attribute(layout::kMixture, "covariance", to_string(mixture.covariance));
  file.write(layout::kMixtureWeights, mixture.weights);
  file.write(layout::kMixtureMeans, mixture.means.view());
  file.write(layout::kMixtureCovariances, mixture.covariances.view());
  file.write(layout::kMixtureNumbers, mixture.numbers());
  file.write(layout::kMixtureCenter, mixture.center);
  const MomentsInUnits original = in_original_units(plan, mixture);
  file.create_group("/mixture/original");
  file.write(layout::kOriginalMeans, original.means.view());
  file.write(layout::kOriginalCovariances, original.covariances.view());
}

/// Of a mixture, which earlier programs would take for plain centroids, the major version is another.
int format_major(const Model& model) { return model.mixture ? kMixtureFormatMajor : kModelFormatMajor; }

}  // namespace

void save_model(const Model& model, const std::filesystem::path& path) {
  hdf5::FileWriter file(path, {.overwrite = true});
  file.set_fixed_attribute("/", "format", layout::kFormat);
  file.set_fixed_attribute("/", "format_version", fmt::format("{}.{}", format_major(model), kModelFormatMinor));
  file.set_fixed_attribute("/", "created_by", model.created_by);
  file.set_attribute("/", "seed", model.seed);
  file.set_attribute("/", "inertia", model.inertia);
  file.set_attribute("/", "iterations", model.iterations);
  file.set_attribute("/", "converged", model.converged ? 1 : 0);
  file.set_attribute("/", "outlier_quantile", model.outlier_quantile);
  file.set_attribute("/", "outlier_distance", double{model.outlier_distance});
  file.write(layout::kCentroids, model.centroids.view());
  file.set_fixed_attribute(layout::kCentroids, "units", "prepared units");
  file.write(layout::kWeights, model.weights);
  file.write(layout::kRows, model.rows);
  if (model.mixture) write_mixture(file, *model.mixture, model.plan);
  write_plan(file, model.plan);
  file.commit();
}

}  // namespace tessera
