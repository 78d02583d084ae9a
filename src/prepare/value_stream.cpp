// SPDX-License-Identifier: Apache-2.0
#include "prepare/value_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/dates.hpp"
#include "exact/grid.hpp"
#include "prepare/block_moments.hpp"
#include "prepare/cells.hpp"
#include "prepare/column_blocks.hpp"
#include "prepare/raw_sweep.hpp"
#include "prepare/row_checks.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Cells as float64, NaN where they are missing.
template <typename T>
void convert_block(std::span<const T> cells, double* out) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto x = static_cast<double>(cells[i]);
    out[i] = std::fabs(x) <= std::numeric_limits<double>::max() ? x : kMissing;
  }
}

}  // namespace

ValueStream::ValueStream(Table& table, LearnColumns columns, const JobContext& job, std::int64_t budget_bytes,
                         bool several_sweeps)
    : table_(table), columns_(std::move(columns)), job_(job) {
  read_columns_ = columns_.numeric;
  read_columns_.insert(read_columns_.end(), columns_.nominal.begin(), columns_.nominal.end());
  if (columns_.weight >= 0) read_columns_.push_back(columns_.weight);
  const std::int64_t kept_bytes = 8 * (std::ssize(columns_.numeric) + (uses_weights() ? 2 : 0));
  const std::int64_t row_bytes = raw_row_bytes(table.info(), read_columns_) + kept_bytes;
  chunk_rows_ = rows_per_read(table, row_bytes, budget_bytes / 4);
  keep_ = several_sweeps && table.info().rows <= budget_bytes / 2 / std::max<std::int64_t>(kept_bytes, 1);
}

void convert_values(const RawChunk& raw, const LearnColumns& columns, ThreadPool& threads, std::vector<double>& values) {
  const auto numeric = std::ssize(columns.numeric);
  values.resize(static_cast<std::size_t>(numeric * raw.rows));
  const std::int64_t blocks = (raw.rows + kReductionRows - 1) / kReductionRows;
  std::vector<ColumnBlocks> gathered(static_cast<std::size_t>(threads.size()));
  threads.run(blocks, [&](int thread, std::int64_t b) {
    const std::int64_t begin = b * kReductionRows;
    const std::int64_t count = std::min(kReductionRows, raw.rows - begin);
    ColumnBlocks& cells = gathered[static_cast<std::size_t>(thread)];
    for (std::int64_t first = 0; first < numeric; first += ColumnBlocks::kColumnsAtOnce) {
      const std::int64_t group = std::min(ColumnBlocks::kColumnsAtOnce, numeric - first);
      cells.load(std::span(raw.columns).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(group)), begin,
                 count);
      for (std::int64_t j = 0; j < group; ++j) {
        double* const out = values.data() + (first + j) * raw.rows + begin;
        const ColumnView& view = raw.columns[static_cast<std::size_t>(first + j)];
        if (view.type == DataType::text) {
          for (std::int64_t i = 0; i < count; ++i) out[i] = parse_iso_date((*view.text)[begin + i]).value_or(kMissing);
        } else {
          std::visit([&](auto block) { convert_block(block, out); }, cells[j]);
        }
        if (!columns.is_date[static_cast<std::size_t>(first + j)]) continue;
        for (std::int64_t i = 0; i < count; ++i) out[i] = columns.as_of_days - out[i];
      }
    }
  });
}

void ValueStream::convert(const RawChunk& raw, Kept& chunk) const {
  chunk.first_row = raw.first_row;
  chunk.rows = raw.rows;
  convert_values(raw, columns_, job_.threads, chunk.values);
  if (!uses_weights()) return;
  chunk.weights.assign(static_cast<std::size_t>(raw.rows), 1.0);
  if (columns_.weight < 0) return;
  const ColumnView& weight = raw.columns.back();
  for (std::int64_t i = 0; i < raw.rows; i += kReductionRows) {
    read_cells(weight, i, std::min(kReductionRows, raw.rows - i), chunk.weights.data() + i);
  }
}

void ValueStream::check_weights(const Kept& chunk) const {
  for (std::int64_t i = 0; i < chunk.rows; ++i) {
    const double weight = chunk.weights[static_cast<std::size_t>(i)];
    if (is_weight(weight)) continue;
    throw bad_weight(weight, location_of(table_.info(), columns_.weight, chunk.first_row + i));
  }
}

void ValueStream::handle_missing(const RawChunk& raw, Kept& chunk) const {
  if (columns_.missing == MissingPolicy::impute) return;
  const auto numeric = std::ssize(columns_.numeric);
  const auto sources = numeric + std::ssize(columns_.nominal);
  std::vector<std::int64_t> first_missing(static_cast<std::size_t>(sources), raw.rows);
  std::vector<std::uint8_t> incomplete(static_cast<std::size_t>(raw.rows), 0);
  for (std::int64_t j = 0; j < sources; ++j) {
    for (std::int64_t i = raw.rows - 1; i >= 0; --i) {
      const bool missing = j < numeric ? std::isnan(chunk.values[static_cast<std::size_t>(j * raw.rows + i)])
                                       : is_missing(raw.columns[static_cast<std::size_t>(j)], i);
      if (!missing) continue;
      incomplete[static_cast<std::size_t>(i)] = 1;
      first_missing[static_cast<std::size_t>(j)] = i;
    }
  }
  if (columns_.missing == MissingPolicy::error) {
    const auto first = std::min_element(first_missing.begin(), first_missing.end());
    if (first == first_missing.end() || *first == raw.rows) return;
    const int column = read_columns_[static_cast<std::size_t>(first - first_missing.begin())];
    throw missing_cell(location_of(table_.info(), column, raw.first_row + *first), columns_.missing_counts);
  }
  for (std::int64_t i = 0; i < raw.rows; ++i) {
    if (incomplete[static_cast<std::size_t>(i)] != 0) chunk.weights[static_cast<std::size_t>(i)] = 0.0;
  }
}

void ValueStream::for_each(const std::function<void(const ValueChunk&)>& visit) {
  if (swept_ && keep_) {
    for (const Kept& chunk : kept_) {
      job_.cancel.check();
      visit(chunk.view());
    }
    return;
  }
  const exact::Grid weight_grid = exact::make_grid(exact::ceil_exponent(columns_.largest_weight) - exact::kGridBits);
  Kept scratch;
  sweep_raw(table_, read_columns_, chunk_rows_, job_, [&](const RawChunk& raw) {
    Kept& chunk = keep_ ? kept_.emplace_back() : scratch;
    convert(raw, chunk);
    if (columns_.weight >= 0) check_weights(chunk);
    handle_missing(raw, chunk);
    chunk.units.resize(chunk.weights.size());
    for (std::size_t i = 0; i < chunk.weights.size(); ++i) {
      chunk.weights[i] = static_cast<double>(static_cast<float>(chunk.weights[i]));  // as the fit will see them
      chunk.units[i] = exact::units_of(chunk.weights[i], weight_grid);
    }
    ValueChunk view = chunk.view();
    if (!swept_) view.raw = &raw;
    visit(view);
  });
  swept_ = true;
}

}  // namespace tessera
