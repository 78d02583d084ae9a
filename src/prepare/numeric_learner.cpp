// SPDX-License-Identifier: Apache-2.0
#include "prepare/numeric_learner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/dates.hpp"
#include "exact/grid.hpp"
#include "prepare/apply_kernels.hpp"
#include "prepare/level_warnings.hpp"
#include "prepare/prepared_value.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr double kSkewToMend = 2.0;
/// The skew must fall to this share, so that columns in tiny units, where log1p does nothing, are left as they are.
constexpr double kWorthwhile = 0.9;
/// IQR / sd of a normal distribution.
constexpr double kNormalIqr = 1.3489795003921634;

std::vector<int> quarters_for(const LearnSettings& settings) {
  if (settings.scale == ScalePolicy::robust) return {1, 2, 3};
  return {2};
}
std::size_t median_index(const LearnSettings& settings) { return settings.scale == ScalePolicy::robust ? 1 : 0; }

/// Near `mean`, but a whole multiple of 1/256 of a power of two near the range: subtracting it from whole numbers, or from any
/// values with few bits, is exact.
double round_center(double mean, double range) {
  const double step = std::ldexp(1.0, exact::ceil_exponent(range) - 8);
  if (!(step > 0.0) || !std::isfinite(mean / step)) return mean;
  return std::nearbyint(mean / step) * step;
}

}  // namespace

std::string gaps_decision(const ColumnProfile& profile, MissingPolicy missing) {
  const double share = 100.0 * static_cast<double>(profile.missing) / static_cast<double>(profile.rows);
  return fmt::format("{}: {} missing {} ({:.{}f}%) {}", profile.name, profile.missing, profile.missing == 1 ? "cell" : "cells",
                     share, share < 10.0 ? 1 : 0,
                     missing == MissingPolicy::partial ? "left out of the distances" : "left open: the mixture does without");
}

NumericLearner::NumericLearner(const ColumnProfile& profile, const FeatureSettings& feature, const LearnSettings& settings,
                               const ColumnTally* tally)
    : profile_(&profile),
      feature_(feature),
      settings_(settings),
      lowest_(profile.kind == Kind::date ? settings.as_of_days - profile.max : profile.min),
      highest_(profile.kind == Kind::date ? settings.as_of_days - profile.min : profile.max) {
  const bool amounts = profile.kind == Kind::continuous || profile.kind == Kind::count;
  const bool skewed = settings.weighted || profile.skew > kSkewToMend;
  try_log_ = feature.log1p_listed || (settings.transform == TransformPolicy::automatic && amounts && lowest_ >= 0.0 && skewed);
  const std::vector<int> quarters = quarters_for(settings);
  // A tally counts every row once, and dates as they are instead of back from the as-of day.
  if (tally != nullptr && !settings.weighted && !is_date()) take(*tally, quarters);
  if (known_.empty()) search_.emplace(lowest_, highest_, quarters, settings.quantile_bins);
}

void NumericLearner::take(const ColumnTally& tally, std::span<const int> quarters) {
  const auto of = [&](int quarter) { return tally.quarters[static_cast<std::size_t>(quarter - 1)]; };
  if (std::all_of(quarters.begin(), quarters.end(), [&](int quarter) { return of(quarter).has_value(); })) {
    for (const int quarter : quarters) known_.push_back(*of(quarter));
  }
  if (try_log_ && !tally.log_sums) return;
  frame_ = tally.frame;
  log_frame_ = tally.log_frame;
  sums_.push({tally.sums, tally.log_sums.value_or(Moments{})});
  summed_ = true;
}

void NumericLearner::begin(std::span<const double> values, std::span<const double> weights) {
  for (std::size_t i = 0; i < values.size() && !frame_; ++i) {
    if (std::isnan(values[i]) || (!weights.empty() && !(weights[i] > 0.0))) continue;
    const double reach = highest_ - lowest_;
    frame_ = make_frame(values[i], reach);
    if (!try_log_) return;
    const double logged = transform_value(Transform::log1p, values[i]);
    log_frame_ = make_frame(logged, transform_value(Transform::log1p, highest_) - transform_value(Transform::log1p, lowest_));
  }
}

NumericLearner::Leaf NumericLearner::sum(std::span<const double> values, std::span<const double> weights) const {
  Leaf leaf;
  if (!frame_ || summed_) return leaf;
  leaf.plain = sum_block(values, weights, *frame_);
  if (!try_log_) return leaf;
  std::vector<double> logged(values.begin(), values.end());
  log1p_cells(logged);
  leaf.logged = sum_block(logged, weights, log_frame_);
  return leaf;
}

void NumericLearner::choose_transform(LearnedSource& learned) const {
  FeatureSource& source = learned.source;
  const Leaf sums = sums_.total();
  const Summary plain = summarize(sums.plain, frame_.value_or(MomentFrame{}));
  const auto present = static_cast<double>(std::max<std::int64_t>(profile_->rows - profile_->missing, 1));
  source.skew = source.transformed_skew = plain.skew;
  source.zero_share = static_cast<double>(profile_->zeros) / present;
  learned.constant = !(plain.sd > 0.0);
  if (!try_log_) return;
  const double logged_skew = summarize(sums.logged, log_frame_).skew;
  const bool better = plain.skew > kSkewToMend && std::fabs(logged_skew) < kWorthwhile * plain.skew;
  if (!feature_.log1p_listed && !better) {
    if (plain.skew > kSkewToMend) {
      learned.decisions.push_back(
          fmt::format("{}: left as it is, though its skew is {:.1f}: a logarithm does not mend it", source.name, plain.skew));
    }
    return;
  }
  source.transform = Transform::log1p;
  source.transformed_skew = logged_skew;
  const std::string zeros =
      profile_->zeros == 0 ? "no cell is zero" : fmt::format("{:.2g}% of the cells are zero", 100.0 * source.zero_share);
  learned.decisions.push_back(fmt::format("{}: log1p taken{}, skew {:.1f} -> {:.1f}; {}", source.name,
                                          feature_.log1p_listed ? " as asked" : "", plain.skew, logged_skew, zeros));
}

