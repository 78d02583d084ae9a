// SPDX-License-Identifier: Apache-2.0
#include "feed/analysis_sweep.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/dates.hpp"
#include "exact/grid.hpp"
#include "exact/philox.hpp"
#include "prepare/block_moments.hpp"
#include "prepare/cells.hpp"
#include "prepare/column_blocks.hpp"
#include "prepare/distinct.hpp"
#include "prepare/raw_sweep.hpp"
#include "prepare/row_checks.hpp"

namespace tessera {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr auto kBlock = static_cast<std::size_t>(kAnalysisBlockRows);
static_assert(kAnalysisBlockRows == kReductionRows);

/// The levels of a column by value.
struct Dictionary {
  TextMap<std::int32_t> texts;
  std::map<double, std::int32_t> numbers;
  std::vector<std::int32_t> small;  // codes of the whole numbers 0, 1, ...: most codes and scales
};

Dictionary dictionary_of(const CodeColumn& column) {
  constexpr double kMostSmall = 4096.0;
  Dictionary dictionary;
  for (std::size_t i = 0; i < column.levels.size(); ++i)
    dictionary.texts.emplace(column.levels[i], static_cast<std::int32_t>(i));
  for (std::size_t i = 0; i < column.numbers.size(); ++i) {
    const double number = column.numbers[i] + 0.0;
    const auto code = static_cast<std::int32_t>(i);
    dictionary.numbers.emplace(number, code);
    if (!(number >= 0.0 && number < kMostSmall && number == std::floor(number))) continue;
    const auto at = static_cast<std::size_t>(number);
    if (dictionary.small.size() <= at) dictionary.small.resize(at + 1, column.other);
    dictionary.small[at] = code;
  }
  return dictionary;
}

std::int32_t code_of(const Dictionary& dictionary, double value, std::int32_t other) {
  if (std::isnan(value)) return -1;
  if (value >= 0.0 && value < static_cast<double>(dictionary.small.size()) && value == std::floor(value)) {
    return dictionary.small[static_cast<std::size_t>(value)];
  }
  const auto found = dictionary.numbers.find(value + 0.0);
  return found == dictionary.numbers.end() ? other : found->second;
}

double points_of(double answer) {
  if (!(answer >= 0.0 && answer <= 10.0)) return kMissing;
  if (answer >= 9.0) return 100.0;
  return answer < 7.0 ? -100.0 : 0.0;
}

/// The cells of one block, in memory that is used again.
struct Slot {
  ColumnBlocks gathered;
  std::vector<double> cells;        // [columns read + numbers made][kBlock]
  std::vector<std::int32_t> codes;  // [code columns][kBlock]
  std::vector<double> weights;
  std::vector<std::int64_t> units;
};

class Encoder {
 public:
  Encoder(const TableInfo& info, const AnalysisColumns& columns) : info_(info), columns_(columns) {
    for (const NumberColumn& number : columns.numbers) number_place_.push_back(place_of(number.column));
    for (const CodeColumn& code : columns.codes) {
      code_place_.push_back(code.column < 0 ? -1 : place_of(code.column));
      dictionaries_.push_back(dictionary_of(code));
    }
    if (columns.weight >= 0) weight_place_ = place_of(columns.weight);
    // Neighbours in the table are read together.
    std::vector<std::size_t> order(read_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return read_[a] < read_[b]; });
    std::vector<std::int64_t> place(read_.size());
    for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<std::int64_t>(i);
    std::sort(read_.begin(), read_.end());
    for (auto& at : number_place_) at = place[static_cast<std::size_t>(at)];
    for (auto& at : code_place_) at = at < 0 ? -1 : place[static_cast<std::size_t>(at)];
    if (weight_place_ >= 0) weight_place_ = place[static_cast<std::size_t>(weight_place_)];
    weight_grid_ = exact::make_grid(columns.weight_exponent);
    beside_numbers_.assign(read_.size(), false);
    for (const std::int64_t at : code_place_) {
      if (at >= 0) beside_numbers_[static_cast<std::size_t>(at)] = true;
    }
    if (weight_place_ >= 0) beside_numbers_[static_cast<std::size_t>(weight_place_)] = true;
  }

  [[nodiscard]] std::span<const int> read() const { return read_; }
  [[nodiscard]] std::int64_t slot_bytes() const {
    return kAnalysisBlockRows * 8 * (std::ssize(read_) + std::ssize(columns_.numbers) + std::ssize(columns_.codes) + 2);
  }

  AnalysisBlock encode(const RawChunk& raw, std::int64_t begin, std::span<const std::int32_t> labels, Slot& slot) const {
    AnalysisBlock block;
    block.first_row = raw.first_row + begin;
    block.rows = std::min(kAnalysisBlockRows, raw.rows - begin);
    slot.cells.resize((read_.size() + columns_.numbers.size()) * kBlock);
    slot.codes.resize(columns_.codes.size() * kBlock);
    if (columns_.allow_rows) find_rows(raw, begin, block);
    read_numbers(raw, begin, block, slot);
    for (std::size_t j = 0; j < columns_.numbers.size() && block.number_rows == nullptr; ++j) {
      block.numbers.push_back(number(raw, begin, block.rows, j, slot));
    }
    for (std::size_t c = 0; c < columns_.codes.size(); ++c) {
      std::int32_t* const out = slot.codes.data() + c * kBlock;
      code(raw, begin, block, c, labels, slot, out);
      block.codes.push_back(out);
    }
    if (weight_place_ >= 0) weigh(block, slot);
    return block;
  }

