// SPDX-License-Identifier: Apache-2.0
#include "app/analysis_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "analyse/analysis_statistics.hpp"
#include "analyse/crosstab_request.hpp"
#include "core/thread_pool.hpp"
#include "exact/grid.hpp"
#include "prepare/cells.hpp"
#include "prepare/column_names.hpp"
#include "prepare/learn.hpp"
#include "prepare/level_warnings.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

std::vector<std::string> names_of(const TableInfo& info) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : info.columns) names.push_back(column.name);
  return names;
}

std::vector<int> columns_of(const std::vector<std::string>& patterns, std::span<const std::string> names,
                            std::string_view option) {
  std::vector<int> columns;
  for (const ColumnMatch& match : match_columns(patterns, names, option)) columns.push_back(match.column);
  return columns;
}

/// In the order in which they were named: the first outcome matters most.
std::vector<int> columns_in_order(const std::vector<std::string>& patterns, std::span<const std::string> names,
                                  std::string_view option) {
  std::vector<int> columns;
  for (const std::string& pattern : patterns) {
    for (const int column : columns_of({pattern}, names, option)) {
      if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
    }
  }
  return columns;
}

ColumnLevels levels_of(const ColumnProfile& profile, const ColumnTally* tally) {
  ColumnLevels levels;
  std::vector<std::pair<std::string, std::int64_t>> counted = profile.top_levels;
  levels.complete = profile.distinct_exact && profile.distinct == std::ssize(counted);
  if (tally != nullptr && tally->levels) {
    counted.assign(tally->levels->texts.begin(), tally->levels->texts.end());
    for (const auto& [code, rows] : tally->levels->codes) counted.emplace_back(number_label(code), rows);
    sort_levels(counted);
    levels.complete = true;
  }
  for (auto& [label, rows] : counted) {
    if (profile.type != DataType::text) levels.numbers.push_back(label_number(label).value_or(kNoValue));
    levels.rows.push_back(rows);
    levels.labels.push_back(std::move(label));
  }
  return levels;
}

AnalysisWishes wishes_of(const AnalysisJob& job, std::span<const std::string> names, std::vector<std::string>& notes) {
  AnalysisWishes wishes;
  wishes.categories = columns_of(job.prepare.categories, names, "--categories");
  wishes.outcomes = columns_in_order(job.options.outcomes, names, "--outcome");
  wishes.find_drivers = job.options.find_drivers;
  wishes.drivers = columns_of(job.options.drivers, names, "--drivers");
  wishes.compare = columns_of(job.options.compare, names, "--compare");
  wishes.hidden = columns_of(job.options.hidden, names, "--pii");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ColumnProfile& profile = job.columns.profiles[i];
    const bool known = profile.distinct >= 2 && profile.distinct <= 20 && profile.distinct_exact;
    // A column called "segment" or "class" that nobody segmented by is a segmentation that somebody has.
    const bool given = profile.role == Role::ignore && known && named_like_grouping(profile.name);
    if (given && job.options.compare.empty() && static_cast<int>(i) != job.by) wishes.compare.push_back(static_cast<int>(i));
  }
  for (const std::string& text : job.options.crosstabs) {
    wishes.tables.push_back(parse_crosstab(text, names));
    wishes.categories.insert(wishes.categories.end(), {wishes.tables.back().first, wishes.tables.back().second});
  }
  if (!job.options.period.empty()) wishes.period = columns_of({job.options.period}, names, "--period").front();
  wishes.min_cell = job.options.min_cell;
  wishes.top_levels = job.prepare.top_levels;
  wishes.seed = job.seed;
  const auto add_kpi = [&](const KpiRequest& request, int column) {
    if (std::find(wishes.hidden.begin(), wishes.hidden.end(), column) != wishes.hidden.end()) return;
    auto kpi = resolve_kpi(request, column, job.columns.profiles, job.columns.levels, notes);
    if (kpi) wishes.kpis.push_back(std::move(*kpi));
  };
  for (const KpiRequest& request : job.kpis.requests) {
    for (const int column : columns_of({request.pattern}, names, "--kpi")) add_kpi(request, column);
  }
  if (job.kpis.requests.empty()) {  // those that the file declares
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (job.columns.profiles[i].role == Role::kpi) add_kpi({.pattern = names[i]}, static_cast<int>(i));
    }
  }
  return wishes;
}

}  // namespace

std::vector<std::string> KpiRequests::columns() const {
  std::vector<std::string> all;
  for (const KpiRequest& request : requests) {
    for (std::string& column : request.columns()) {
      if (std::find(all.begin(), all.end(), column) == all.end()) all.push_back(std::move(column));
    }
  }
  return all;
}

