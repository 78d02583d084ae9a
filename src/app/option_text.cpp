// SPDX-License-Identifier: Apache-2.0
#include "app/option_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <vector>

#include "core/dates.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr int kMostSegments = 65'535;
constexpr std::string_view kListed = "log1p:";

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(const std::string& what, std::string_view text, const std::string& advice) {
  throw ConfigError(fmt::format("'{}' is not {}", text, what), advice, ErrorCode::usage);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

}  // namespace

std::optional<int> parse_segments(std::string_view text) {
  if (text == "auto") return std::nullopt;
  const auto k = number_of<int>(text);
  if (!k || *k < 1 || *k > kMostSegments)
    refuse("a number of segments", text, fmt::format("give -k auto or a number from 1 to {}", kMostSegments));
  return k;
}

std::pair<int, int> parse_range(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto low = number_of<int>(text.substr(0, colon));
  const auto high = colon == std::string_view::npos ? low : number_of<int>(text.substr(colon + 1));
  if (!low || !high || *low < 1 || *high < *low || *high > kMostSegments) {
    refuse("a range of numbers of segments", text, "give the least and the most, such as --k-range 1:10");
  }
  return {*low, *high};
}

std::string range_text(int least, int most) { return fmt::format("{}:{}", least, most); }

void parse_transform(std::string_view text, PrepareOptions& options) {
  if (text == "auto") {
    options.transform = TransformPolicy::automatic;
  } else if (text == "none") {
    options.transform = TransformPolicy::none;
  } else {
    if (text.starts_with(kListed)) options.log1p_columns = split_list(text.substr(kListed.size()));
    if (options.log1p_columns.empty()) refuse("a transform", text, "give auto, none, or log1p:COLUMNS");
    options.transform = TransformPolicy::listed;
  }
}

std::string transform_text(const PrepareOptions& options) {
  switch (options.transform) {
    case TransformPolicy::automatic:
      return "auto";
    case TransformPolicy::none:
      return "none";
    case TransformPolicy::listed:
      break;
  }
  return fmt::format("{}{}", kListed, fmt::join(options.log1p_columns, ","));
}

WeightBlock parse_weight_block(std::string_view text) {
  for (std::size_t equals = text.find('='); equals != std::string_view::npos; equals = text.find('=', equals + 1)) {
    const std::size_t colon = text.find(':', equals);
    if (equals == 0 || colon == std::string_view::npos) break;
    const auto weight = number_of<double>(text.substr(equals + 1, colon - equals - 1));
    if (!weight) continue;
    WeightBlock block{std::string(text.substr(0, equals)), *weight, split_list(text.substr(colon + 1))};
    if (block.weight > 0.0 && std::isfinite(block.weight) && !block.columns.empty()) return block;
    break;
  }
  refuse("a block of columns", text, "give a name, a weight above 0 and columns: --weight-block 'attitudes=0.5:q1,q2,q3'");
}

std::string weight_block_text(const WeightBlock& block) {
  return fmt::format("{}={}:{}", block.name, block.weight, fmt::join(block.columns, ","));
}

std::optional<MissingPolicy> parse_missing(std::string_view text) {
  for (const MissingPolicy policy :
       {MissingPolicy::impute, MissingPolicy::error, MissingPolicy::drop_row, MissingPolicy::em, MissingPolicy::partial}) {
    if (text == to_string(policy)) return policy;
  }
  return std::nullopt;
}

double parse_date(std::string_view text) {
  constexpr std::size_t kDateOnly = 10;
  const auto days = text.size() == kDateOnly ? parse_iso_date(text) : std::nullopt;
  if (!days) refuse("a date", text, "give year, month and day: --as-of 2026-03-31");
  return *days;
}

std::pair<std::filesystem::path, std::string> parse_file_and_dataset(std::string_view text) {
  const std::size_t separator = text.rfind(":/");
  const std::string_view file = text.substr(0, separator);
  if (file.empty()) refuse("a file with a dataset", text, "give both: --init centroids.h5:/centroids");
  if (separator == std::string_view::npos) return {std::filesystem::path(file), {}};
  return {std::filesystem::path(file), std::string(text.substr(separator + 1))};
}

}  // namespace tessera
