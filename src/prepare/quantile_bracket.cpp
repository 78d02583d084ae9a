// SPDX-License-Identifier: Apache-2.0
#include "prepare/quantile_bracket.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "prepare/cell_kernels.hpp"

namespace tessera {
namespace {

/// How far the rank of the quantile among the first m of n rows may stray from its share: for rows in random order the standard
/// deviation is at most sqrt(n) / 4, when half of the rows have come, so this is eight of them.
std::int64_t margin_for(std::int64_t rows) {
  constexpr std::int64_t kLeast = 1024, kMost = std::int64_t{1} << 16;
  return std::clamp(static_cast<std::int64_t>(2.0 * std::sqrt(static_cast<double>(rows))), kLeast, kMost);
}

/// The bracket closes in when it holds so many margins. It then holds two.
constexpr std::int64_t kMostMargins = 4;

}  // namespace

QuantileBracket::QuantileBracket(int quarter, std::int64_t rows) : quarter_(quarter), margin_(margin_for(rows)) {}

std::int64_t QuantileBracket::most_bytes(std::int64_t rows) {
  constexpr auto kCellBytes = static_cast<std::int64_t>(sizeof(double));
  return 2 * kCellBytes * (kMostMargins * margin_for(rows) + kReductionRows);  // a vector may hold twice what is in it
}

template <typename T>
void QuantileBracket::add_cells(std::span<const T> values, std::int64_t present) {
  if (lost_) return;
  present_ += present;
  std::array<T, kReductionRows> between;
  for (std::size_t i = 0; i < values.size(); i += between.size()) {
    const auto run = values.subspan(i, std::min(between.size(), values.size() - i));
    const BracketCounts counts = split_cells(run, static_cast<T>(low_), static_cast<T>(high_), between.data());
    below_ += counts.below;
    at_low_ += counts.at_low;
    if (low_ != high_) at_high_ += counts.at_high;
    kept_.insert(kept_.end(), between.begin(), between.begin() + counts.between);
  }
  if (std::ssize(kept_) > kMostMargins * margin_) narrow();
}

template void QuantileBracket::add_cells(std::span<const float>, std::int64_t);
template void QuantileBracket::add_cells(std::span<const double>, std::int64_t);

void QuantileBracket::narrow() {
  const auto wanted = static_cast<std::int64_t>(static_cast<double>(present_) * quarter_ / 4.0);
  const std::int64_t first = wanted - margin_ - below_ - at_low_;  // index into kept_ if it were sorted
  const std::int64_t last = wanted + margin_ - below_ - at_low_;
  if (first >= std::ssize(kept_) || last < 0) return give_up();
  if (last < std::ssize(kept_)) {
    std::nth_element(kept_.begin(), kept_.begin() + last, kept_.end());
    high_ = kept_[static_cast<std::size_t>(last)];
    at_high_ = std::count(kept_.begin(), kept_.end(), high_);
    std::erase_if(kept_, [&](double x) { return x > high_; });
  }
  if (first >= 0) {
    std::nth_element(kept_.begin(), kept_.begin() + first, kept_.end());
    low_ = kept_[static_cast<std::size_t>(first)];
    below_ += at_low_ + std::count_if(kept_.begin(), kept_.end(), [&](double x) { return x < low_; });
    at_low_ = std::count(kept_.begin(), kept_.end(), low_);
    if (low_ == high_) at_high_ = 0;  // counted once
  }
  std::erase_if(kept_, [&](double x) { return x <= low_ || x >= high_; });
}

void QuantileBracket::give_up() {
  lost_ = true;
  kept_ = {};
}

std::optional<double> QuantileBracket::value_at(std::int64_t rank) const {
  std::int64_t index = rank - 1 - below_;
  if (index < 0) return std::nullopt;
  if (index < at_low_) return low_;
  index -= at_low_;
  if (index < std::ssize(kept_)) return kept_[static_cast<std::size_t>(index)];
  return index - std::ssize(kept_) < at_high_ ? std::optional(high_) : std::nullopt;
}

std::optional<Quantile> QuantileBracket::finish() {
  if (lost_ || present_ == 0) return std::nullopt;
  std::sort(kept_.begin(), kept_.end());
  // The least ranks r with 4 r >= quarter * cells, and with 4 r > quarter * cells.
  const std::int64_t whole = present_ / 4 * quarter_, part = present_ % 4 * quarter_;
  const auto lower = value_at(whole + (part + 3) / 4);
  const auto upper = value_at(whole + part / 4 + 1);
  if (!lower || !upper) return std::nullopt;
  return Quantile{*lower + 0.0, *upper + 0.0};  // -0 becomes +0
}

}  // namespace tessera
