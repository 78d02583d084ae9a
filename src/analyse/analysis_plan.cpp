// SPDX-License-Identifier: Apache-2.0
#include "analyse/analysis_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "analyse/periods.hpp"
#include "stats/lmg_shares.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMostPeriods = 40;
constexpr std::int64_t kMostDrivers = stats::kMostLmgPredictors;
constexpr std::size_t kMostOutcomes = 3;

/// As prepare reads it.
bool is_category(const ColumnProfile& profile) {
  return profile.kind != Kind::date && (profile.type == DataType::text || profile.kind == Kind::nominal);
}

class Planner {
 public:
  Planner(const AnalysisWishes& wishes, const AnalysisSource& source) : wishes_(wishes), source_(source) {
    plan_.segments = source.segments;
    plan_.min_cell = wishes.min_cell;
    plan_.columns.weight = source.weight;
    plan_.columns.weight_exponent = source.weight_exponent;
    plan_.columns.seed = wishes.seed;
    plan_.columns.labels = source.read_labels;
  }

  AnalysisPlan plan() {
    add_segments();
    add_numbers();
    add_kpis();
    add_categories();
    add_period();
    choose_correlated();
    if (wishes_.find_drivers) choose_drivers();
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const ColumnProfile& profile(int column) const { return source_.profiles[static_cast<std::size_t>(column)]; }
  [[nodiscard]] const ColumnLevels& levels(int column) const { return source_.levels[static_cast<std::size_t>(column)]; }
  static bool has(const std::vector<int>& list, int column) {
    return std::find(list.begin(), list.end(), column) != list.end();
  }

  [[nodiscard]] bool used_in_fit(int column) const {
    const auto& used = source_.used_in_fit;
    return std::find(used.begin(), used.end(), profile(column).name) != used.end();
  }
  /// Columns that are described by themselves. Named ones are whatever else is thought of them.
  [[nodiscard]] bool is_shown(int column) const {
    const ColumnProfile& p = profile(column);
    if (column == source_.by || column == source_.weight || has(wishes_.hidden, column) || p.role == Role::id) return false;
    if (p.missing == p.rows || p.distinct < 2) return false;
    if (p.role == Role::feature || p.role == Role::kpi) return true;
    return p.role == Role::ignore && p.reason.starts_with("not among");
  }

  int add_series(NumberColumn column) {
    auto& numbers = plan_.columns.numbers;
    const auto same = [&](const NumberColumn& other) {
      return other.column == column.column && other.form == column.form && other.number == column.number &&
             other.text == column.text;
    };
    const auto found = std::find_if(numbers.begin(), numbers.end(), same);
    if (found != numbers.end()) return static_cast<int>(found - numbers.begin());
    const ColumnProfile& p = profile(column.column);
    SeriesFacts facts;
    facts.may_miss = p.missing > 0;
    if (column.form == NumberColumn::Form::value) {
      const auto& median = source_.medians[static_cast<std::size_t>(column.column)];
      facts.integral = p.integral && p.kind != Kind::date;
      facts.center = median.value_or(facts.integral ? std::round(p.mean) : p.mean);
      facts.reach = std::max(p.max - facts.center, facts.center - p.min);
    } else {
      facts.reach = column.form == NumberColumn::Form::promoter ? 100.0 : 1.0;
      facts.integral = true;
      facts.may_miss = facts.may_miss || column.form == NumberColumn::Form::promoter;
    }
    numbers.push_back(std::move(column));
    plan_.series.push_back(facts);
    return static_cast<int>(numbers.size()) - 1;
  }

  /// 1 for a level, 0 for the others.
  int add_indicator(int column, const std::string& level) {
    NumberColumn indicator{.column = column, .form = NumberColumn::Form::equals};
    if (profile(column).type == DataType::text) {
      indicator.text = level;
      return add_series(std::move(indicator));
    }
    const ColumnLevels& own = levels(column);
    const auto at = std::find(own.labels.begin(), own.labels.end(), level) - own.labels.begin();
    indicator.number = own.numbers[static_cast<std::size_t>(at)];
    return add_series(std::move(indicator));
  }

  void add_segments() {
    CodeColumn segment;
    segment.source = CodeColumn::Source::labels;
    segment.size = source_.segments;
    if (source_.by >= 0) {
      segment = dictionary(source_.by, source_.labels);
      segment.size = source_.segments;
    }
    plan_.columns.codes.push_back(std::move(segment));
    CodeColumn groups;
    groups.source = CodeColumn::Source::groups;
    groups.size = kJackknifeGroups;
    plan_.columns.codes.push_back(std::move(groups));
  }

  void add_numbers() {
    for (int column = 0; column < static_cast<int>(source_.profiles.size()); ++column) {
      if (is_category(profile(column)) || !is_shown(column)) continue;
      plan_.numbers.push_back({column, add_series({.column = column}), used_in_fit(column)});
    }
  }

  void add_kpis() {
    for (const KpiSpec& spec : wishes_.kpis) {
      PlannedKpi kpi;
      kpi.spec = spec;
      kpi.used_in_fit = used_in_fit(spec.column);
      kpi.amount = profile(spec.column).min >= 0.0 && (spec.type == KpiType::mean || spec.type == KpiType::sum);
      switch (spec.type) {
        case KpiType::rate:
          kpi.series = add_indicator(spec.column, spec.level);
          break;
        case KpiType::nps:
          kpi.series = add_series({.column = spec.column, .form = NumberColumn::Form::promoter});
          break;
        case KpiType::csat:
          kpi.series = add_series({.column = spec.column, .form = NumberColumn::Form::at_least, .number = spec.threshold});
          break;
        default:
          kpi.series = add_series({.column = spec.column});
      }
      if (spec.denominator >= 0) kpi.denominator = add_series({.column = spec.denominator});
      if (spec.event >= 0) kpi.event = add_event(spec);
      plan_.kpis.push_back(std::move(kpi));
    }
  }

  int add_event(const KpiSpec& spec) {
    CodeColumn code = dictionary(spec.event, {spec.event_level});
    code.other = 1;
    code.size = 2;  // 0: it happened, 1: not yet
    plan_.columns.codes.push_back(std::move(code));
    return static_cast<int>(plan_.columns.codes.size()) - 1;
  }

  /// Codes of a column by labels, in their order.
  CodeColumn dictionary(int column, const std::vector<std::string>& labels) {
    CodeColumn code;
    code.column = column;
    code.size = static_cast<std::int32_t>(labels.size());
    if (profile(column).type == DataType::text) {
      code.levels = labels;
      return code;
    }
    const ColumnLevels& own = levels(column);
    for (const std::string& label : labels) {
      const auto at = std::find(own.labels.begin(), own.labels.end(), label) - own.labels.begin();
      code.numbers.push_back(own.numbers[static_cast<std::size_t>(at)]);
    }
    return code;
  }

  /// The labels kept of a column: numbers in ascending order if all are kept, else the most frequent first.
  [[nodiscard]] std::vector<std::string> kept_labels(int column) const {
    const ColumnLevels& own = levels(column);
    const auto kept = std::min(own.labels.size(), static_cast<std::size_t>(wishes_.top_levels));
    std::vector<std::size_t> order(kept);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (!own.numbers.empty() && own.complete && kept == own.labels.size()) {
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return own.numbers[a] < own.numbers[b]; });
    }
    std::vector<std::string> labels;
    for (const std::size_t i : order) labels.push_back(own.labels[i]);
    return labels;
  }

  void add_categories() {
    for (int column = 0; column < static_cast<int>(source_.profiles.size()); ++column) {
      const bool compared = has(wishes_.compare, column);
      const bool asked = has(wishes_.categories, column) || compared;
      if (has(wishes_.hidden, column) || column == source_.by) continue;
      if (!asked && (!is_category(profile(column)) || !is_shown(column))) continue;
      const ColumnLevels& own = levels(column);
      if (own.labels.empty()) {
        plan_.notes.push_back(fmt::format("{}: no category, because it has {}{} levels", profile(column).name,
                                          profile(column).distinct_exact ? "" : "about ", profile(column).distinct));
        continue;
      }
      PlannedCategory category;
      category.profile = column;
      category.labels = kept_labels(column);
      category.used_in_fit = used_in_fit(column);
      category.compared = compared;
      CodeColumn code = dictionary(column, category.labels);
      if (!own.complete || category.labels.size() < own.labels.size()) {
        code.other = code.size++;
        const bool taken = std::find(category.labels.begin(), category.labels.end(), "other") != category.labels.end();
        category.labels.emplace_back(taken ? "(other levels)" : "other");
      }
      category.code = static_cast<int>(plan_.columns.codes.size());
      plan_.columns.codes.push_back(std::move(code));
      plan_.categories.push_back(std::move(category));
    }
  }

  void add_period() {
    if (wishes_.period < 0) return;
    const ColumnProfile& p = profile(wishes_.period);
    CodeColumn code;
    if (p.kind == Kind::date) {
      PeriodEdges periods = calendar_periods(p.min, p.max, kMostPeriods);
      code.source = CodeColumn::Source::edges;
      code.column = wishes_.period;
      code.edges = std::move(periods.edges);
      code.size = static_cast<std::int32_t>(periods.labels.size());
      plan_.periods = std::move(periods.labels);
    } else {
      const ColumnLevels& own = levels(wishes_.period);
      if (!own.complete || own.labels.empty() || std::ssize(own.labels) > kMostPeriods) {
        plan_.notes.push_back(fmt::format("{}: no periods, because it has more than {} levels or none", p.name, kMostPeriods));
        return;
      }
      std::vector<std::size_t> order(own.labels.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return own.numbers.empty() ? own.labels[a] < own.labels[b] : own.numbers[a] < own.numbers[b];
      });
      for (const std::size_t i : order) plan_.periods.push_back(own.labels[i]);
      code = dictionary(wishes_.period, plan_.periods);
    }
    plan_.period_code = static_cast<int>(plan_.columns.codes.size());
    plan_.columns.codes.push_back(std::move(code));
  }

  void add_correlated(std::string name, int series, bool used, bool outcome, bool date = false) {
    auto& all = plan_.correlated;
    const bool there = std::any_of(all.begin(), all.end(), [&](const CorrelatedColumn& c) { return c.series == series; });
    if (there || all.size() >= kMostCorrelated) return;
    all.push_back({std::move(name), series, used, outcome, date});
    plan_.paired.push_back(series);
  }

  void choose_correlated() {
    std::vector<int> outcomes = wishes_.outcomes;
    for (const PlannedKpi& kpi : plan_.kpis) {
      outcomes.push_back(kpi.spec.column);
      if (kpi.spec.denominator >= 0) outcomes.push_back(kpi.spec.denominator);
      if (kpi.spec.event >= 0) outcomes.push_back(kpi.spec.event);
    }
    for (const PlannedKpi& kpi : plan_.kpis) {
      const bool level = kpi.spec.type == KpiType::rate;
      const bool zero_one = level && kpi.spec.level == "1";
      const std::string name =
          level && !zero_one ? profile(kpi.spec.column).name + "=" + kpi.spec.level : profile(kpi.spec.column).name;
      const int series = level ? kpi.series : add_series({.column = kpi.spec.column});
      add_correlated(name, series, kpi.used_in_fit, true);
    }
    for (const int column : wishes_.outcomes) {
      if (!is_category(profile(column)))
        add_correlated(profile(column).name, add_series({.column = column}), used_in_fit(column), true);
    }
    const std::size_t before = plan_.numbers.size() + plan_.categories.size();
    for (const PlannedNumber& number : plan_.numbers) {
      const ColumnProfile& p = profile(number.profile);
      if (is_covered(number.profile)) continue;
      add_correlated(p.name, number.series, number.used_in_fit, has(outcomes, number.profile), p.kind == Kind::date);
    }
    for (const PlannedCategory& category : plan_.categories) {
      if (category.labels.size() != 2 || !is_category(profile(category.profile)) || is_covered(category.profile)) continue;
      const std::string& level = levels(category.profile).labels.back();
      add_correlated(profile(category.profile).name + "=" + level, add_indicator(category.profile, level), category.used_in_fit,
                     has(outcomes, category.profile));
    }
    if (plan_.correlated.size() == kMostCorrelated && before > kMostCorrelated) {
      plan_.notes.push_back(fmt::format("correlations are of the first {} columns, KPIs in front", kMostCorrelated));
    }
    for (const PlannedKpi& kpi : plan_.kpis) {
      for (const int series : {kpi.series, kpi.denominator}) {
        if (kpi.denominator >= 0 && !has(plan_.paired, series)) plan_.paired.push_back(series);
      }
    }
  }

  /// A rate stands for its column already.
  [[nodiscard]] bool is_covered(int column) const {
    return std::any_of(plan_.kpis.begin(), plan_.kpis.end(),
                       [&](const PlannedKpi& kpi) { return kpi.spec.type == KpiType::rate && kpi.spec.column == column; });
  }

  [[nodiscard]] int correlated_of(int column) const {
    for (std::size_t i = 0; i < plan_.correlated.size(); ++i) {
      const NumberColumn& number = plan_.columns.numbers[static_cast<std::size_t>(plan_.correlated[i].series)];
      if (number.column == column) return static_cast<int>(i);
    }
    return -1;
  }

  void choose_drivers() {
    std::vector<int> wanted;
    for (const int column : wishes_.outcomes) wanted.push_back(column);
    if (wanted.empty()) {
      for (const PlannedKpi& kpi : plan_.kpis) {
        const bool suits = kpi.spec.type != KpiType::ratio && kpi.spec.type != KpiType::duration;
        if (suits && wanted.size() < kMostOutcomes && !has(wanted, kpi.spec.column)) wanted.push_back(kpi.spec.column);
      }
    }
    for (const int column : wanted) {
      const int at = correlated_of(column);
      if (at < 0) continue;
      const CorrelatedColumn& outcome = plan_.correlated[static_cast<std::size_t>(at)];
      plan_.outcomes.push_back({outcome.name, outcome.series, outcome.used_in_fit});
    }
    if (plan_.outcomes.empty()) return;
    std::int64_t left_out = 0;
    for (std::size_t i = 0; i < plan_.correlated.size(); ++i) {
      const CorrelatedColumn& column = plan_.correlated[i];
      const int source = plan_.columns.numbers[static_cast<std::size_t>(column.series)].column;
      if (has(wanted, source) || has(plan_.drivers, static_cast<int>(i))) continue;
      const bool asked = has(wishes_.drivers, source);
      if (!wishes_.drivers.empty() ? !asked : (column.outcome || column.date)) continue;
      if (std::ssize(plan_.drivers) < kMostDrivers) {
        plan_.drivers.push_back(static_cast<int>(i));
      } else {
        ++left_out;
      }
    }
    if (left_out > 0) {
      plan_.notes.push_back(
          fmt::format("drivers are the first {} columns, {} are left out; name others with --drivers", kMostDrivers, left_out));
    }
  }

  const AnalysisWishes& wishes_;
  const AnalysisSource& source_;
  AnalysisPlan plan_;
};

}  // namespace

AnalysisPlan plan_analysis(const AnalysisWishes& wishes, const AnalysisSource& source) {
  return Planner(wishes, source).plan();
}

}  // namespace tessera
