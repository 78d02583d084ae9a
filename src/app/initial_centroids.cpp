// SPDX-License-Identifier: Apache-2.0
#include "app/initial_centroids.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include "prepare/apply.hpp"
#include "tessera/error.hpp"
#include "tessera/table.hpp"

namespace tessera {
namespace {

/// More segments than this are refused elsewhere; it bounds what a wrong dataset can make us read.
constexpr std::int64_t kMostCentroids = 65'535;

std::optional<int> find_column(const TableInfo& info, std::string_view name) {
  for (std::size_t i = 0; i < info.columns.size(); ++i) {
    if (info.columns[i].name == name) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::vector<int> match_columns(const TableInfo& info, const FeaturePlan& plan) {
  std::vector<int> columns;
  std::vector<std::string> missing;
  for (const FeatureSource& source : plan.sources) {
    if (const auto column = find_column(info, source.name)) {
      columns.push_back(*column);
    } else {
      missing.push_back(source.name);
    }
  }
  if (missing.empty()) return columns;
  if (info.columns.size() == plan.sources.size() && missing.size() == plan.sources.size()) {
    columns.resize(plan.sources.size());
    std::iota(columns.begin(), columns.end(), 0);
    return columns;
  }
  throw DataError(fmt::format("{} columns of centroids for {} features; not found by name: {}", info.columns.size(),
                              plan.sources.size(), fmt::join(missing, ", ")),
                  {info.path.string(), info.dataset, -1, {}},
                  "give one column per feature, in this order or with these names: see `features` in summary.json");
}

template <typename T>
double value_at(const std::byte* cell) {
  T value{};
  std::memcpy(&value, cell, sizeof(T));
  return static_cast<double>(value);
}

double numeric_cell(const ColumnView& view, std::int64_t row) {
  const std::byte* const cell = view.data + row * view.stride_bytes;
  switch (view.type) {
    case DataType::int8:
      return value_at<std::int8_t>(cell);
    case DataType::int16:
      return value_at<std::int16_t>(cell);
    case DataType::int32:
      return value_at<std::int32_t>(cell);
    case DataType::int64:
      return value_at<std::int64_t>(cell);
    case DataType::uint8:
      return value_at<std::uint8_t>(cell);
    case DataType::uint16:
      return value_at<std::uint16_t>(cell);
    case DataType::uint32:
      return value_at<std::uint32_t>(cell);
    case DataType::uint64:
      return value_at<std::uint64_t>(cell);
    case DataType::float32:
      return value_at<float>(cell);
    case DataType::float64:
      return value_at<double>(cell);
    case DataType::text:
      break;
  }
  return std::nan("");
}

double level_of(const FeatureSource& source, std::string_view label) {
  const auto found = std::find(source.levels.begin(), source.levels.end(), label);
  if (found != source.levels.end()) return static_cast<double>(found - source.levels.begin());
  return source.has_other && !label.empty() ? static_cast<double>(source.levels.size()) : std::nan("");
}

}  // namespace

Matrix<float> read_initial_centroids(const std::filesystem::path& path, const std::string& dataset, const FeaturePlan& plan) {
  const auto table = open_table(path, {dataset, {}});
  const TableInfo& info = table->info();
  if (info.rows < 1 || info.rows > kMostCentroids) {
    throw DataError(fmt::format("{} initial centroids, but 1 to {} are possible", info.rows, kMostCentroids),
                    {path.string(), dataset, -1, {}}, "give one row per segment");
  }
  const std::vector<int> columns = match_columns(info, plan);
  RawChunk raw;
  table->read(0, info.rows, columns, raw);
  Matrix<double> values(info.rows, static_cast<std::int64_t>(columns.size()));
  for (std::int64_t j = 0; j < values.columns(); ++j) {
    const ColumnView& view = raw.columns[static_cast<std::size_t>(j)];
    const FeatureSource& source = plan.sources[static_cast<std::size_t>(j)];
    for (std::int64_t i = 0; i < values.rows(); ++i) {
      values(i, j) = view.text != nullptr ? level_of(source, (*view.text)[i]) : numeric_cell(view, i);
      if (std::isfinite(values(i, j))) continue;
      throw DataError("an initial centroid has a missing, infinite or unknown value", {path.string(), dataset, i, source.name},
                      "give every centroid a value in every feature");
    }
  }
  return from_original_units(plan, values.view());
}

}  // namespace tessera