 private:
  std::int64_t place_of(int column) {
    const auto found = std::find(read_.begin(), read_.end(), column);
    if (found != read_.end()) return found - read_.begin();
    read_.push_back(column);
    return std::ssize(read_) - 1;
  }
  static double* cells_of(Slot& slot, std::int64_t place) {
    return slot.cells.data() + static_cast<std::size_t>(place) * kBlock;
  }
  [[nodiscard]] DataType type_of(std::int64_t place) const {
    return info_.columns[static_cast<std::size_t>(read_[static_cast<std::size_t>(place)])].type;
  }

  [[nodiscard]] bool any_beside_numbers(std::int64_t first, std::int64_t count) const {
    const auto begin = beside_numbers_.begin() + first;
    return std::find(begin, begin + count, true) != begin + count;
  }

  /// The cells of a chunk as rows, if the numbers are neighbouring float32 cells of them.
  void find_rows(const RawChunk& raw, std::int64_t begin, AnalysisBlock& block) const {
    if (columns_.numbers.empty()) return;
    const auto view_of = [&](std::size_t j) -> const ColumnView& {
      return raw.columns[static_cast<std::size_t>(number_place_[j])];
    };
    const ColumnView& first = view_of(0);
    const auto address = reinterpret_cast<std::uintptr_t>(first.data) | static_cast<std::uintptr_t>(first.stride_bytes);
    if (address % sizeof(float) != 0) return;
    for (std::size_t j = 0; j < columns_.numbers.size(); ++j) {
      const ColumnView& view = view_of(j);
      const bool next = view.type == DataType::float32 && view.stride_bytes == first.stride_bytes &&
                        view.data == first.data + j * sizeof(float);
      if (!next || columns_.numbers[j].form != NumberColumn::Form::value) return;
    }
    block.number_stride = first.stride_bytes / static_cast<std::ptrdiff_t>(sizeof(float));
    block.number_rows = reinterpret_cast<const float*>(first.data) + begin * block.number_stride;
  }

