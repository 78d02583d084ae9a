// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/schema.hpp"

namespace tessera {

/// What becomes of a missing cell of a feature. `em` and `partial` leave it missing and let the fit do without it: a mixture
/// takes what the rest of the row makes likely, k-means measures the partial distance. Other algorithms refuse them.
enum class MissingPolicy : std::uint8_t { impute, error, drop_row, em, partial };
enum class ScalePolicy : std::uint8_t { standard, robust, none };
enum class TransformPolicy : std::uint8_t { automatic, none, listed };
enum class Transform : std::uint8_t { none, log1p };

/// True for the policies under which prepared rows have gaps: NaN in place of a missing feature.
[[nodiscard]] constexpr bool keeps_gaps(MissingPolicy policy) {
  return policy == MissingPolicy::em || policy == MissingPolicy::partial;
}

[[nodiscard]] std::string_view to_string(MissingPolicy policy);
[[nodiscard]] std::string_view to_string(ScalePolicy policy);
[[nodiscard]] std::string_view to_string(Transform transform);

/// A group of features whose squared distances are multiplied by `weight` together: `--weight-block 'name=0.5:a,b*'`.
struct WeightBlock {
  std::string name;
  double weight = 1.0;               ///< > 0
  std::vector<std::string> columns;  ///< names or globs
};

/// How the columns of a table become prepared features. Column lists hold names or globs (`*`, `?`).
struct PrepareOptions {
  std::vector<std::string> features;  ///< empty: every column that looks like a feature
  std::vector<std::string> kpis;
  std::vector<std::string> ids;      ///< at most one may match
  std::vector<std::string> weights;  ///< at most one may match
  std::vector<std::string> ignored;
  std::vector<std::string> categories;  ///< read as nominal whatever their type
  MissingPolicy missing = MissingPolicy::impute;
  ScalePolicy scale = ScalePolicy::standard;
  TransformPolicy transform = TransformPolicy::automatic;
  std::vector<std::string> log1p_columns;  ///< for TransformPolicy::listed
  std::vector<WeightBlock> blocks;
  int top_levels = 20;               ///< levels of a nominal column kept apart; the rest become "other"; 2..1000
  std::optional<double> as_of_days;  ///< days since 1970-01-01 that dates count back from; default: the latest date seen
};

/// What one sweep over the raw rows tells about a column. Counts are rows; moments are unweighted and over the cells present.
struct ColumnProfile {
  std::string name;
  DataType type = DataType::float64;
  Kind kind = Kind::continuous;  ///< declared or inferred
  Role role = Role::feature;     ///< asked for, declared or inferred
  std::string reason;            ///< why kind and role are what they are, for people

  std::int64_t rows = 0;
  std::int64_t missing = 0;   ///< empty text, NaN and infinite cells
  std::int64_t infinite = 0;  ///< of those, infinite
  std::int64_t zeros = 0;
  std::int64_t distinct = 0;  ///< exact up to 65,536 levels, above that an estimate (order-independent sketch, about 1 %)
  bool distinct_exact = true;
  bool integral = false;     ///< every cell present is a whole number (floats: below 2^24, 2^53)
  bool counts_rows = false;  ///< cell i is first + i
  double min = 0.0, max = 0.0, mean = 0.0, sd = 0.0,
         skew = 0.0;  ///< numeric and date columns (days since 1970-01-01); sd over n
  std::vector<std::pair<std::string, std::int64_t>> top_levels;  ///< most frequent first (ties by label), at most 20
  std::vector<std::string> warnings;  ///< suspicious sentinels, near-duplicate spellings, mixed types ...
};

/// How one source column becomes features: numeric, date and binary columns of numbers become one; nominal columns and text
/// with two levels one per level kept (0 or block_factor / scale). x is the cell, for dates the days before
/// FeaturePlan::as_of_days.
struct FeatureSource {
  std::string name;
  Kind kind = Kind::continuous;
  Transform transform = Transform::none;
  double fill = 0.0;    ///< numeric: source units (dates: days since 1970-01-01), stands for a missing cell: the median of the
                        ///< cells present
  double center = 0.0;  ///< prepared = (transform(x) - center) / scale * block_factor, in float64, then onto the grid
  double scale = 1.0;   ///< > 0; nominal: square root of 2
  double block_factor = 1.0;  ///< square root of the block's weight
  double skew = 0.0, transformed_skew = 0.0;
  double zero_share = 0.0;          ///< of the cells present, in [0, 1]
  std::int64_t missing = 0;         ///< cells without a value in the table that was learned from
  std::vector<std::string> levels;  ///< nominal: labels kept (codes in decimal), heaviest first; numeric columns: empty
  bool has_other = false;           ///< nominal: one more feature holds every label that is not kept
  int fill_level = 0;               ///< nominal: index of the level that stands for a missing cell
  int first_feature = 0;            ///< index of the first prepared feature
  int feature_count = 1;
  bool operator==(const FeatureSource&) const = default;
};

/// Everything that turns raw rows into prepared rows; part of the model, so that scoring repeats it exactly.
struct FeaturePlan {
  std::vector<FeatureSource> sources;
  std::vector<std::string> feature_names;  ///< [d] "income", "city=Paris"
  std::vector<int> grid_exponent;          ///< [d] prepared feature j is a multiple of 2^grid_exponent[j]
  int weight_exponent = 0;                 ///< weights are counted in units of 2^weight_exponent; 0 when rows are unweighted
  double largest_weight = 1.0;
  std::string id_column;      ///< empty: row numbers
  std::string weight_column;  ///< empty: every row counts once
  std::vector<std::string> kpi_columns;
  MissingPolicy missing = MissingPolicy::impute;
  ScalePolicy scale = ScalePolicy::standard;
  double as_of_days = 0.0;             ///< only used if a source is a date
  std::vector<std::string> decisions;  ///< one sentence each, for the summary
  [[nodiscard]] int features() const { return static_cast<int>(feature_names.size()); }
  bool operator==(const FeaturePlan&) const = default;
};

/// [d] the row that MissingPolicy::impute would make of one without a single cell: for those who need complete rows where the
/// policy leaves gaps.
[[nodiscard]] std::vector<float> fill_values(const FeaturePlan& plan);

/// [d] 1 where the features of a source begin, else 0; empty if the policy leaves no gaps. See NearestTask::columns.
[[nodiscard]] std::vector<std::uint8_t> gap_columns(const FeaturePlan& plan);

}  // namespace tessera