void NumericLearner::choose_fill(LearnedSource& learned) const {
  FeatureSource& source = learned.source;
  const std::size_t median = median_index(settings_);
  // A fill that no customer has (2.5 on a scale, half a yes) would be odd: levels take the lower of the two middle values.
  const bool levels = profile_->kind == Kind::binary || profile_->kind == Kind::ordinal;
  const double fill = levels ? quantile(median).lower : quantile(median).value();
  source.fill = is_date() ? settings_.as_of_days - fill : fill;
  if (profile_->missing > 0 && keeps_gaps(settings_.missing))
    learned.decisions.push_back(gaps_decision(*profile_, settings_.missing));
  if (profile_->missing == 0 || settings_.missing != MissingPolicy::impute) return;
  const double share = 100.0 * static_cast<double>(profile_->missing) / static_cast<double>(profile_->rows);
  learned.decisions.push_back(fmt::format("{}: {} missing {} ({:.{}f}%) filled with the {}, {}", source.name, profile_->missing,
                                          profile_->missing == 1 ? "cell" : "cells", share, share < 10.0 ? 1 : 0,
                                          profile_->kind == Kind::binary ? "mode" : "median",
                                          is_date() ? format_iso_date(source.fill) : fmt::format("{:.6g}", source.fill)));
}

void NumericLearner::choose_scale(LearnedSource& learned, double row_weight) const {
  FeatureSource& source = learned.source;
  if (profile_->kind == Kind::binary) {
    source.center = lowest_;
    source.scale = highest_ > lowest_ ? highest_ - lowest_ : 1.0;
    return;
  }
  const auto transformed = [&](double x) { return transform_value(source.transform, x); };
  const MomentFrame frame = source.transform == Transform::log1p ? log_frame_ : frame_.value_or(MomentFrame{});
  Moments sums = source.transform == Transform::log1p ? sums_.total().logged : sums_.total().plain;
  if (profile_->missing > 0 && settings_.missing == MissingPolicy::impute && row_weight > sums.weight) {
    const double filled = row_weight - sums.weight;
    const double fill = is_date() ? settings_.as_of_days - source.fill : source.fill;
    const double d = (transformed(fill) - frame.pivot) * frame.inverse_unit;
    sums = sums + Moments{filled, filled * d, filled * (d * d), filled * (d * d * d)};
  }
  const Summary summary = summarize(sums, frame);
  source.center = summary.mean;
  source.scale = summary.sd > 0.0 ? summary.sd : 1.0;
  if (settings_.scale == ScalePolicy::none) {
    source.center = learned.constant ? summary.mean : round_center(summary.mean, transformed(highest_) - transformed(lowest_));
    source.scale = 1.0;
  } else if (settings_.scale == ScalePolicy::robust) {
    const double width = transformed(quantile(2).value()) - transformed(quantile(0).value());
    source.center = transformed(quantile(1).value());
    if (width > 0.0) {
      source.scale = width / kNormalIqr;
    } else if (!learned.constant) {
      learned.decisions.push_back(fmt::format(
          "{}: the middle half of the values are equal, so that robust scaling takes the standard deviation instead",
          source.name));
    }
  }
}

void NumericLearner::check_range(LearnedSource& learned) const {
  const FeatureSource& source = learned.source;
  const double fill = is_date() ? settings_.as_of_days - source.fill : source.fill;
  double largest = 0.0;
  for (const double x : {lowest_, highest_, fill}) largest = std::max(largest, std::fabs(prepare_value(source, x)));
  const bool too_small = largest > 0.0 && largest < 0x1p-140;  // fewer than ten bits are left of a float32
  if (settings_.scale == ScalePolicy::none && (!(largest <= kLargestPrepared) || too_small)) {
    throw DataError(fmt::format("values {} fit single precision without scaling", too_small ? "too small to" : "too large to"),
                    {{}, {}, -1, source.name}, "use --scale standard, or change the unit of the column");
  }
  if (!std::isfinite(source.center) || !std::isfinite(source.scale)) {
    throw DataError("values too large for a mean and a standard deviation", {{}, {}, -1, source.name},
                    "change the unit of the column, or leave it out with --ignore");
  }
  learned.largest_prepared = largest <= kLargestPrepared ? largest : kLargestPrepared;  // NaN: overflow
}

LearnedSource NumericLearner::finish(double row_weight) const {
  LearnedSource learned;
  FeatureSource& source = learned.source;
  source.name = profile_->name;
  source.kind = profile_->kind;
  source.block_factor = feature_.block_factor;
  source.missing = profile_->missing;
  choose_transform(learned);
  choose_fill(learned);
  choose_scale(learned, row_weight);
  check_range(learned);
  if (is_date()) {
    learned.decisions.push_back(
        fmt::format("{}: counted as days before {}", source.name, format_iso_date(settings_.as_of_days)));
  }
  return learned;
}

}  // namespace tessera
