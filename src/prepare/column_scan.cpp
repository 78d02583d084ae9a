// SPDX-License-Identifier: Apache-2.0
#include "prepare/column_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/dates.hpp"
#include "prepare/cells.hpp"
#include "prepare/level_warnings.hpp"

namespace tessera {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();

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

}  // namespace

ColumnScan::ColumnScan(const ColumnSchema& schema) : schema_(schema) { total_.counts_rows = schema.type != DataType::text; }

std::int64_t ColumnScan::most_bytes(DataType type, std::int64_t rows) {
  const std::int64_t levels = std::min(rows, kMostLevels);
  if (type != DataType::text) return 4096 + 64 * levels;
  return 4096 + 160 * levels + std::min(TextLevels::kMostTextBytes, 64 * rows);
}

void ColumnScan::begin(const ColumnView& view, std::int64_t first_row, std::int64_t rows) {
  if (view.type == DataType::text) {
    if (!frame_) frame_ = MomentFrame{};
    for (std::int64_t i = 0; i < rows && !first_cell_ && total_.all_dates; ++i) {
      const std::string_view cell = (*view.text)[i];
      if (cell.empty()) continue;
      const auto days = parse_iso_date(cell);
      total_.all_dates = days.has_value();
      if (days) frame_ = MomentFrame{*(first_cell_ = days), 1.0};
    }
    return;
  }
  if (first_row == 0 && rows > 0) read_cells(view, 0, 1, &first_cell_.emplace());
  if (frame_) return;
  std::array<double, kReductionRows> block;
  for (std::int64_t from = 0; from < rows; from += kReductionRows) {
    const std::span<double> values(block.data(), static_cast<std::size_t>(std::min(kReductionRows, rows - from)));
    read_cells(view, from, std::ssize(values), values.data());
    const auto pivot = std::find_if(values.begin(), values.end(), is_present);
    if (pivot == values.end()) continue;
    double reach = 0.0;
    for (const double x : values) {
      if (is_present(x)) reach = std::max(reach, std::fabs(x - *pivot));
    }
    frame_ = make_frame(*pivot, reach > 0.0 ? reach : std::fabs(*pivot));
    return;
  }
}

ColumnScan::Block ColumnScan::scan(const ColumnView& view, std::int64_t first_row, std::int64_t begin,
                                   std::span<double> values) const {
  if (view.type == DataType::text) return scan_text(*view.text, begin, values);
  read_cells(view, begin, std::ssize(values), values.data());
  return scan_numbers(first_row + begin, values);
}

ColumnScan::Block ColumnScan::scan_numbers(std::int64_t first_row, std::span<const double> values) const {
  Block block;
  block.sums = sum_block(values, {}, frame_.value_or(MomentFrame{}));
  const double base = first_cell_.value_or(0.0) + static_cast<double>(first_row);
  bool integral = true, counts = true;
  // Beyond these every float is whole, which says nothing about what it counts.
  const double whole_below = schema_.type == DataType::float32 ? 0x1p24 : 0x1p53;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = values[i];
    counts &= x == base + static_cast<double>(i);
    if (!is_present(x)) {
      ++block.missing;
      block.infinite += std::isinf(x) ? 1 : 0;
      continue;
    }
    block.zeros += x == 0.0 ? 1 : 0;
    block.negatives += x < 0.0 ? 1 : 0;
    block.min = std::min(block.min, x);
    block.max = std::max(block.max, x);
    integral &= std::fabs(x) < whole_below && static_cast<double>(static_cast<std::int64_t>(x)) == x;
  }
  block.integral = integral || is_integer(schema_.type);
  block.counts_rows = counts;
  return block;
}

ColumnScan::Block ColumnScan::scan_text(const TextCells& cells, std::int64_t begin, std::span<double> values) const {
  Block block;
  block.all_dates = total_.all_dates;
  block.counts_rows = block.integral = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string_view cell = cells[begin + static_cast<std::int64_t>(i)];
    values[i] = std::numeric_limits<double>::quiet_NaN();
    if (cell.empty()) {
      ++block.missing;
      continue;
    }
    block.text_bytes += std::ssize(cell);
    block.text_words += count_words(cell);
    if (!block.all_dates) continue;
    const auto days = parse_iso_date(cell);
    block.all_dates = days.has_value();
    if (!days) continue;
    values[i] = *days;
    block.min = std::min(block.min, *days);
    block.max = std::max(block.max, *days);
  }
  if (block.all_dates) block.sums = sum_block(values, {}, frame_.value_or(MomentFrame{}));
  return block;
}

void ColumnScan::add(const Block& block) {
  sums_.push(block.sums);
  total_.missing += block.missing;
  total_.infinite += block.infinite;
  total_.zeros += block.zeros;
  total_.negatives += block.negatives;
  total_.text_bytes += block.text_bytes;
  total_.text_words += block.text_words;
  total_.min = std::min(total_.min, block.min);
  total_.max = std::max(total_.max, block.max);
  total_.integral = total_.integral && block.integral;
  total_.counts_rows = total_.counts_rows && block.counts_rows;
  total_.all_dates = total_.all_dates && block.all_dates;
}

void ColumnScan::count_levels(const ColumnView& view, std::span<const double> values) {
  if (view.type == DataType::text) {
    for (std::int64_t i = 0; i < std::ssize(values); ++i) {
      if (const std::string_view cell = (*view.text)[i]; !cell.empty()) texts_.add(cell);
    }
    if (!total_.all_dates) return;
    for (const double x : values) {
      if (is_present(x)) sentinels_.add(x);
    }
    return;
  }
  for (const double x : values) {
    if (!is_present(x)) continue;
    numbers_.add(x);
    sentinels_.add(x);
  }
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
  } else if (total_.integral) {
    numbers_.for_each([&](double value, std::int64_t rows) { levels.emplace_back(number_label(value), rows); });
  }
  sort_levels(levels);
  constexpr std::size_t kShown = 20;
  if (levels.size() > kShown) levels.resize(kShown);
  profile.top_levels = std::move(levels);
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
  profile.integral = !text && present > 0 && total_.integral;
  profile.counts_rows = profile.integral && total_.missing == 0 && total_.counts_rows && rows > 2;
  facts.all_dates = text && present > 0 && total_.all_dates;
  if (text && present > 0) {
    facts.mean_text_bytes = static_cast<double>(total_.text_bytes) / static_cast<double>(present);
    facts.mean_text_words = static_cast<double>(total_.text_words) / static_cast<double>(present);
  }
  if (present > 0 && (!text || facts.all_dates)) {
    const Summary summary = summarize(sums_.total(), *frame_);
    profile.min = total_.min;
    profile.max = total_.max;
    profile.mean = summary.mean;
    profile.sd = summary.sd;
    profile.skew = summary.skew;
  }
  fill_levels(facts);
  const bool dates = facts.all_dates || schema_.declared_kind == Kind::date;
  if (present > 0 && (!text || facts.all_dates)) sentinels_.warn(profile, dates, total_.negatives, sums_.total(), *frame_);
  if (total_.infinite > 0) profile.warnings.push_back(fmt::format("{} infinite cells count as missing", total_.infinite));
  return facts;
}

}  // namespace tessera
