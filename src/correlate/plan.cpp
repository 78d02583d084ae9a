// SPDX-License-Identifier: Apache-2.0
#include "correlate/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "feed/level_columns.hpp"

namespace tessera {
namespace {

class Planner {
 public:
  Planner(const CorrelationSource& source, CorrelationMethod method) : source_(source), method_(method) {}

  CorrelationPlan plan() {
    add_segments();
    for (int column = 0; column < static_cast<int>(source_.profiles.size()); ++column) {
      if (column != source_.by) consider(column);
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const ColumnProfile& profile(int column) const { return source_.profiles[static_cast<std::size_t>(column)]; }
  [[nodiscard]] const ColumnLevels& levels(int column) const { return source_.levels[static_cast<std::size_t>(column)]; }

  void add_segments() {
    plan_.names = source_.segments;
    plan_.segments = std::max<std::int32_t>(1, static_cast<std::int32_t>(plan_.names.size()));
    CodeColumn code;
    if (!plan_.has_segments()) {
      code.source = CodeColumn::Source::groups;  // one group: every row
    } else if (source_.by >= 0) {
      code = codes_of(source_.by, source_.labels);
    } else {
      code.source = CodeColumn::Source::labels;
      plan_.columns.labels = source_.read_labels;
    }
    code.size = plan_.segments;
    plan_.columns.codes.push_back(std::move(code));
  }

  [[nodiscard]] CodeColumn codes_of(int column, const std::vector<std::string>& labels) const {
    return codes_by_label(column, profile(column).type, levels(column), labels);
  }

  void consider(int column) {
    const ColumnProfile& p = profile(column);
    const bool refused = p.reason == "asked for" || p.reason.starts_with("not among") || p.reason.starts_with("asked for (");
    if (p.role == Role::ignore && !refused) leave_out(column, p.reason);
    if (p.role != Role::feature && p.role != Role::kpi) return;
    const bool category = p.kind != Kind::date && (p.type == DataType::text || p.kind == Kind::nominal);
    if (p.missing == p.rows) return leave_out(column, "every cell is missing");
    if (p.distinct < 2) return leave_out(column, "constant: there is nothing to correlate with");
    if (category) return add_category(column);
    if (!std::isfinite(p.sd)) return leave_out(column, "values too large for a standard deviation");
    add_number(column);
  }

  void leave_out(int column, std::string reason) { plan_.left_out.emplace_back(profile(column).name, std::move(reason)); }

  PlannedVariable variable(int column) {
    const ColumnProfile& p = profile(column);
    PlannedVariable planned;
    planned.variable.name = p.name;
    planned.variable.missing = p.missing;
    planned.variable.used_in_fit = std::ranges::find(source_.used_in_fit, p.name) != source_.used_in_fit.end();
    return planned;
  }

  void add_series(PlannedVariable planned, NumberColumn column) {
    planned.place = static_cast<int>(plan_.columns.numbers.size());
    plan_.columns.numbers.push_back(std::move(column));
    plan_.variables.push_back(std::move(planned));
  }

  void add_number(int column) {
    const ColumnProfile& p = profile(column);
    PlannedVariable planned = variable(column);
    planned.integral = p.integral && p.kind != Kind::date;
    planned.center = planned.integral ? std::round(p.mean) : p.mean;
    planned.reach = std::max(p.max - planned.center, planned.center - p.min);
    add_series(std::move(planned), {.column = column});
  }

  void add_category(int column) {
    const ColumnLevels& own = levels(column);
    if (method_ == CorrelationMethod::mixed) return add_levels(column);
    if (profile(column).distinct != 2 || own.labels.size() != 2) {
      return leave_out(column, "a category of more than two levels: --method mixed takes it");
    }
    // 1 for the rarer level, as elsewhere.
    PlannedVariable planned = variable(column);
    planned.variable.name += "=" + own.labels.back();
    planned.integral = true;
    planned.reach = 1.0;
    add_series(std::move(planned), indicator_of(column, profile(column).type, own, own.labels.back()));
  }

  void add_levels(int column) {
    const ColumnLevels& own = levels(column);
    if (own.labels.empty()) return leave_out(column, "a category of too many levels");
    std::vector<std::string> kept = own.labels;
    kept.resize(std::min(kept.size(), static_cast<std::size_t>(source_.top_levels)));
    CodeColumn code = codes_of(column, kept);
    if (!own.complete || kept.size() < own.labels.size()) code.other = code.size++;
    PlannedVariable planned = variable(column);
    planned.variable.nominal = true;
    planned.levels = code.size;
    planned.place = static_cast<int>(plan_.columns.codes.size());
    plan_.columns.codes.push_back(std::move(code));
    plan_.variables.push_back(std::move(planned));
  }

  const CorrelationSource& source_;
  CorrelationMethod method_;
  CorrelationPlan plan_;
};

}  // namespace

std::vector<int> CorrelationPlan::of_kind(bool nominal) const {
  std::vector<int> found;
  for (int i = 0; i < static_cast<int>(variables.size()); ++i) {
    if (variables[static_cast<std::size_t>(i)].variable.nominal == nominal) found.push_back(i);
  }
  return found;
}

CorrelationPlan plan_correlations(const CorrelationSource& source, CorrelationMethod method) {
  return Planner(source, method).plan();
}

}  // namespace tessera