  /// All columns of numbers that are read, as float64, NaN where missing; without those that are read as rows.
  void read_numbers(const RawChunk& raw, std::int64_t begin, const AnalysisBlock& block, Slot& slot) const {
    const auto count = std::ssize(read_);
    const std::int64_t rows = block.rows;
    for (std::int64_t first = 0; first < count; first += ColumnBlocks::kColumnsAtOnce) {
      const std::int64_t group = std::min(ColumnBlocks::kColumnsAtOnce, count - first);
      if (block.number_rows != nullptr && !any_beside_numbers(first, group)) continue;
      slot.gathered.load(std::span(raw.columns).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(group)),
                         begin, rows);
      for (std::int64_t j = 0; j < group; ++j) {
        if (type_of(first + j) == DataType::text) continue;
        double* const out = cells_of(slot, first + j);
        std::visit(
            [&](auto values) {
              for (std::size_t i = 0; i < values.size(); ++i) {
                const auto x = static_cast<double>(values[i]);
                out[i] = std::fabs(x) <= std::numeric_limits<double>::max() ? x : kMissing;
              }
            },
            slot.gathered[j]);
      }
    }
  }

  const double* number(const RawChunk& raw, std::int64_t begin, std::int64_t rows, std::size_t j, Slot& slot) const {
    const NumberColumn& wanted = columns_.numbers[j];
    const std::int64_t place = number_place_[j];
    double* const out = cells_of(slot, std::ssize(read_) + static_cast<std::int64_t>(j));
    if (type_of(place) == DataType::text) {
      const TextCells& text = *raw.columns[static_cast<std::size_t>(place)].text;
      for (std::int64_t i = 0; i < rows; ++i) {
        const std::string_view cell = text[begin + i];
        if (cell.empty()) {
          out[i] = kMissing;
        } else if (wanted.form == NumberColumn::Form::equals) {
          out[i] = cell == wanted.text ? 1.0 : 0.0;
        } else {
          out[i] = parse_iso_date(cell).value_or(kMissing);
        }
      }
      return out;
    }
    const double* const cells = cells_of(slot, place);
    if (wanted.form == NumberColumn::Form::value) return cells;
    for (std::int64_t i = 0; i < rows; ++i) {
      const double x = cells[i];
      if (std::isnan(x)) {
        out[i] = kMissing;
      } else if (wanted.form == NumberColumn::Form::promoter) {
        out[i] = points_of(x);
      } else {
        const bool hit = wanted.form == NumberColumn::Form::equals ? x == wanted.number : x >= wanted.number;
        out[i] = hit ? 1.0 : 0.0;
      }
    }
    return out;
  }

  void code(const RawChunk& raw, std::int64_t begin, const AnalysisBlock& block, std::size_t c,
            std::span<const std::int32_t> labels, Slot& slot, std::int32_t* out) const {
    const CodeColumn& wanted = columns_.codes[c];
    const Dictionary& dictionary = dictionaries_[c];
    const std::int64_t place = code_place_[c];
    switch (wanted.source) {
      case CodeColumn::Source::labels:
        std::copy_n(labels.data() + begin, block.rows, out);
        return;
      case CodeColumn::Source::groups:
        for (std::int64_t i = 0; i < block.rows; ++i) {
          out[i] = static_cast<std::int32_t>(draw_row(columns_.seed, block.first_row + i).group %
                                             static_cast<std::uint32_t>(wanted.size));
        }
        return;
      case CodeColumn::Source::edges:
      case CodeColumn::Source::levels:
        break;
    }
    const bool is_text = type_of(place) == DataType::text;
    const TextCells* const text = is_text ? raw.columns[static_cast<std::size_t>(place)].text : nullptr;
    const double* const cells = cells_of(slot, place);
    for (std::int64_t i = 0; i < block.rows; ++i) {
      const std::string_view cell = is_text ? (*text)[begin + i] : std::string_view{};
      if (wanted.source == CodeColumn::Source::edges) {
        const double x = is_text ? parse_iso_date(cell).value_or(kMissing) : cells[i];
        const auto reached = std::upper_bound(wanted.edges.begin(), wanted.edges.end(), x) - wanted.edges.begin();
        out[i] = std::isnan(x) ? -1 : std::min(static_cast<std::int32_t>(reached), wanted.size) - 1;
      } else if (is_text) {
        const auto found = dictionary.texts.find(cell);
        out[i] = cell.empty() ? -1 : found == dictionary.texts.end() ? wanted.other : found->second;
      } else {
        out[i] = code_of(dictionary, cells[i], wanted.other);
      }
    }
  }

  void weigh(AnalysisBlock& block, Slot& slot) const {
    slot.weights.resize(kBlock);
    slot.units.resize(kBlock);
    const double* const cells = cells_of(slot, weight_place_);
    for (std::int64_t i = 0; i < block.rows; ++i) {
      if (!is_weight(cells[i])) throw bad_weight(cells[i], location_of(info_, columns_.weight, block.first_row + i));
      const auto at = static_cast<std::size_t>(i);
      slot.weights[at] = static_cast<double>(static_cast<float>(cells[i]));  // as a fit sees it
      slot.units[at] = exact::units_of(slot.weights[at], weight_grid_);
    }
    block.weights = slot.weights.data();
    block.units = slot.units.data();
  }

  const TableInfo& info_;
  const AnalysisColumns& columns_;
  std::vector<int> read_;                   // columns of the table, ascending
  std::vector<std::int64_t> number_place_;  // in read_
  std::vector<std::int64_t> code_place_;    // -1: not from the table
  std::int64_t weight_place_ = -1;
  std::vector<bool> beside_numbers_;  // [read_] wanted as codes or weights, too
  std::vector<Dictionary> dictionaries_;
  exact::Grid weight_grid_;
};

}  // namespace

RowDraw draw_row(std::uint64_t seed, std::int64_t row) {
  const auto purpose = std::uint64_t{static_cast<std::uint32_t>(exact::Purpose::analysis)} << 32;
  const exact::PhiloxBlock block = exact::philox(seed, static_cast<std::uint64_t>(row), purpose);
  return {(std::uint64_t{block.word[1]} << 32) | block.word[0], block.word[2]};
}

void sweep_for_analysis(Table& table, const AnalysisColumns& columns, const JobContext& job, std::int64_t budget_bytes,
                        const std::function<void(std::span<const AnalysisBlock>)>& visit) {
  const Encoder encoder(table.info(), columns);
  const auto threads = static_cast<std::size_t>(job.threads.size());
  const std::int64_t row_bytes = raw_row_bytes(table.info(), encoder.read()) + 4;
  const std::int64_t for_chunk = budget_bytes - static_cast<std::int64_t>(threads) * encoder.slot_bytes();
  std::vector<Slot> slots(threads);
  std::vector<AnalysisBlock> blocks(threads);
  std::vector<std::int32_t> labels;
  sweep_raw(table, encoder.read(), rows_per_read(table, row_bytes, for_chunk), job, [&](const RawChunk& raw) {
    if (columns.labels) {
      labels.resize(static_cast<std::size_t>(raw.rows));
      columns.labels(raw.first_row, labels);
    }
    const std::int64_t count = (raw.rows + kAnalysisBlockRows - 1) / kAnalysisBlockRows;
    for (std::int64_t first = 0; first < count; first += std::ssize(slots)) {
      const std::int64_t round = std::min(std::ssize(slots), count - first);
      job.threads.run(round, [&](int, std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        blocks[at] = encoder.encode(raw, (first + i) * kAnalysisBlockRows, labels, slots[at]);
      });
      visit(std::span(blocks).first(static_cast<std::size_t>(round)));
    }
  });
}

}  // namespace tessera
