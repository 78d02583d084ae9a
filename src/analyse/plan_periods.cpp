// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "analyse/periods.hpp"
#include "analyse/plan_builder.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMostPeriods = 40;

}  // namespace

void plan_periods(PlanBuilder& builder) {
  if (builder.wishes.period < 0) return;
  const ColumnProfile& p = builder.profile(builder.wishes.period);
  CodeColumn code;
  if (p.kind == Kind::date) {
    PeriodEdges periods = calendar_periods(p.min, p.max, kMostPeriods);
    code.source = CodeColumn::Source::edges;
    code.column = builder.wishes.period;
    code.edges = std::move(periods.edges);
    code.size = static_cast<std::int32_t>(periods.labels.size());
    builder.plan.periods = std::move(periods.labels);
  } else {
    const ColumnLevels& own = builder.levels(builder.wishes.period);
    if (!own.complete || own.labels.empty() || std::ssize(own.labels) > kMostPeriods) {
      // Of numbers that are no codes, the profile knows the most frequent only.
      const std::int64_t most = own.numbers.empty() ? kMostPeriods : std::ssize(own.labels);
      builder.plan.notes.push_back(fmt::format("{}: no periods, because it has {}{} levels, and at most {} are followed",
                                               p.name, p.distinct_exact ? "" : "about ", p.distinct, most));
      return;
    }
    std::vector<std::size_t> order(own.labels.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return own.numbers.empty() ? own.labels[a] < own.labels[b] : own.numbers[a] < own.numbers[b];
    });
    for (const std::size_t i : order) builder.plan.periods.push_back(own.labels[i]);
    code = builder.dictionary(builder.wishes.period, builder.plan.periods);
  }
  builder.plan.period_code = builder.add_code(std::move(code));
}

}  // namespace tessera
