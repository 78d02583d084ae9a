// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "hdf5/attribute.hpp"
#include "hdf5/child_process.hpp"
#include "hdf5/dataset.hpp"
#include "hdf5/input_file.hpp"
#include "hdf5/text.hpp"
#include "hdf5/writer.hpp"
#include "prepare/category_blocks.hpp"
#include "report/model_check.hpp"
#include "report/model_layout.hpp"
#include "report/model_reader.hpp"
#include "tessera/error.hpp"
#include "tessera/model.hpp"

namespace tessera {
namespace {

namespace layout = model_layout;

constexpr std::array kTransforms = {Transform::none, Transform::log1p};
constexpr std::array kMissingPolicies = {MissingPolicy::impute, MissingPolicy::error, MissingPolicy::drop_row,
                                         MissingPolicy::em, MissingPolicy::partial};
constexpr std::array kCovariances = {Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical};
constexpr std::array kScalePolicies = {ScalePolicy::standard, ScalePolicy::robust, ScalePolicy::none};

/// Reads what a sound model file holds, and nothing else: every dataset has to have the type and the number of dimensions that
/// the writer gives it, and no more bytes than the file, so that a small file cannot ask for a lot of memory.
class ModelReader {
 public:
  explicit ModelReader(const std::filesystem::path& path)
      : path_(path.string()),
        file_bytes_(static_cast<std::int64_t>(std::filesystem::file_size(path))),
        file_(hdf5::open_for_reading(path_)) {}

  [[noreturn]] void damaged(const std::string& name, std::string_view what) const {
    throw DataError(fmt::format("the model is damaged: {}", what), {.path = path_, .dataset = name, .column = {}},
                    "take an undamaged copy of the model, or make the run again");
  }

  /// @param columns  set to the second extent; null: the dataset has one dimension
  template <typename T>
  std::vector<T> numbers(const std::string& name, std::int64_t* columns = nullptr) const {
    hdf5::Dataset dataset = open(name, columns != nullptr ? 2 : 1);
    if (dataset.type().form != hdf5::ElementType::Form::number || dataset.type().type != hdf5::data_type_of<T>()) {
      damaged(name, "it has the wrong type");
    }
    std::vector<T> values(static_cast<std::size_t>(dataset.rows() * dataset.row_elements()));
    dataset.prepare_to_read();
    dataset.read(0, dataset.rows(), dataset.type().memory_type(), values.data());
    if (columns != nullptr) *columns = dataset.row_elements();
    return values;
  }

  std::vector<std::string> texts(const std::string& name) const {
    hdf5::Dataset dataset = open(name, 1);
    if (dataset.type().form != hdf5::ElementType::Form::fixed_text) damaged(name, "it has the wrong type");
    dataset.prepare_to_read();
    return hdf5::read_text_column(dataset);
  }

  /// The only text, empty if there is none.
  std::string optional_text(const std::string& name) const {
    const std::vector<std::string> values = texts(name);
    if (values.size() > 1) damaged(name, "it names more than one column");
    return values.empty() ? std::string{} : values.front();
  }

  double number_attribute(const std::string& object, const char* name) const {
    return need(hdf5::read_number_attribute(open_object(object).get(), name), object, name);
  }
  /// A float32 that was written as float64.
  float float_attribute(const std::string& object, const char* name) const {
    const double value = number_attribute(object, name);
    if (std::fabs(value) > double{std::numeric_limits<float>::max()} && !std::isinf(value)) {
      damaged(object, fmt::format("attribute '{}' is out of range", name));
    }
    return static_cast<float>(value);
  }
  std::uint64_t unsigned_attribute(const std::string& object, const char* name) const {
    return need(hdf5::read_unsigned_attribute(open_object(object).get(), name), object, name);
  }
  int int_attribute(const std::string& object, const char* name) const {
    const std::int64_t value = need(hdf5::read_integer_attribute(open_object(object).get(), name), object, name);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
      damaged(object, fmt::format("attribute '{}' is out of range", name));
    }
    return static_cast<int>(value);
  }
  std::string text_attribute(const std::string& object, const char* name) const {
    return need(hdf5::read_fixed_string_attribute(open_object(object).get(), name), object, name);
  }
  std::optional<std::string> root_text_if_any(const char* name) const {
    return hdf5::read_fixed_string_attribute(open_object("/").get(), name);
  }

  /// The member of `values` whose word is `word`.
  template <typename Enum, std::size_t N>
  Enum parse(const std::array<Enum, N>& values, std::string_view word, const std::string& name) const {
    for (const Enum value : values) {
      if (to_string(value) == word) return value;
    }
    damaged(name, fmt::format("'{}' is unknown", word.substr(0, 40)));
  }

