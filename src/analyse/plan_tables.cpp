// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "analyse/plan_builder.hpp"

namespace tessera {
namespace {

/// Groups of customers that all tables together may count: what keeps them, and a summary.json with them, within bounds.
constexpr std::int64_t kMostGroups = 20'000;

class TablePlanner {
 public:
  explicit TablePlanner(PlanBuilder& builder) : builder_(builder), plan_(builder.plan) {}

  void run() {
    std::vector<PlannedTable> pairs;
    for (const auto& [rows, columns] : builder_.wishes.tables) {
      if (const auto pair = pair_of(rows, columns)) pairs.push_back(*pair);
    }
    for (const PlannedTable& pair : pairs) {
      if (pair.columns >= 0) add(pair);  // with the segments there is one in any case
    }
    if (plan_.period_code >= 0) follow(pairs);
    if (left_out_ == 0) return;
    plan_.notes.push_back(fmt::format(
        "{} cross-tabs are left out, because all that are asked for have more than {} cells; name the ones that matter "
        "most with --crosstab or --categories",
        left_out_, kMostGroups));
  }

 private:
  [[nodiscard]] const std::string& name(int column) const { return builder_.profile(column).name; }
  [[nodiscard]] const PlannedCategory& category(int at) const { return plan_.categories[static_cast<std::size_t>(at)]; }

  [[nodiscard]] int category_of(int column) const {
    const auto found = std::find_if(plan_.categories.begin(), plan_.categories.end(),
                                    [&](const PlannedCategory& own) { return own.profile == column; });
    return found == plan_.categories.end() ? -1 : static_cast<int>(found - plan_.categories.begin());
  }

  /// Of two columns, one of which may be that of the segments.
  std::optional<PlannedTable> pair_of(int rows, int columns) {
    if (rows == builder_.source.by) std::swap(rows, columns);
    PlannedTable pair{category_of(rows), category_of(columns), false};
    const bool segments = columns == builder_.source.by;
    if (pair.rows >= 0 && (pair.columns >= 0 || segments)) return pair;
    plan_.notes.push_back(fmt::format("no cross-tab of {} and {}: {} is no category", name(rows), name(columns),
                                      name(pair.rows < 0 ? rows : columns)));
    return std::nullopt;
  }

  [[nodiscard]] std::int64_t groups_of(const PlannedTable& table) const {
    const std::int64_t columns = table.columns < 0 ? 1 : std::ssize(category(table.columns).labels);
    const std::int64_t periods = table.by_period ? std::ssize(plan_.periods) : 1;
    return std::ssize(category(table.rows).labels) * columns * plan_.segments * periods;
  }

  /// Once, if there is room.
  void add(const PlannedTable& table) {
    const bool twice = std::any_of(plan_.tables.begin(), plan_.tables.end(), [&](const PlannedTable& other) {
      return other.rows == table.rows && other.columns == table.columns && other.by_period == table.by_period;
    });
    if (twice) return;
    if (groups_of(table) > left_) {
      ++left_out_;
      return;
    }
    left_ -= groups_of(table);
    plan_.tables.push_back(table);
  }

  /// In every period: the pairs that were named, then the categories that were, then all others with the segments.
  void follow(std::vector<PlannedTable> wanted) {
    for (const bool asked : {true, false}) {
      for (std::size_t c = 0; c < plan_.categories.size(); ++c) {
        if (plan_.categories[c].asked == asked) wanted.push_back({static_cast<int>(c), -1, false});
      }
    }
    const auto is_period = [&](int at) { return at >= 0 && category(at).profile == builder_.wishes.period; };
    for (PlannedTable& table : wanted) {
      table.by_period = true;
      if (!is_period(table.rows) && !is_period(table.columns)) add(table);
    }
  }

  PlanBuilder& builder_;
  AnalysisPlan& plan_;
  std::int64_t left_ = kMostGroups, left_out_ = 0;
};

}  // namespace

void plan_tables(PlanBuilder& builder) { TablePlanner(builder).run(); }

}  // namespace tessera
