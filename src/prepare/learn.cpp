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
#include "prepare/raw_sweep.hpp"
#include "prepare/value_stream.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// A float32 has no bits below this.
constexpr int kLeastGridExponent = -149;

/// Learns a plan: from tallies where they tell enough, else over the sweeps of a ValueStream.
class PlanLearner {
 public:
  PlanLearner(Table& table, std::span<const ColumnProfile> profiles, const PrepareOptions& options, const JobContext& job,
              std::int64_t memory_bytes, std::span<const ColumnTally> tallies)
      : table_(table), profiles_(profiles), options_(options), job_(job), memory_bytes_(memory_bytes), tallies_(tallies) {}

  FeaturePlan learn() {
    if (table_.info().rows == 0) throw DataError("the table has no rows", here(), "give at least one customer");
    features_ = select_features(profiles_, options_);
    plan_.missing = options_.missing;
    plan_.scale = options_.scale;
    take_roles();
    choose_as_of();
    make_learners();
    sweep();
    look_for_collinear();
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

  /// True if rows do not all count once. Under MissingPolicy::drop_row that takes a missing cell.
  [[nodiscard]] bool rows_are_weighted() const {
    if (weight_column_ >= 0) return true;
    return options_.missing == MissingPolicy::drop_row && cells_are_missing();
  }
  [[nodiscard]] bool cells_are_missing() const {
    return std::any_of(features_.begin(), features_.end(),
                       [&](const auto& feature) { return profile_of(feature).missing > 0; });
  }

  void make_learners() {
    weighted_ = rows_are_weighted();
    // The row of the first missing cell is known only to a sweep over all columns.
    if (weighted_ || (options_.missing == MissingPolicy::error && cells_are_missing())) tallies_ = {};
    LearnSettings settings{options_.missing, options_.scale, options_.transform, plan_.as_of_days, weighted_, 16'384};
    constexpr std::size_t kBinBytes = 32;
    const auto searches = static_cast<std::int64_t>(features_.size()) * (options_.scale == ScalePolicy::robust ? 3 : 1);
    const std::int64_t bins = memory_bytes_ / 8 / static_cast<std::int64_t>(kBinBytes) / searches;
    settings.quantile_bins = std::bit_floor(static_cast<std::size_t>(std::clamp<std::int64_t>(bins, 256, 16'384)));
    for (const FeatureSettings& feature : features_) {
      const ColumnProfile& profile = profile_of(feature);
      const ColumnTally* tally = tallies_.empty() ? nullptr : &tallies_[static_cast<std::size_t>(feature.column)];
      if (read_as_levels(profile)) {
        LevelLearner& learner = level_learners_.emplace_back(profile, feature, options_.top_levels, options_.missing);
        if (tally != nullptr && tally->levels) {
          learner.take(*tally->levels);
        } else {
          swept_levels_.push_back(level_learners_.size() - 1);
        }
      } else {
        const NumericLearner& learner = numeric_learners_.emplace_back(profile, feature, settings, tally);
        if (learner.wants_sweep()) swept_numbers_.push_back(numeric_learners_.size() - 1);
      }
    }
  }

  /// Of the features: all that are numbers.
  [[nodiscard]] LearnColumns numeric_columns() const {
    LearnColumns columns;
    columns.as_of_days = plan_.as_of_days;
    for (const FeatureSettings& feature : features_) {
      if (read_as_levels(profile_of(feature))) continue;
      columns.numeric.push_back(feature.column);
      columns.is_date.push_back(profile_of(feature).kind == Kind::date);
    }
    return columns;
  }

  /// Those that a sweep is needed for.
  [[nodiscard]] LearnColumns swept_columns() const {
    const LearnColumns numbers = numeric_columns();
    LearnColumns columns;
    for (const std::size_t i : swept_numbers_) {
      columns.numeric.push_back(numbers.numeric[i]);
      columns.is_date.push_back(numbers.is_date[i]);
    }
    std::vector<int> levels;
    std::vector<std::string> counts;
    for (const FeatureSettings& feature : features_) {
      const ColumnProfile& profile = profile_of(feature);
      if (profile.missing > 0) counts.push_back(fmt::format("{} {}", profile.name, profile.missing));
      if (read_as_levels(profile)) levels.push_back(feature.column);
    }
    for (const std::size_t i : swept_levels_) columns.nominal.push_back(levels[i]);
    columns.weight = weight_column_;
    columns.as_of_days = plan_.as_of_days;
    columns.missing = options_.missing;
    const bool drops_nothing = options_.missing == MissingPolicy::drop_row && !weighted_;
    if (drops_nothing || keeps_gaps(options_.missing)) columns.missing = MissingPolicy::impute;  // gaps are no values
    columns.missing_counts = fmt::format("{}", fmt::join(counts, ", "));
    columns.largest_weight = plan_.largest_weight;
    return columns;
  }

  void sweep() {
    row_weight_ = static_cast<double>(table_.info().rows);
    if (!weighted_ && swept_numbers_.empty() && swept_levels_.empty()) return;
    const bool searching = std::any_of(numeric_learners_.begin(), numeric_learners_.end(),
                                       [](const NumericLearner& learner) { return learner.searching(); });
    ValueStream stream(table_, swept_columns(), job_, memory_bytes_ / 2, searching);
    first_sweep(stream);
    while (refine_quantiles()) {
      stream.for_each([&](const ValueChunk& chunk) { count_quantiles(chunk); });
    }
  }

  void first_sweep(ValueStream& stream) {
    const auto numeric = std::ssize(swept_numbers_);
    PairwiseSum<Moments> row_weight;
    std::vector<NumericLearner::Leaf> leaves;
    stream.for_each([&](const ValueChunk& chunk) {
      const std::int64_t blocks = (chunk.rows + kReductionRows - 1) / kReductionRows;
      for (std::int64_t j = 0; j < numeric; ++j) swept_number(j).begin(chunk.column(j), chunk.weights);
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
              swept_number(j).sum(part(chunk.column(j), b), part(chunk.weights, b));
        }
      });
      for (std::int64_t b = 0; b < blocks; ++b) {
        for (std::int64_t j = 0; j < numeric; ++j) swept_number(j).add(leaves[static_cast<std::size_t>(b * numeric + j)]);
        if (!chunk.weights.empty()) {
          const auto weights = part(chunk.weights, b);
          row_weight.push(sum_block(weights, {}, MomentFrame{}));
        }
      }
      count_levels(chunk);
      count_quantiles(chunk);
    });
    if (weighted_) row_weight_ = row_weight.total().first;
    check_rows_left();
  }

  void look_for_collinear() {
    const LearnColumns columns = numeric_columns();
    std::vector<std::string> names;
    for (const int column : columns.numeric) names.push_back(profiles_[static_cast<std::size_t>(column)].name);
    const std::int64_t row_bytes = raw_row_bytes(table_.info(), columns.numeric) + 8 * std::ssize(columns.numeric);
    const std::int64_t rows_at_once = std::min(table_.preferred_rows(), rows_per_read(table_, row_bytes, memory_bytes_ / 8));
    collinear_ = find_collinear(table_, columns, names, rows_at_once, job_);
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
    job_.threads.run(std::ssize(swept_levels_), [&](int, std::int64_t j) {
      const std::size_t learner = swept_levels_[static_cast<std::size_t>(j)];
      const auto column = swept_numbers_.size() + static_cast<std::size_t>(j);
      level_learners_[learner].count(chunk.raw->columns[column], chunk.rows, chunk.units);
    });
  }

  void count_quantiles(const ValueChunk& chunk) {
    job_.threads.run(std::ssize(swept_numbers_), [&](int, std::int64_t j) {
      if (swept_number(j).searching()) swept_number(j).count(chunk.column(j), chunk.units);
    });
  }

  bool refine_quantiles() {
    bool more = false;
    for (std::int64_t j = 0; j < std::ssize(swept_numbers_); ++j) {
      if (swept_number(j).searching() && swept_number(j).refine()) more = true;
    }
    return more;
  }

  NumericLearner& swept_number(std::int64_t j) { return numeric_learners_[swept_numbers_[static_cast<std::size_t>(j)]]; }

  void finish_sources() {
    // A row dropped for its missing cell stays dropped, so under that policy even a column that turns out constant is kept.
    const bool keep_constants = !options_.features.empty() || options_.missing == MissingPolicy::drop_row;
    auto numeric = numeric_learners_.cbegin();
    auto level = level_learners_.cbegin();
    for (const FeatureSettings& feature : features_) {
      const ColumnProfile& profile = profile_of(feature);
      LearnedSource learned = read_as_levels(profile) ? (level++)->finish() : (numeric++)->finish(row_weight_);
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
  std::span<const ColumnTally> tallies_;  // empty: everything is learned by sweeps
  std::vector<FeatureSettings> features_;
  int weight_column_ = -1;
  bool weighted_ = false;
  double row_weight_ = 0.0;
  std::vector<NumericLearner> numeric_learners_;           // of features_ that are numbers, in order
  std::vector<LevelLearner> level_learners_;               // of the others, in order
  std::vector<std::size_t> swept_numbers_, swept_levels_;  // indices of those that a sweep is needed for
  std::vector<std::string> collinear_;
  FeaturePlan plan_;
};

}  // namespace

FeaturePlan learn_plan(Table& table, const std::vector<ColumnProfile>& profiles, const PrepareOptions& options,
                       const JobContext& job, std::int64_t memory_bytes, std::span<const ColumnTally> tallies) {
  return PlanLearner(table, profiles, options, job, memory_bytes, tallies).learn();
}

}  // namespace tessera
