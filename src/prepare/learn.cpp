// SPDX-License-Identifier: Apache-2.0
#include "prepare/learn.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "core/dates.hpp"
#include "exact/grid.hpp"
#include "prepare/collinear.hpp"
#include "prepare/level_learner.hpp"
#include "prepare/numeric_learner.hpp"
#include "prepare/value_stream.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// A float32 has no bits below this.
constexpr int kLeastGridExponent = -149;

bool learned_as_levels(const ColumnProfile& profile) {
  return profile.kind != Kind::date && (profile.type == DataType::text || profile.kind == Kind::nominal);
}

/// Learns a plan over the sweeps of a ValueStream.
class PlanLearner {
 public:
  PlanLearner(Table& table, std::span<const ColumnProfile> profiles, const PrepareOptions& options, const JobContext& job,
              std::int64_t memory_bytes)
      : table_(table), profiles_(profiles), options_(options), job_(job), memory_bytes_(memory_bytes) {}

  FeaturePlan learn() {
    if (table_.info().rows == 0) throw DataError("the table has no rows", here(), "give at least one customer");
    features_ = select_features(profiles_, options_);
    plan_.missing = options_.missing;
    plan_.scale = options_.scale;
    take_roles();
    choose_as_of();
    make_learners();
    ValueStream stream(table_, learn_columns(), job_, memory_bytes_ / 2);
    first_sweep(stream);
    while (refine_quantiles()) {
      stream.for_each([&](const ValueChunk& chunk) { count_quantiles(chunk); });
    }
    finish_sources();
    describe();
    return std::move(plan_);
  }

 private:
  [[nodiscard]] DataLocation here() const { return {table_.info().path.string(), table_.info().dataset, -1, {}}; }
  [[nodiscard]] const ColumnProfile& profile_of(const FeatureSettings& feature) const {
    return profiles_[static_cast<std::size_t>(feature.column)];
  }

  void take_roles() {
    for (std::size_t i = 0; i < profiles_.size(); ++i) {
      const ColumnProfile& profile = profiles_[i];
      if (profile.role == Role::kpi) plan_.kpi_columns.push_back(profile.name);
      if (profile.role == Role::id && plan_.id_column.empty()) plan_.id_column = profile.name;
      if (profile.role == Role::weight && plan_.weight_column.empty()) take_weight(static_cast<int>(i));
    }
  }

  void take_weight(int column) {
    const ColumnProfile& profile = profiles_[static_cast<std::size_t>(column)];
    if (profile.type == DataType::text) {
      throw DataError("the weights are text", {here().path, here().dataset, -1, profile.name}, "give numbers from 0 up");
    }
    plan_.weight_column = profile.name;
    weight_column_ = column;
    // Weights reach the fit as float32. Bad ones are refused by the first sweep, which knows their row.
    const double largest = std::fmin(profile.max, static_cast<double>(std::numeric_limits<float>::max()));
    plan_.largest_weight = static_cast<double>(static_cast<float>(std::fmax(largest, 0.0)));
    if (plan_.largest_weight > 0.0) plan_.weight_exponent = exact::ceil_exponent(plan_.largest_weight) - exact::kGridBits;
  }

  void choose_as_of() {
    std::optional<double> latest = options_.as_of_days;
    for (const FeatureSettings& feature : features_) {
      const ColumnProfile& profile = profile_of(feature);
      if (profile.kind == Kind::date && !options_.as_of_days) latest = std::max(latest.value_or(profile.max), profile.max);
    }
    plan_.as_of_days = latest.value_or(0.0);
  }

