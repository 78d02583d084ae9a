// SPDX-License-Identifier: Apache-2.0
#include "prepare/apply.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "core/dates.hpp"
#include "prepare/apply_kernels.hpp"
#include "prepare/cells.hpp"
#include "prepare/distinct.hpp"
#include "prepare/fill_values.hpp"
#include "prepare/level_warnings.hpp"
#include "prepare/prepared_value.hpp"
#include "prepare/row_checks.hpp"
#include "tessera/backend.hpp"

namespace tessera {
namespace {

/// Rows that a thread works on at a time: their raw and prepared cells stay in its cache while it goes over the columns.
constexpr std::int64_t kTileRows = 256;
constexpr std::int64_t kTaskRows = 4096;
constexpr float kGap = std::numeric_limits<float>::quiet_NaN();

struct Tile {
  const RawChunk& raw;
  std::int64_t first = 0;  // within the chunk
  std::int64_t rows = 0;
  MatrixView<float> out;  // [rows x d]
  std::array<double, kTileRows>& values;
  std::array<std::uint8_t, kTileRows>& trouble;
};

struct NumericColumn {
  std::size_t raw = 0;  // index into RawChunk::columns
  const FeatureSource* source = nullptr;
  double as_of_days = 0.0;  // dates only

  /// True if prepared values follow from the cells as they are stored.
  [[nodiscard]] bool is_plain() const { return source->transform == Transform::none && source->kind != Kind::date; }

  /// The cells of a tile in the unit that is centred and scaled.
  void read(const Tile& tile) const {
    double* const values = tile.values.data();
    const ColumnView& view = tile.raw.columns[raw];
    if (view.type == DataType::text) {
      for (std::int64_t i = 0; i < tile.rows; ++i) {
        values[i] = parse_iso_date((*view.text)[tile.first + i]).value_or(std::numeric_limits<double>::quiet_NaN());
      }
    } else {
      read_cells(view, tile.first, tile.rows, values);
    }
    if (source->kind == Kind::date) {
      for (std::int64_t i = 0; i < tile.rows; ++i) values[i] = as_of_days - values[i];
    }
    if (source->transform == Transform::log1p) log1p_cells({values, static_cast<std::size_t>(tile.rows)});
  }
};

/// Numeric columns [first, first + count) that lie side by side in the chunk, as their features do in prepared rows.
struct NumericRun {
  std::size_t first, count;
};

struct LevelColumn {
  std::size_t raw = 0;
  const FeatureSource* source = nullptr;
  float one = 0.0F;         // prepared
  bool keeps_gaps = false;  // a missing cell makes all features of the source NaN
  TextMap<int> by_text;
  std::unordered_map<std::uint64_t, int> by_code;  // by bit pattern

  static constexpr int kMissing = -1;
  static constexpr int kUnseen = -2;

  [[nodiscard]] int known_or_other(bool known, int level) const {
    if (known) return level;
    return source->has_other ? static_cast<int>(source->levels.size()) : kUnseen;
  }
  [[nodiscard]] int level_at(const ColumnView& view, std::int64_t row) const {
    if (view.type == DataType::text) {
      const std::string_view cell = (*view.text)[row];
      if (cell.empty()) return kMissing;
      const auto found = by_text.find(cell);
      return known_or_other(found != by_text.end(), found != by_text.end() ? found->second : 0);
    }
    double code = 0.0;
    read_cells(view, row, 1, &code);
    if (!std::isfinite(code)) return kMissing;
    const auto found = by_code.find(std::bit_cast<std::uint64_t>(code + 0.0));
    return known_or_other(found != by_code.end(), found != by_code.end() ? found->second : 0);
  }

  void apply(const Tile& tile) const {
    const ColumnView& view = tile.raw.columns[raw];
    float* out = tile.out.data + source->first_feature;
    for (std::int64_t i = 0; i < tile.rows; ++i, out += tile.out.columns) {
      int level = level_at(view, tile.first + i);
      std::uint8_t& trouble = tile.trouble[static_cast<std::size_t>(i)];
      const bool gap = level == kMissing && keeps_gaps;
      std::fill(out, out + source->feature_count, gap ? kGap : 0.0F);
      if (level == kMissing) {
        trouble |= kMissingCell;
        if (gap) continue;
        level = source->fill_level;
      }
      if (level == kUnseen) {
        trouble |= kUnseenLevel;  // no level is nearer than another: all zeros
      } else {
        out[level] = one;
      }
    }
  }
};

LevelColumn make_level_column(const FeaturePlan& plan, const FeatureSource& source, std::size_t raw) {
  LevelColumn column{raw, &source, level_value(plan, source), keeps_gaps(plan.missing), {}, {}};
  for (std::size_t level = 0; level < source.levels.size(); ++level) {
    column.by_text.emplace(source.levels[level], static_cast<int>(level));
    // A file of codes may store as numbers what another stores as text.
    if (const auto code = label_number(source.levels[level])) {
      column.by_code.emplace(std::bit_cast<std::uint64_t>(*code + 0.0), static_cast<int>(level));
    }
  }
  return column;
}

}  // namespace

struct Preparer::Columns {
  FeaturePlan const* plan = nullptr;
  DataLocation table;
  std::vector<std::string> names;  // of the columns read
  std::vector<NumericColumn> numeric;
  PreparedColumns scaling;  // of `numeric`
  std::vector<LevelColumn> levels;
  std::size_t weight = 0;  // index into RawChunk::columns
  bool has_weight = false;

