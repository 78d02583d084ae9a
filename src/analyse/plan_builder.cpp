// SPDX-License-Identifier: Apache-2.0
#include "analyse/plan_builder.hpp"

#include <cmath>
#include <utility>

#include "feed/level_columns.hpp"

namespace tessera {

bool PlanBuilder::used_in_fit(int column) const {
  const auto& used = source.used_in_fit;
  return std::find(used.begin(), used.end(), profile(column).name) != used.end();
}

bool PlanBuilder::is_category(int column) const {
  const ColumnProfile& p = profile(column);
  return p.kind != Kind::date && (p.type == DataType::text || p.kind == Kind::nominal);
}

bool PlanBuilder::is_shown(int column) const {
  const ColumnProfile& p = profile(column);
  if (column == source.by || column == source.weight || has(wishes.hidden, column) || p.role == Role::id) return false;
  if (p.missing == p.rows || p.distinct < 2) return false;
  if (p.role == Role::feature || p.role == Role::kpi) return true;
  return p.role == Role::ignore && p.reason.starts_with("not among");
}

int PlanBuilder::add_series(NumberColumn column) {
  auto& numbers = plan.columns.numbers;
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
    const auto& median = source.medians[static_cast<std::size_t>(column.column)];
    facts.integral = p.integral && p.kind != Kind::date;
    facts.center = median.value_or(facts.integral ? std::round(p.mean) : p.mean);
    facts.reach = std::max(p.max - facts.center, facts.center - p.min);
  } else {
    facts.reach = column.form == NumberColumn::Form::promoter ? 100.0 : 1.0;
    facts.integral = true;
    facts.may_miss = facts.may_miss || column.form == NumberColumn::Form::promoter;
  }
  numbers.push_back(std::move(column));
  plan.series.push_back(facts);
  return static_cast<int>(numbers.size()) - 1;
}

int PlanBuilder::add_indicator(int column, const std::string& level) {
  return add_series(indicator_of(column, profile(column).type, levels(column), level));
}

int PlanBuilder::add_code(CodeColumn code) {
  plan.columns.codes.push_back(std::move(code));
  return static_cast<int>(plan.columns.codes.size()) - 1;
}

CodeColumn PlanBuilder::dictionary(int column, const std::vector<std::string>& labels) const {
  return codes_by_label(column, profile(column).type, levels(column), labels);
}

}  // namespace tessera