KpiRequests read_kpis(const std::vector<std::string>& texts, const TableInfo& info) {
  const std::vector<std::string> names = names_of(info);
  KpiRequests kpis;
  for (const std::string& text : texts) kpis.requests.push_back(parse_kpi(text, names));
  return kpis;
}

void check_columns(const AnalysisOptions& options, const TableInfo& info) {
  const std::vector<std::string> names = names_of(info);
  static_cast<void>(columns_of(options.outcomes, names, "--outcome"));
  static_cast<void>(columns_of(options.drivers, names, "--drivers"));
  static_cast<void>(columns_of(options.compare, names, "--compare"));
  static_cast<void>(columns_of(options.hidden, names, "--pii"));
  if (!options.period.empty()) static_cast<void>(columns_of({options.period}, names, "--period"));
  for (const std::string& pair : options.crosstabs) static_cast<void>(parse_crosstab(pair, names));
}

PrepareOptions with_roles(PrepareOptions prepare, const KpiRequests& kpis, const AnalysisOptions& analysis) {
  prepare.kpis = kpis.columns();
  prepare.ignored.insert(prepare.ignored.end(), analysis.hidden.begin(), analysis.hidden.end());
  return prepare;
}

ProfiledColumns keep_for_analysis(const std::vector<ColumnProfile>& profiles, std::span<const ColumnTally> tallies) {
  ProfiledColumns columns;
  columns.profiles = profiles;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const ColumnTally* const tally = tallies.empty() ? nullptr : &tallies[i];
    columns.levels.push_back(levels_of(profiles[i], tally));
    const bool known = tally != nullptr && tally->quarters[1].has_value();
    columns.medians.push_back(known ? std::optional(tally->quarters[1]->lower) : std::nullopt);
  }
  return columns;
}

ProfiledColumns profile_for_analysis(Table& table, const PrepareOptions& prepare, Engine& engine) {
  engine.job().observer.stage("profile", table.info().rows);
  std::vector<ColumnTally> tallies;
  const std::vector<ColumnProfile> profiles =
      profile_columns(table, prepare, engine.job(), engine.learning_bytes(table), &tallies);
  return keep_for_analysis(profiles, tallies);
}

void BoundaryCounter::write(const AssignedRows& rows) {
  for (std::size_t i = 0; i < rows.segment.size(); ++i) {
    if ((rows.flags[i] & kFlagBoundary) == 0 || rows.segment[i] < 0 || rows.runner_up[i] < 0) continue;
    ++pairs_[static_cast<std::size_t>(rows.segment[i]) * segments_ + static_cast<std::size_t>(rows.runner_up[i])];
  }
  next_.write(rows);
}

AssignedLabels::AssignedLabels(const std::filesystem::path& assignments) : table_(open_table(assignments)) {
  const auto& columns = table_->info().columns;
  const auto found = std::find_if(columns.begin(), columns.end(), [](const ColumnSchema& c) { return c.name == "segment"; });
  if (found == columns.end()) throw Error(ErrorCode::internal, "the assignments have no segments");
  column_ = static_cast<int>(found - columns.begin());
}

void AssignedLabels::operator()(std::int64_t first_row, std::span<std::int32_t> labels) {
  table_->read(first_row, std::ssize(labels), std::array{column_}, chunk_);
  const ColumnView& view = chunk_.columns.front();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = load_cell<std::int32_t>(view.data + static_cast<std::ptrdiff_t>(i) * view.stride_bytes);
  }
}

Analysis run_analysis(Table& table, const AnalysisJob& job, Engine& engine) {
  const std::vector<std::string> names = names_of(table.info());
  std::vector<std::string> notes;
  const AnalysisWishes wishes = wishes_of(job, names, notes);
  AnalysisSource source;
  source.profiles = job.columns.profiles;
  source.levels = job.columns.levels;
  source.medians = job.columns.medians;
  source.used_in_fit = job.used_in_fit;
  source.segments = job.segments;
  source.labels = job.labels;
  source.names = job.names;
  source.by = job.by;
  source.read_labels = job.read_labels;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ColumnProfile& profile = job.columns.profiles[i];
    if (profile.role != Role::weight || source.weight >= 0) continue;
    source.weight = static_cast<int>(i);
    const auto largest = static_cast<double>(static_cast<float>(std::fmax(profile.max, 0.0)));
    if (largest > 0.0) source.weight_exponent = exact::ceil_exponent(largest) - exact::kGridBits;
  }
  AnalysisPlan plan = plan_analysis(wishes, source);
  plan.notes.insert(plan.notes.begin(), notes.begin(), notes.end());
  engine.job().observer.stage("analyse", table.info().rows);
  const AnalysisStatistics statistics =
      collect_statistics(table, plan, engine.backend(), engine.job(), engine.learning_bytes(table));
  engine.job().observer.stage("answer", 0);
  return analyse(plan, statistics, source, job.counts, engine.job().threads);
}

}  // namespace tessera