 private:
  Hdf5Handle open_object(const std::string& name) const { return hdf5::open_object(file_, name); }

  template <typename T>
  T need(std::optional<T> value, const std::string& object, const char* name) const {
    if (!value) damaged(object, fmt::format("attribute '{}' is missing", name));
    return *std::move(value);
  }

  hdf5::Dataset open(const std::string& name, std::size_t dimensions) const {
    if (hdf5::find_object(file_, name).kind != hdf5::ObjectKind::dataset) damaged(name, "it is not a dataset");
    hdf5::Dataset dataset(file_, name);
    if (dataset.shape().size() != dimensions) damaged(name, "it has the wrong number of dimensions");
    const std::int64_t row_bytes = std::max<std::int64_t>(dataset.row_bytes(), 1);
    if (dataset.chunk_rows() != 0 || dataset.rows() > file_bytes_ / row_bytes) damaged(name, "it is larger than the file");
    return dataset;
  }

  std::string path_;
  std::int64_t file_bytes_;
  hdf5::InputFile file_;
};

/// Refuses what is no model, and models of a later format. @returns the major version
int check_format(const ModelReader& reader, const std::string& path) {
  if (reader.root_text_if_any("format").value_or("") != layout::kFormat) {
    throw DataError("it is not a Tessera model", {.path = path, .dataset = {}, .column = {}},
                    "give the model.h5 that tessera segment has written into the folder of its results");
  }
  const std::string version = reader.text_attribute("/", "format_version");
  int major = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), major);
  if (error != std::errc{} || end == version.data() + version.size() || *end != '.')
    reader.damaged("/", "its version is unreadable");
  if (major != kModelFormatMajor && major != kMixtureFormatMajor) {
    throw DataError(
        fmt::format("the model has format {}, this program reads {}.x and {}.x", version, kModelFormatMajor,
                    kMixtureFormatMajor),
        {.path = path, .dataset = {}, .column = {}},
        major > kMixtureFormatMajor ? "use the version of Tessera that made it, or a later one" : "make the run again");
  }
  return major;
}

/// Assigns one member of every source; the first member that is read sets their number.
template <typename T, typename Set>
void fill_member(const ModelReader& reader, std::vector<FeatureSource>& sources, const char* member, const Set& set) {
  const std::string name = fmt::format("{}/{}", layout::kSources, member);
  std::vector<T> values;
  if constexpr (std::is_same_v<T, std::string>) {
    values = reader.texts(name);
  } else {
    values = reader.numbers<T>(name);
  }
  if (values.size() != sources.size()) reader.damaged(name, "its length is not that of the names");
  for (std::size_t i = 0; i < sources.size(); ++i) set(sources[i], values[i]);
}

void read_levels(const ModelReader& reader, std::vector<FeatureSource>& sources) {
  const std::vector<std::string> levels = reader.texts(layout::kLevels);
  auto next = levels.begin();
  fill_member<std::int64_t>(reader, sources, "level_count", [&](FeatureSource& source, std::int64_t count) {
    if (count < 0 || count > levels.end() - next) reader.damaged(layout::kLevelCount, "there are fewer levels than that");
    source.levels.assign(next, next + count);
    next += count;
  });
  if (next != levels.end()) reader.damaged(layout::kLevels, "there are more levels than columns have");
}

std::vector<FeatureSource> read_sources(const ModelReader& reader) {
  std::vector<FeatureSource> sources(reader.texts(fmt::format("{}/name", layout::kSources)).size());
  using Source = FeatureSource&;
  using Text = const std::string&;
  fill_member<std::string>(reader, sources, "name", [](Source s, Text name) { s.name = name; });
  fill_member<std::string>(reader, sources, "kind", [&](Source s, Text word) {
    const std::optional<Kind> kind = parse_kind(word);
    if (!kind) reader.damaged(layout::kSources, fmt::format("the kind '{}' is unknown", word.substr(0, 40)));
    s.kind = *kind;
  });
  fill_member<std::string>(reader, sources, "transform",
                           [&](Source s, Text word) { s.transform = reader.parse(kTransforms, word, layout::kSources); });
  fill_member<double>(reader, sources, "fill", [](Source s, double value) { s.fill = value; });
  fill_member<double>(reader, sources, "center", [](Source s, double value) { s.center = value; });
  fill_member<double>(reader, sources, "scale", [](Source s, double value) { s.scale = value; });
  fill_member<double>(reader, sources, "block_factor", [](Source s, double value) { s.block_factor = value; });
  fill_member<double>(reader, sources, "skew", [](Source s, double value) { s.skew = value; });
  fill_member<double>(reader, sources, "transformed_skew", [](Source s, double value) { s.transformed_skew = value; });
  fill_member<double>(reader, sources, "zero_share", [](Source s, double value) { s.zero_share = value; });
  fill_member<std::int64_t>(reader, sources, "missing", [](Source s, std::int64_t value) { s.missing = value; });
  fill_member<std::uint8_t>(reader, sources, "has_other", [](Source s, std::uint8_t value) { s.has_other = value != 0; });
  fill_member<std::int32_t>(reader, sources, "fill_level", [](Source s, std::int32_t value) { s.fill_level = value; });
  fill_member<std::int32_t>(reader, sources, "first_feature", [](Source s, std::int32_t value) { s.first_feature = value; });
  fill_member<std::int32_t>(reader, sources, "feature_count", [](Source s, std::int32_t value) { s.feature_count = value; });
  read_levels(reader, sources);
  return sources;
}

