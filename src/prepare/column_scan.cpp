// SPDX-License-Identifier: Apache-2.0
#include "prepare/column_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/dates.hpp"
#include "prepare/cell_kernels.hpp"
#include "prepare/cells.hpp"
#include "prepare/level_warnings.hpp"
#include "tessera/int128.hpp"

namespace tessera {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool is_present(double x) { return std::fabs(x) <= kLargest; }

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool letter = c != ' ' && c != '\t' && c != '\n';
    words += (letter && !inside) ? 1 : 0;
    inside = letter;
  }
  return words;
}

/// A frame about the first cell present, if there is one, that suits the range of these cells.
template <typename T>
std::optional<MomentFrame> frame_for(std::span<const T> values) {
  const auto first = std::find_if(values.begin(), values.end(), [](T x) { return is_present(x); });
  if (first == values.end()) return std::nullopt;
  const double pivot = *first;
  double reach = 0.0;
  for (const T x : values) {
    if (is_present(x)) reach = std::max(reach, std::fabs(static_cast<double>(x) - pivot));
  }
  return make_frame(pivot, reach > 0.0 ? reach : std::fabs(pivot));
}

/// True if cell i is base + i.
template <typename T>
bool counts_from(std::span<const T> values, double base) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (static_cast<double>(values[i]) != base + static_cast<double>(i)) return false;
  }
  return true;
}

/// The quantile of levels in ascending order, if there is one.
std::optional<Quantile> quantile_of(std::span<const std::pair<double, std::int64_t>> levels, int quarter) {
  std::int64_t present = 0;
  for (const auto& [value, rows] : levels) present += rows;
  std::optional<double> lower;
  std::int64_t up_to = 0;
  for (const auto& [value, rows] : levels) {
    up_to += rows;
    if (!lower && Int128{4} * up_to >= Int128{quarter} * present) lower = value;
    if (Int128{4} * up_to > Int128{quarter} * present) return Quantile{*lower, value};
  }
  return std::nullopt;
}

void add_counts(CellCounts& total, const CellCounts& block) {
  total.missing += block.missing;
  total.infinite += block.infinite;
  total.zeros += block.zeros;
  total.negatives += block.negatives;
  total.min = std::min(total.min, block.min);
  total.max = std::max(total.max, block.max);
}

}  // namespace

ColumnScan::ColumnScan(const ColumnSchema& schema, std::int64_t rows, std::span<const int> quarters) : schema_(schema) {
  if (schema.type == DataType::text) return;
  all_dates_ = false;
  quarters_.assign(quarters.begin(), quarters.end());
  for (const int quarter : quarters) brackets_.emplace_back(quarter, rows);
}

std::int64_t ColumnScan::most_bytes(DataType type, std::int64_t rows, std::span<const int> quarters) {
  const std::int64_t levels = std::min(rows, kMostLevels);
  if (type == DataType::text) return 4096 + 160 * levels + std::min(TextLevels::kMostTextBytes, 64 * rows);
  return (std::int64_t{132} << 10) + 64 * levels +
         std::ssize(quarters) * std::min(QuantileBracket::most_bytes(rows), 16 * (rows + kReductionRows));
}

void ColumnScan::add(const ColumnBlock& block, std::int64_t first_row) {
  std::visit([&](auto values) { add_numbers(values, first_row); }, block);
}

template <typename T>
void ColumnScan::add_numbers(std::span<const T> values, std::int64_t first_row) {
  if (first_row == 0) first_cell_ = values.front();
  if (!frame_) frame_ = frame_for(values);
  const CellCounts counts = count_cells(values);
  add_counts(total_, counts);
  const MomentFrame frame = frame_.value_or(MomentFrame{});
  const Moments sums = sum_cells(values, frame, counts.missing == 0);
  sums_.push(sums);
  if (!quarters_.empty()) log_sums_.add(values, counts, sums, frame);
  // Beyond these every float is whole, which says nothing about what it counts.
  const double whole_below = schema_.type == DataType::float32 ? 0x1p24 : 0x1p53;
  integral_ = integral_ && (is_integer(schema_.type) || are_whole(values, whole_below));
  counts_rows_ = counts_rows_ && counts_from(values, first_cell_.value_or(0.0) + static_cast<double>(first_row));
  sentinels_.add(values, counts.min, counts.max);
  numbers_.add(values);
  look_for_quantiles(values, counts);
}

template <typename T>
void ColumnScan::look_for_quantiles(std::span<const T> values, const CellCounts& counts) {
  std::array<T, kReductionRows> finite;
  if (counts.infinite > 0 && !brackets_.empty()) {
    std::transform(values.begin(), values.end(), finite.begin(),
                   [](T x) { return is_present(x) ? x : static_cast<T>(kMissing); });
    values = std::span(finite).first(values.size());
  }
  for (QuantileBracket& bracket : brackets_) bracket.add(values, std::ssize(values) - counts.missing);
}

