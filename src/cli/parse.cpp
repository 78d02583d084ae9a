// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <vector>

#include "tessera/error.hpp"

namespace tessera::cli {
namespace {

constexpr int kMostSegments = 65'535;

/// The whole text as a number, or nothing.
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

double parse_date(std::string_view text) {
  const char* const advice = "give year, month and day: --as-of 2026-03-31";
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') refuse("a date", text, advice);
  const auto year = number_of<int>(text.substr(0, 4));
  const auto month = number_of<unsigned>(text.substr(5, 2));
  const auto day = number_of<unsigned>(text.substr(8, 2));
  if (!year || !month || !day) refuse("a date", text, advice);
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month}, std::chrono::day{*day}};
  if (!date.ok()) refuse("a date", text, advice);
  return static_cast<double>(std::chrono::sys_days{date}.time_since_epoch().count());
}

std::pair<std::filesystem::path, std::string> parse_file_and_dataset(std::string_view text) {
  const std::size_t separator = text.rfind(":/");
  const std::string_view file = text.substr(0, separator);
  if (file.empty()) refuse("a file with a dataset", text, "give both: --init centroids.h5:/centroids");
  if (separator == std::string_view::npos) return {std::filesystem::path(file), {}};
  return {std::filesystem::path(file), std::string(text.substr(separator + 1))};
}

void parse_transform(std::string_view text, PrepareOptions& options) {
  constexpr std::string_view kListed = "log1p:";
  if (text == "auto") {
    options.transform = TransformPolicy::automatic;
  } else if (text == "none") {
    options.transform = TransformPolicy::none;
  } else if (text.starts_with(kListed)) {
    options.transform = TransformPolicy::listed;
    options.log1p_columns = split_list(text.substr(kListed.size()));
  }
  const bool listed_nothing = options.transform == TransformPolicy::listed && options.log1p_columns.empty();
  if (listed_nothing || (text != "auto" && text != "none" && !text.starts_with(kListed))) {
    refuse("a transform", text, "give auto, none, or log1p:COLUMNS");
  }
}

WeightBlock parse_weight_block(std::string_view text) {
  const char* const advice = "give a name, a weight above 0 and columns: --weight-block 'attitudes=0.5:q1,q2,q3'";
  const std::size_t equals = text.find('=');
  const std::size_t colon = equals == std::string_view::npos ? equals : text.find(':', equals);
  if (equals == 0 || colon == std::string_view::npos) refuse("a block of columns", text, advice);
  const auto weight = number_of<double>(text.substr(equals + 1, colon - equals - 1));
  WeightBlock block{std::string(text.substr(0, equals)), weight.value_or(0.0), split_list(text.substr(colon + 1))};
  if (!(block.weight > 0.0) || !std::isfinite(block.weight) || block.columns.empty())
    refuse("a block of columns", text, advice);
  return block;
}

}  // namespace tessera::cli