FeaturePlan read_plan(const ModelReader& reader) {
  FeaturePlan plan;
  plan.sources = read_sources(reader);
  plan.feature_names = reader.texts(layout::kFeatureNames);
  const std::vector<std::int32_t> exponents = reader.numbers<std::int32_t>(layout::kGridExponent);
  plan.grid_exponent.assign(exponents.begin(), exponents.end());
  plan.weight_exponent = reader.int_attribute(layout::kPlan, "weight_exponent");
  plan.largest_weight = reader.number_attribute(layout::kPlan, "largest_weight");
  plan.id_column = reader.optional_text(layout::kIdColumn);
  plan.weight_column = reader.optional_text(layout::kWeightColumn);
  plan.kpi_columns = reader.texts(layout::kKpiColumns);
  plan.missing = reader.parse(kMissingPolicies, reader.text_attribute(layout::kPlan, "missing"), layout::kPlan);
  plan.scale = reader.parse(kScalePolicies, reader.text_attribute(layout::kPlan, "scale"), layout::kPlan);
  plan.as_of_days = reader.number_attribute(layout::kPlan, "as_of_days");
  plan.decisions = reader.texts(layout::kDecisions);
  return plan;
}

template <typename T>
Matrix<T> read_matrix(const ModelReader& reader, const char* name) {
  std::int64_t columns = 0;
  const std::vector<T> values = reader.numbers<T>(name, &columns);
  Matrix<T> matrix(columns > 0 ? static_cast<std::int64_t>(values.size()) / columns : 0, columns);
  std::copy(values.begin(), values.end(), matrix.data());
  return matrix;
}

Mixture read_mixture(const ModelReader& reader, const FeaturePlan& plan) {
  Mixture mixture;
  mixture.categories = category_blocks(plan);
  mixture.covariance = reader.parse(kCovariances, reader.text_attribute(layout::kMixture, "covariance"), layout::kMixture);
  mixture.weights = reader.numbers<double>(layout::kMixtureWeights);
  mixture.means = read_matrix<double>(reader, layout::kMixtureMeans);
  mixture.covariances = read_matrix<double>(reader, layout::kMixtureCovariances);
  mixture.center = reader.numbers<double>(layout::kMixtureCenter);
  return mixture;
}

}  // namespace

Model read_model(const std::filesystem::path& path) {
  const ModelReader reader(path);
  const int major = check_format(reader, path.string());
  Model model;
  model.plan = read_plan(reader);
  check_plan(model.plan, path);  // first: what is a category follows from it
  model.centroids = read_matrix<float>(reader, layout::kCentroids);
  if (major == kMixtureFormatMajor) model.mixture = read_mixture(reader, model.plan);
  model.weights = reader.numbers<double>(layout::kWeights);
  model.rows = reader.numbers<std::int64_t>(layout::kRows);
  model.inertia = reader.number_attribute("/", "inertia");
  model.iterations = reader.int_attribute("/", "iterations");
  model.converged = reader.int_attribute("/", "converged") != 0;
  model.outlier_quantile = reader.number_attribute("/", "outlier_quantile");
  model.outlier_distance = reader.float_attribute("/", "outlier_distance");
  model.seed = reader.unsigned_attribute("/", "seed");
  model.created_by = reader.text_attribute("/", "created_by");
  check_segments(model, path);
  return model;
}

Model load_model(const std::filesystem::path& path) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(path, failed);
  if (failed) throw file_error("read", path.string(), failed.value());
  if (!std::filesystem::is_regular_file(status)) {
    throw DataError("it is not a file", {.path = path.string(), .dataset = {}, .column = {}},
                    "give the model.h5 that tessera segment has written into the folder of its results");
  }
  // HDF5 itself crashes on some damaged files, so a child that can be spared reads first.
  hdf5::run_in_child(path.string(), {}, [&] { (void)read_model(path); });
  return read_model(path);
}

}  // namespace tessera
