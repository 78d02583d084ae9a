// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "prepare/block_moments.hpp"
#include "prepare/column_tally.hpp"
#include "prepare/feature_settings.hpp"
#include "prepare/quantile.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// What the learners of all columns share.
struct LearnSettings {
  MissingPolicy missing = MissingPolicy::impute;
  ScalePolicy scale = ScalePolicy::standard;
  TransformPolicy transform = TransformPolicy::automatic;
  double as_of_days = 0.0;
  bool weighted = false;  ///< some rows may not count, or count more than once
  std::size_t quantile_bins = 16'384;
};

/// A learned source with the largest |prepared value| it can take in the table, and what was decided, for people.
struct LearnedSource {
  FeatureSource source;
  double largest_prepared = 0.0;
  bool constant = false;  ///< among the rows fitted
  std::vector<std::string> decisions;
};

/// What becomes of the missing cells of a column, for people; for policies that keep gaps.
[[nodiscard]] std::string gaps_decision(const ColumnProfile& profile, MissingPolicy missing);

/// Learns one numeric, binary (numbers) or date column. Dates are days before as-of from here on.
class NumericLearner {
 public:
  /// @param tally of the column, or null; what it tells need not be learned again
  NumericLearner(const ColumnProfile& profile, const FeatureSettings& feature, const LearnSettings& settings,
                 const ColumnTally* tally);

  /// True if at least one sweep over the column is needed before finish().
  [[nodiscard]] bool wants_sweep() const { return !summed_ || searching(); }

  struct Leaf {
    Moments plain, logged;
    Leaf operator+(const Leaf& other) const { return {plain + other.plain, logged + other.logged}; }
  };
  /// First for every chunk of the first sweep, in row order.
  void begin(std::span<const double> values, std::span<const double> weights);
  /// The sums of one block; by any thread.
  [[nodiscard]] Leaf sum(std::span<const double> values, std::span<const double> weights) const;
  void add(const Leaf& leaf) {
    if (!summed_) sums_.push(leaf);
  }

  /// The quantile search, one or more sweeps.
  void count(std::span<const double> values, std::span<const std::int64_t> units) { search_->count(values, units); }
  bool refine() { return search_->refine(); }
  [[nodiscard]] bool searching() const { return search_ && !search_->done(); }

  /// @param row_weight total weight of the rows fitted, missing cells included
  /// @throws DataError if prepared values leave the range of float32
  [[nodiscard]] LearnedSource finish(double row_weight) const;

 private:
  void choose_transform(LearnedSource& learned) const;
  void choose_fill(LearnedSource& learned) const;
  void choose_scale(LearnedSource& learned, double row_weight) const;
  void check_range(LearnedSource& learned) const;
  [[nodiscard]] bool is_date() const { return profile_->kind == Kind::date; }
  void take(const ColumnTally& tally, std::span<const int> quarters);
  [[nodiscard]] Quantile quantile(std::size_t i) const { return search_ ? search_->quantile(i) : known_[i]; }

  const ColumnProfile* profile_;
  FeatureSettings feature_;
  LearnSettings settings_;
  double lowest_ = 0.0, highest_ = 0.0;  // of all rows, days before as-of for dates
  bool try_log_ = false;
  std::optional<MomentFrame> frame_;
  MomentFrame log_frame_;
  PairwiseSum<Leaf> sums_;
  bool summed_ = false;                   // sums_ came with the tally
  std::vector<Quantile> known_;           // quantiles that came with the tally,
  std::optional<QuantileSearch> search_;  // or their search
};

}  // namespace tessera
