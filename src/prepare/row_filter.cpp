// SPDX-License-Identifier: Apache-2.0
#include "prepare/row_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/dates.hpp"
#include "prepare/cells.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using Form = FilterNode::Form;
using Relation = FilterNode::Relation;

/// Truth of a row. In this order `and` is the least, `or` the greatest and `not` the mirror image.
enum Truth : std::int8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

template <typename Value>
bool holds(Relation relation, const Value& left, const Value& right) {
  switch (relation) {
    case Relation::equal:
      return left == right;
    case Relation::not_equal:
      return left != right;
    case Relation::less:
      return left < right;
    case Relation::less_equal:
      return left <= right;
    case Relation::greater:
      return left > right;
    case Relation::greater_equal:
      return left >= right;
  }
  return false;
}

Truth truth(bool value) { return value ? kTrue : kFalse; }

void test_text(const FilterNode& node, const TextCells& cells, std::vector<std::int8_t>& out) {
  const std::string_view wanted = node.text;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string_view cell = cells[static_cast<std::int64_t>(i)];
    if (node.form == Form::missing)
      out[i] = truth(cell.empty());
    else
      out[i] = cell.empty() ? kUnknown : truth(holds(node.relation, cell, wanted));
  }
}

void test_numbers(const FilterNode& node, const ColumnView& view, std::vector<std::int8_t>& out) {
  // A float32 of 2.55 is meant where the text says 2.55.
  const double wanted = view.type == DataType::float32 ? static_cast<double>(static_cast<float>(node.number)) : node.number;
  std::vector<double> cells(out.size());
  read_cells(view, 0, static_cast<std::int64_t>(out.size()), cells.data());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (node.form == Form::missing)
      out[i] = truth(std::isnan(cells[i]));
    else
      out[i] = std::isnan(cells[i]) ? kUnknown : truth(holds(node.relation, cells[i], wanted));
  }
}

/// Truth of every row; `next` walks through the positions of the columns in the order of binding.
std::vector<std::int8_t> evaluate(const FilterNode& node, const RawChunk& chunk, const int*& next) {
  std::vector<std::int8_t> out(static_cast<std::size_t>(chunk.rows));
  if (node.parts.empty()) {
    const ColumnView& view = chunk.columns[static_cast<std::size_t>(*next++)];
    view.text != nullptr ? test_text(node, *view.text, out) : test_numbers(node, view, out);
    return out;
  }
  out = evaluate(node.parts.front(), chunk, next);
  if (node.form == Form::negation) {
    for (std::int8_t& value : out) value = static_cast<std::int8_t>(kTrue - value);
    return out;
  }
  for (std::size_t p = 1; p < node.parts.size(); ++p) {
    const std::vector<std::int8_t> other = evaluate(node.parts[p], chunk, next);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = node.form == Form::conjunction ? std::min(out[i], other[i]) : std::max(out[i], other[i]);
    }
  }
  return out;
}

}  // namespace

RowFilter::RowFilter(std::string_view text, std::string_view option, ColumnPicks& picks) : every_row_(text.empty()) {
  if (every_row_) return;
  root_ = parse_filter(text, option);
  bind(root_, option, picks);
}

void RowFilter::bind(FilterNode& node, std::string_view option, ColumnPicks& picks) {
  for (FilterNode& part : node.parts) bind(part, option, picks);
  if (!node.parts.empty()) return;
  const int position = picks.pick(node.column.name, option);
  positions_.push_back(position);
  if (node.form == Form::missing) return;
  const ColumnSchema& schema = picks.schema(position);
  if (schema.type == DataType::text) {
    if (node.against_text) return;
    throw ConfigError(
        fmt::format("{}: column '{}' holds text and is compared with the number {}", option, schema.name, node.number),
        fmt::format("put the value in single quotes: '{}'", node.number));
  }
  if (!node.against_text) return;
  const auto days = schema.declared_kind == Kind::date ? parse_iso_date(node.text) : std::nullopt;
  if (!days) {
    throw ConfigError(fmt::format("{}: column '{}' holds {} and is compared with the text '{}'", option, schema.name,
                                  schema.declared_kind == Kind::date ? "dates" : "numbers", node.text),
                      schema.declared_kind == Kind::date ? "write a date as '2026-03-31' or '2026-03-31 10:20'"
                                                         : "write a number, without quotes");
  }
  node.number = *days;
}

void RowFilter::apply(const RawChunk& chunk, std::vector<std::int8_t>& keep) const {
  keep.assign(static_cast<std::size_t>(chunk.rows), 1);
  if (every_row_) return;
  const int* next = positions_.data();
  const std::vector<std::int8_t> truths = evaluate(root_, chunk, next);
  for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = truths[i] == kTrue ? 1 : 0;
}

RowProduct::RowProduct(std::string_view text, std::string_view option, ColumnPicks& picks) {
  const auto& columns = picks.info().columns;
  const bool is_name = std::any_of(columns.begin(), columns.end(), [&](const ColumnSchema& c) { return c.name == text; });
  const std::vector<NamedColumn> factors =
      is_name ? std::vector<NamedColumn>{{std::string(text), 0}} : parse_product(text, option);
  for (const NamedColumn& factor : factors) {
    const int position = picks.pick(factor.name, option);
    if (const ColumnSchema& schema = picks.schema(position);
        schema.type == DataType::text || schema.declared_kind == Kind::date) {
      throw ConfigError(fmt::format("{}: column '{}' holds {}, not numbers", option, schema.name,
                                    schema.type == DataType::text ? "text" : "dates"),
                        "name columns of numbers; `tessera inspect` shows what a file holds");
    }
    positions_.push_back(position);
  }
}

void RowProduct::apply(const RawChunk& chunk, std::vector<double>& values) const {
  const auto rows = static_cast<std::size_t>(chunk.rows);
  values.assign(rows, 1.0);
  std::vector<double> factor(rows);
  for (const int position : positions_) {
    read_cells(chunk.columns[static_cast<std::size_t>(position)], 0, chunk.rows, factor.data());
    for (std::size_t i = 0; i < rows; ++i) values[i] = values[i] * factor[i];
  }
}

}  // namespace tessera
