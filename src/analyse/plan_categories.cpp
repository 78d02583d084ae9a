// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "analyse/plan_builder.hpp"

namespace tessera {
namespace {

/// The labels kept of a column: numbers in ascending order if all are kept, else the most frequent first.
std::vector<std::string> kept_labels(const PlanBuilder& builder, int column) {
  const ColumnLevels& own = builder.levels(column);
  const auto kept = std::min(own.labels.size(), static_cast<std::size_t>(builder.wishes.top_levels));
  std::vector<std::size_t> order(kept);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!own.numbers.empty() && own.complete && kept == own.labels.size()) {
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return own.numbers[a] < own.numbers[b]; });
  }
  std::vector<std::string> labels;
  for (const std::size_t i : order) labels.push_back(own.labels[i]);
  return labels;
}

}  // namespace

void plan_categories(PlanBuilder& builder) {
  for (int column = 0; column < builder.columns(); ++column) {
    const bool compared = has(builder.wishes.compare, column);
    const bool asked = has(builder.wishes.categories, column) || compared;
    if (has(builder.wishes.hidden, column) || column == builder.source.by) continue;
    if (!asked && (!builder.is_category(column) || !builder.is_shown(column))) continue;
    const ColumnLevels& own = builder.levels(column);
    if (own.labels.empty()) {
      builder.plan.notes.push_back(fmt::format("{}: no category, because it has {}{} levels", builder.profile(column).name,
                                               builder.profile(column).distinct_exact ? "" : "about ",
                                               builder.profile(column).distinct));
      continue;
    }
    PlannedCategory category;
    category.profile = column;
    category.labels = kept_labels(builder, column);
    category.used_in_fit = builder.used_in_fit(column);
    category.compared = compared;
    category.asked = asked;
    CodeColumn code = builder.dictionary(column, category.labels);
    if (!own.complete || category.labels.size() < own.labels.size()) {
      code.other = code.size++;
      const bool taken = std::find(category.labels.begin(), category.labels.end(), "other") != category.labels.end();
      category.labels.emplace_back(taken ? "(other levels)" : "other");
    }
    category.code = builder.add_code(std::move(code));
    builder.plan.categories.push_back(std::move(category));
  }
}

}  // namespace tessera