  void make_learners() {
    LearnSettings settings{options_.missing, options_.scale, options_.transform, plan_.as_of_days, false, 16'384};
    settings.weighted = weight_column_ >= 0 || options_.missing == MissingPolicy::drop_row;
    constexpr std::size_t kBinBytes = 32;
    const auto searches = static_cast<std::int64_t>(features_.size()) * (options_.scale == ScalePolicy::robust ? 3 : 1);
    const std::int64_t bins = memory_bytes_ / 8 / static_cast<std::int64_t>(kBinBytes) / searches;
    settings.quantile_bins = std::bit_floor(static_cast<std::size_t>(std::clamp<std::int64_t>(bins, 256, 16'384)));
    for (const FeatureSettings& feature : features_) {
      if (learned_as_levels(profile_of(feature))) {
        level_learners_.emplace_back(profile_of(feature), feature, options_.top_levels, options_.missing);
      } else {
        numeric_learners_.emplace_back(profile_of(feature), feature, settings);
      }
    }
  }

  [[nodiscard]] LearnColumns learn_columns() const {
    LearnColumns columns;
    std::vector<std::string> counts;
    for (const FeatureSettings& feature : features_) {
      const ColumnProfile& profile = profile_of(feature);
      if (profile.missing > 0) counts.push_back(fmt::format("{} {}", profile.name, profile.missing));
      if (learned_as_levels(profile)) {
        columns.nominal.push_back(feature.column);
      } else {
        columns.numeric.push_back(feature.column);
        columns.is_date.push_back(profile.kind == Kind::date);
      }
    }
    columns.weight = weight_column_;
    columns.as_of_days = plan_.as_of_days;
    columns.missing = options_.missing;
    columns.missing_counts = fmt::format("{}", fmt::join(counts, ", "));
    columns.largest_weight = plan_.largest_weight;
    return columns;
  }

  void first_sweep(ValueStream& stream) {
    const auto numeric = std::ssize(numeric_learners_);
    CollinearityCheck collinearity(numeric, table_.info().rows);
    PairwiseSum<Moments> row_weight;
    std::vector<NumericLearner::Leaf> leaves;
    stream.for_each([&](const ValueChunk& chunk) {
      const std::int64_t blocks = (chunk.rows + kReductionRows - 1) / kReductionRows;
      for (std::int64_t j = 0; j < numeric; ++j) numeric_at(j).begin(chunk.column(j), chunk.weights);
      leaves.assign(static_cast<std::size_t>(blocks * numeric), {});
      const auto part = [&](auto whole, std::int64_t b) {
        if (whole.empty()) return whole;
        const std::int64_t begin = b * kReductionRows;
        return whole.subspan(static_cast<std::size_t>(begin),
                             static_cast<std::size_t>(std::min(kReductionRows, chunk.rows - begin)));
      };
      job_.threads.run(blocks, [&](int, std::int64_t b) {
        for (std::int64_t j = 0; j < numeric; ++j) {
          leaves[static_cast<std::size_t>(b * numeric + j)] =
              numeric_at(j).sum(part(chunk.column(j), b), part(chunk.weights, b));
        }
      });
      for (std::int64_t b = 0; b < blocks; ++b) {
        for (std::int64_t j = 0; j < numeric; ++j) numeric_at(j).add(leaves[static_cast<std::size_t>(b * numeric + j)]);
        if (!chunk.weights.empty()) {
          const auto weights = part(chunk.weights, b);
          row_weight.push(sum_block(weights, {}, MomentFrame{}));
        }
      }
      count_levels(chunk);
      count_quantiles(chunk);
      collinearity.consume(chunk);
    });
    const bool counted = weight_column_ >= 0 || options_.missing == MissingPolicy::drop_row;
    row_weight_ = counted ? row_weight.total().first : static_cast<double>(table_.info().rows);
    check_rows_left();
    std::vector<std::string> names;
    for (const FeatureSettings& feature : features_) {
      if (!learned_as_levels(profile_of(feature))) names.push_back(profile_of(feature).name);
    }
    collinear_ = collinearity.findings(names);
  }

  void check_rows_left() const {
    if (row_weight_ > 0.0) return;
    if (options_.missing == MissingPolicy::drop_row) {
      throw DataError("no row is left to fit: every row has a missing cell or weight 0", here(),
                      "use --missing impute, or leave out the columns with many missing cells");
    }
    throw DataError("every row has weight 0", {here().path, here().dataset, -1, plan_.weight_column},
                    "give at least one row a weight above 0");
  }

  void count_levels(const ValueChunk& chunk) {
    job_.threads.run(std::ssize(level_learners_), [&](int, std::int64_t j) {
      const auto column = static_cast<std::size_t>(std::ssize(numeric_learners_) + j);
      level_learners_[static_cast<std::size_t>(j)].count(chunk.raw->columns[column], chunk.rows, chunk.units);
    });
  }

  void count_quantiles(const ValueChunk& chunk) {
    job_.threads.run(std::ssize(numeric_learners_), [&](int, std::int64_t j) {
      if (numeric_at(j).searching()) numeric_at(j).count(chunk.column(j), chunk.units);
    });
  }

  bool refine_quantiles() {
    bool more = false;
    for (NumericLearner& learner : numeric_learners_) {
      if (learner.searching() && learner.refine()) more = true;
    }
    return more;
  }

  NumericLearner& numeric_at(std::int64_t j) { return numeric_learners_[static_cast<std::size_t>(j)]; }

  void finish_sources() {
    // A row dropped for its missing cell stays dropped, so under that policy even a column that turns out constant is kept.
    const bool keep_constants = !options_.features.empty() || options_.missing == MissingPolicy::drop_row;
    auto numeric = numeric_learners_.cbegin();
    auto level = level_learners_.cbegin();
    for (const FeatureSettings& feature : features_) {
      const ColumnProfile& profile = profile_of(feature);
      LearnedSource learned = learned_as_levels(profile) ? (level++)->finish() : (numeric++)->finish(row_weight_);
      if (learned.constant) {
        plan_.decisions.push_back(
            fmt::format("{}: constant among the rows fitted, {}", profile.name,
                        keep_constants ? "so that it sets no segment apart" : "and therefore no feature"));
        if (!keep_constants || learned.source.feature_count == 0) continue;
      }
      append(std::move(learned));
    }
    if (plan_.sources.empty()) {
      throw DataError("no feature is left: every one is constant among the rows fitted", here(),
                      "name the columns to segment by with --features");
    }
  }

  void append(LearnedSource learned) {
    FeatureSource& source = learned.source;
    source.first_feature = plan_.features();
    const int grid = std::max(exact::grid_exponent(learned.largest_prepared, plan_.largest_weight), kLeastGridExponent);
    if (source.levels.empty()) {
      plan_.feature_names.push_back(source.name);
    } else {
      for (const std::string& level : source.levels) plan_.feature_names.push_back(source.name + "=" + level);
      const bool taken = std::find(source.levels.begin(), source.levels.end(), "other") != source.levels.end();
      if (source.has_other) plan_.feature_names.push_back(source.name + (taken ? "=(other levels)" : "=other"));
    }
    plan_.grid_exponent.resize(plan_.feature_names.size(), grid);
    for (std::string& decision : learned.decisions) plan_.decisions.push_back(std::move(decision));
    plan_.sources.push_back(std::move(source));
  }

  /// What concerns the table as a whole, or columns that are not features.
  void describe() {
    std::vector<std::string>& said = plan_.decisions;
    if (!plan_.id_column.empty()) said.push_back(fmt::format("{}: the id", plan_.id_column));
    if (!plan_.weight_column.empty()) said.push_back(fmt::format("{}: the weight of each row", plan_.weight_column));
    if (!plan_.kpi_columns.empty())
      said.push_back(fmt::format("{}: reported per segment, not fitted", fmt::join(plan_.kpi_columns, ", ")));
    std::int64_t unasked = 0;
    for (const ColumnProfile& profile : profiles_) {
      if (profile.role != Role::ignore) continue;
      const bool by_default = profile.reason.starts_with("not among");
      unasked += by_default ? 1 : 0;
      if (!by_default) said.push_back(fmt::format("{}: ignored, {}", profile.name, profile.reason));
    }
    if (unasked > 0)
      said.push_back(
          fmt::format("{} {} not among the features asked for", unasked, unasked == 1 ? "column is" : "columns are"));
    for (const WeightBlock& block : options_.blocks) {
      said.push_back(fmt::format("block {}: squared distances of {} count {} times", block.name, fmt::join(block.columns, ", "),
                                 block.weight));
    }
    if (options_.missing == MissingPolicy::drop_row) said.emplace_back("rows with a missing cell in a feature are rejected");
    for (std::string& finding : collinear_) said.push_back(std::move(finding));
  }

  Table& table_;
  std::span<const ColumnProfile> profiles_;
  const PrepareOptions& options_;
  const JobContext& job_;
  std::int64_t memory_bytes_;
  std::vector<FeatureSettings> features_;
  int weight_column_ = -1;
  double row_weight_ = 0.0;
  std::vector<NumericLearner> numeric_learners_;  // of features_ that are numbers, in order
  std::vector<LevelLearner> level_learners_;      // of the others, in order
  std::vector<std::string> collinear_;
  FeaturePlan plan_;
};

}  // namespace

FeaturePlan learn_plan(Table& table, const std::vector<ColumnProfile>& profiles, const PrepareOptions& options,
                       const JobContext& job, std::int64_t memory_bytes) {
  return PlanLearner(table, profiles, options, job, memory_bytes).learn();
}

}  // namespace tessera