  /// Cuts `numeric` into runs; most of them are of one column where the chunk holds a column after the other.
  [[nodiscard]] std::vector<NumericRun> find_runs(const RawChunk& raw) const;
  void apply_numbers(NumericRun run, const Tile& tile) const;
  /// Weights and flags of a tile from what was odd about its rows.
  void settle(const Tile& tile, std::span<float> weights, std::span<std::uint8_t> flags) const;
  [[nodiscard]] DataError missing_in(const RawChunk& raw, std::int64_t row) const;
  [[nodiscard]] DataLocation at(std::size_t column, std::int64_t row) const {
    return {table.path, table.dataset, row, names[column]};
  }
};

Preparer::~Preparer() = default;
Preparer::Preparer(Preparer&&) noexcept = default;
Preparer& Preparer::operator=(Preparer&&) noexcept = default;

Preparer::Preparer(const FeaturePlan& plan, const TableInfo& table) {
  auto prepared = std::make_unique<Columns>();
  prepared->plan = &plan;
  prepared->table = {table.path.string(), table.dataset, -1, {}};
  const auto find = [&](const std::string& name) {
    return std::find_if(table.columns.begin(), table.columns.end(), [&](const ColumnSchema& c) { return c.name == name; });
  };
  const auto take = [&](const ColumnSchema& column) {
    columns_.push_back(static_cast<int>(&column - table.columns.data()));
    prepared->names.push_back(column.name);
    return columns_.size() - 1;
  };
  std::vector<std::string> problems;
  for (const FeatureSource& source : plan.sources) {
    const auto column = find(source.name);
    if (column == table.columns.end()) {
      problems.push_back(fmt::format("'{}' is missing", source.name));
      continue;
    }
    if (is_one_hot(source)) {
      prepared->levels.push_back(make_level_column(plan, source, take(*column)));
    } else if (column->type == DataType::text && source.kind != Kind::date) {
      problems.push_back(fmt::format("'{}' is text, but the model learned numbers", source.name));
    } else {
      const exact::Grid grid = exact::make_grid(plan.grid_exponent[static_cast<std::size_t>(source.first_feature)]);
      prepared->numeric.push_back({take(*column), &source, plan.as_of_days});
      prepared->scaling.add(source.center, source.scale, source.block_factor, grid,
                            keeps_gaps(plan.missing) ? kGap : numeric_fill(plan, source));
    }
  }
  const auto weight = find(plan.weight_column);
  if (!plan.weight_column.empty() && weight != table.columns.end()) {
    if (weight->type == DataType::text) problems.push_back(fmt::format("the weight '{}' is text", weight->name));
    prepared->weight = take(*weight);
    prepared->has_weight = true;
  }
  if (!problems.empty()) {
    throw DataError(fmt::format("the columns do not fit the model: {}", fmt::join(problems, "; ")), prepared->table,
                    "give the table the columns that the model was learned from, under the same names");
  }
  weighted_ = prepared->has_weight || plan.missing == MissingPolicy::drop_row || keeps_gaps(plan.missing);
  prepared_ = std::move(prepared);
}

std::vector<NumericRun> Preparer::Columns::find_runs(const RawChunk& raw) const {
  const auto bytes_of = [](DataType type) { return static_cast<std::ptrdiff_t>(type == DataType::float32 ? 4 : 8); };
  const auto may_run = [&](std::size_t i) {
    const ColumnView& view = raw.columns[numeric[i].raw];
    if (!numeric[i].is_plain() || (view.type != DataType::float32 && view.type != DataType::float64)) return false;
    const auto address = reinterpret_cast<std::uintptr_t>(view.data) | static_cast<std::uintptr_t>(view.stride_bytes);
    return address % static_cast<std::uintptr_t>(bytes_of(view.type)) == 0;
  };
  const auto follows = [&](std::size_t i) {
    const ColumnView& before = raw.columns[numeric[i - 1].raw];
    const ColumnView& view = raw.columns[numeric[i].raw];
    return may_run(i) && view.type == before.type && view.stride_bytes == before.stride_bytes &&
           view.data == before.data + bytes_of(view.type) &&
           numeric[i].source->first_feature == numeric[i - 1].source->first_feature + 1;
  };
  std::vector<NumericRun> runs;
  for (std::size_t i = 0; i < numeric.size(); ++i) {
    if (i > 0 && runs.back().first + runs.back().count == i && may_run(i - 1) && follows(i)) {
      ++runs.back().count;
    } else {
      runs.push_back({i, 1});
    }
  }
  return runs;
}

void Preparer::Columns::apply_numbers(NumericRun run, const Tile& tile) const {
  const NumericColumn& column = numeric[run.first];
  const ColumnView& view = tile.raw.columns[column.raw];
  float* out = tile.out.data + column.source->first_feature;
  if (run.count > 1) {
    const PreparedRun columns = {&scaling, run.first, run.count};
    const std::byte* const cells = view.data + tile.first * view.stride_bytes;
    if (view.type == DataType::float32) {
      prepare_rows(columns, reinterpret_cast<const float*>(cells), view.stride_bytes, tile.rows, out, tile.out.columns,
                   tile.trouble.data());
    } else {
      prepare_rows(columns, reinterpret_cast<const double*>(cells), view.stride_bytes, tile.rows, out, tile.out.columns,
                   tile.trouble.data());
    }
    return;
  }
  column.read(tile);
  std::array<float, kTileRows> prepared;
  prepare_cells(scaling, run.first, std::span(tile.values).first(static_cast<std::size_t>(tile.rows)), prepared.data(),
                tile.trouble.data());
  for (std::int64_t i = 0; i < tile.rows; ++i, out += tile.out.columns) *out = prepared[static_cast<std::size_t>(i)];
}

DataError Preparer::Columns::missing_in(const RawChunk& raw, std::int64_t row) const {
  std::size_t first = names.size();
  for (const NumericColumn& column : numeric) {
    const ColumnView& view = raw.columns[column.raw];
    const bool unreadable = view.type == DataType::text && !parse_iso_date((*view.text)[row]);
    if (unreadable || is_missing(view, row)) first = std::min(first, column.raw);
  }
  for (const LevelColumn& column : levels) {
    if (is_missing(raw.columns[column.raw], row)) first = std::min(first, column.raw);
  }
  return missing_cell(at(first, raw.first_row + row));
}

void Preparer::Columns::settle(const Tile& tile, std::span<float> weights, std::span<std::uint8_t> flags) const {
  const MissingPolicy policy = plan->missing;
  if (has_weight) {
    read_cells(tile.raw.columns[weight], tile.first, tile.rows, tile.values.data());
  } else {
    tile.values.fill(1.0);
  }
  const auto is_unknown = [](std::span<const float> features) {
    return std::all_of(features.begin(), features.end(), [](float x) { return std::isnan(x); });
  };
  for (std::int64_t i = 0; i < tile.rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const std::uint8_t trouble = tile.trouble[row];
    const bool missing = (trouble & kMissingCell) != 0;
    if (missing && policy == MissingPolicy::error) throw missing_in(tile.raw, tile.first + i);
    if (!is_weight(tile.values[row])) throw bad_weight(tile.values[row], at(weight, tile.raw.first_row + tile.first + i));
    const bool rejected = missing && (policy == MissingPolicy::drop_row || (keeps_gaps(policy) && is_unknown(tile.out.row(i))));
    const int flag = rejected ? kFlagRejected : trouble != 0 ? kFlagIncomplete : 0;
    flags[row] = static_cast<std::uint8_t>(flag);
    if (!weights.empty()) weights[row] = rejected ? 0.0F : static_cast<float>(tile.values[row]);
  }
}

void Preparer::apply(const RawChunk& raw, MatrixView<float> rows, std::span<float> weights, std::span<std::uint8_t> flags,
                     ThreadPool& threads) const {
  const std::int64_t tasks = (raw.rows + kTaskRows - 1) / kTaskRows;
  const std::vector<NumericRun> runs = prepared_->find_runs(raw);
  threads.run(tasks, [&](int, std::int64_t task) {
    std::array<double, kTileRows> values;
    std::array<std::uint8_t, kTileRows> trouble;
    const std::int64_t end = std::min(raw.rows, (task + 1) * kTaskRows);
    for (std::int64_t first = task * kTaskRows; first < end; first += kTileRows) {
      const std::int64_t count = std::min(kTileRows, end - first);
      trouble.fill(0);
      const Tile tile{raw, first, count, rows.slice(first, count), values, trouble};
      for (const NumericRun run : runs) prepared_->apply_numbers(run, tile);
      for (const LevelColumn& column : prepared_->levels) column.apply(tile);
      const auto part = [&](auto whole) {
        return whole.empty() ? whole : whole.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      };
      prepared_->settle(tile, weighted_ ? part(weights) : std::span<float>{}, part(flags));
    }
  });
}

}  // namespace tessera