void ColumnScan::add(const TextCells& cells, std::int64_t begin, std::int64_t rows) {
  std::array<double, kReductionRows> days;
  std::int64_t missing = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::string_view cell = cells[begin + i];
    days[static_cast<std::size_t>(i)] = kMissing;
    if (cell.empty()) {
      ++missing;
      continue;
    }
    text_bytes_ += std::ssize(cell);
    text_words_ += count_words(cell);
    texts_.add(cell);
    if (!all_dates_) continue;
    const auto day = parse_iso_date(cell);
    all_dates_ = day.has_value();
    if (!day) continue;
    days[static_cast<std::size_t>(i)] = *day;
    if (!frame_) frame_ = MomentFrame{*day, 1.0};
  }
  if (!all_dates_) {
    total_.missing += missing;
    return;
  }
  const std::span<const double> values(days.data(), static_cast<std::size_t>(rows));
  CellCounts counts = count_cells(values);
  counts.zeros = 0;  // 1970-01-01 is a day as any other
  add_counts(total_, counts);
  sums_.push(sum_cells(values, frame_.value_or(MomentFrame{}), counts.missing == 0));
  sentinels_.add(values, counts.min, counts.max);
}

void ColumnScan::fill_levels(ColumnFacts& facts) {
  ColumnProfile& profile = facts.profile;
  const bool text = schema_.type == DataType::text;
  profile.distinct = text ? texts_.distinct() : numbers_.distinct();
  profile.distinct_exact = text ? texts_.exact() : numbers_.exact();
  std::vector<std::pair<std::string, std::int64_t>> levels;
  if (text) {
    levels.assign(texts_.levels().begin(), texts_.levels().end());
    if (!facts.all_dates) add_label_warnings(levels, profile);
  } else if (integral_) {
    numbers_.for_each([&](double value, std::int64_t rows) { levels.emplace_back(number_label(value), rows); });
  }
  sort_levels(levels);
  constexpr std::size_t kShown = 20;
  if (levels.size() > kShown) levels.resize(kShown);
  profile.top_levels = std::move(levels);
}

void ColumnScan::fill_tally(ColumnTally& tally) {
  tally.frame = frame_.value_or(MomentFrame{});
  tally.sums = sums_.total();
  tally.log_frame = log_sums_.frame();
  tally.log_sums = log_sums_.total();
  if (schema_.type == DataType::text) {
    if (texts_.exact()) tally.levels = LevelCounts{{}, texts_.take()};
    return;
  }
  if (numbers_.exact()) {
    auto& codes = tally.levels.emplace().codes;
    numbers_.for_each([&](double value, std::int64_t rows) { codes.emplace_back(value, rows); });
    std::sort(codes.begin(), codes.end());
  }
  for (std::size_t i = 0; i < brackets_.size(); ++i) {
    std::optional<Quantile>& quarter = tally.quarters[static_cast<std::size_t>(quarters_[i] - 1)];
    quarter = tally.levels ? quantile_of(tally.levels->codes, quarters_[i]) : brackets_[i].finish();
  }
  brackets_.clear();
}

ColumnFacts ColumnScan::finish(std::int64_t rows) {
  ColumnFacts facts;
  ColumnProfile& profile = facts.profile;
  const bool text = schema_.type == DataType::text;
  const std::int64_t present = rows - total_.missing;
  profile.name = schema_.name;
  profile.type = schema_.type;
  profile.rows = rows;
  profile.missing = total_.missing;
  profile.infinite = total_.infinite;
  profile.zeros = total_.zeros;
  profile.integral = !text && present > 0 && integral_;
  profile.counts_rows = profile.integral && total_.missing == 0 && counts_rows_ && rows > 2;
  facts.all_dates = text && present > 0 && all_dates_;
  if (text && present > 0) {
    facts.mean_text_bytes = static_cast<double>(text_bytes_) / static_cast<double>(present);
    facts.mean_text_words = static_cast<double>(text_words_) / static_cast<double>(present);
  }
  fill_levels(facts);
  fill_tally(facts.tally);
  if (present > 0 && (!text || facts.all_dates)) {
    const Summary summary = summarize(facts.tally.sums, facts.tally.frame);
    profile.min = total_.min;
    profile.max = total_.max;
    profile.mean = summary.mean;
    profile.sd = summary.sd;
    profile.skew = summary.skew;
    const bool dates = facts.all_dates || schema_.declared_kind == Kind::date;
    sentinels_.warn(profile, dates, total_.negatives, facts.tally.sums, facts.tally.frame);
  }
  if (total_.infinite > 0) profile.warnings.push_back(fmt::format("{} infinite cells count as missing", total_.infinite));
  return facts;
}

}  // namespace tessera
