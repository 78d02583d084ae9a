// SPDX-License-Identifier: Apache-2.0
#include "table/column_source.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "hdf5/half.hpp"
#include "hdf5/text.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using Form = hdf5::ElementType::Form;

/// Frees the variable-length text of a read, also when decoding it fails.
class TextRelease {
 public:
  TextRelease(const hdf5::Dataset& dataset, const Hdf5Handle& type, std::int64_t rows, void* buffer)
      : dataset_(dataset), type_(type), rows_(rows), buffer_(buffer) {}
  TextRelease(const TextRelease&) = delete;
  TextRelease& operator=(const TextRelease&) = delete;
  ~TextRelease() { dataset_.release_text(rows_, type_, buffer_); }

 private:
  const hdf5::Dataset& dataset_;
  const Hdf5Handle& type_;
  std::int64_t rows_;
  void* buffer_;
};

void decode_labels(DataType type, hdf5::StridedCells cells, const hdf5::CodeLabels& labels, TextCells& out) {
  for (std::int64_t row = 0; row < cells.rows; ++row) out.push_back(labels.find(hdf5::load_integer(type, cells.at(row))));
}

void decode_halves(hdf5::StridedCells cells, float* out) {
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    std::uint16_t half = 0;
    std::memcpy(&half, cells.at(row), sizeof(half));
    out[row] = hdf5::half_to_float(half);
  }
}

void decode_days(DataType type, hdf5::StridedCells cells, double units_per_day, double* out) {
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    const std::int64_t units = hdf5::load_integer(type, cells.at(row));
    const bool missing = units == std::numeric_limits<std::int64_t>::min();
    out[row] = missing ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(units) / units_per_day;
  }
}

}  // namespace

std::byte* ChunkStorage::numeric(std::size_t bytes) {
  if (next_numeric_ == chunk_.numeric_storage.size()) chunk_.numeric_storage.emplace_back();
  std::vector<std::byte>& buffer = chunk_.numeric_storage[next_numeric_++];
  if (buffer.size() < bytes) buffer.resize(bytes);
  return buffer.data();
}

TextCells& ChunkStorage::text() {
  if (next_text_ == chunk_.text_storage.size()) chunk_.text_storage.push_back(std::make_unique<TextCells>());
  TextCells& cells = *chunk_.text_storage[next_text_++];
  cells.clear();
  return cells;
}

DatasetSource::DatasetSource(hdf5::Dataset dataset, std::vector<DatasetColumn> columns, std::vector<hdf5::CodeLabels> labels)
    : dataset_(std::move(dataset)), columns_(std::move(columns)), labels_(std::move(labels)) {
  dataset_.prepare_to_read();
  for (DatasetColumn& column : columns_) {
    if (element_of(column).form != Form::number) column.decode = Decode::none;
  }
}

const hdf5::ElementType& DatasetSource::element_of(const DatasetColumn& column) const {
  const hdf5::ElementType& type = dataset_.type();
  return column.member < 0 ? type : type.members[static_cast<std::size_t>(column.member)].type;
}

bool DatasetSource::seen_in_place(const DatasetColumn& column) const {
  return column.decode == Decode::none && element_of(column).form == Form::number;
}

DataType DatasetSource::type_of(int column) const {
  const DatasetColumn& wanted = columns_[static_cast<std::size_t>(column)];
  if (wanted.decode == Decode::labels) return DataType::text;
  return wanted.decode == Decode::days ? DataType::float64 : element_of(wanted).type;
}

Hdf5Handle DatasetSource::memory_type(std::span<const WantedColumn> wanted) const {
  std::vector<char> members(dataset_.type().members.size(), 0);
  for (const WantedColumn& one : wanted) {
    const int member = columns_[static_cast<std::size_t>(one.column)].member;
    if (member >= 0) members[static_cast<std::size_t>(member)] = 1;
  }
  const Hdf5Session session;
  Hdf5Handle type = dataset_.type().memory_type(members);
  if (!type) hdf5::raise("describe the records", dataset_.file(), dataset_.path());
  return type;
}

ColumnView DatasetSource::view_of(const DatasetColumn& column, const std::byte* records, std::int64_t rows,
                                  ChunkStorage& storage) const {
  const hdf5::ElementType& element = element_of(column);
  const std::size_t member_offset =
      column.member < 0 ? 0 : dataset_.type().members[static_cast<std::size_t>(column.member)].offset_bytes;
  const hdf5::StridedCells cells = {records + member_offset + static_cast<std::size_t>(column.cell) * element.memory_bytes,
                                    static_cast<std::ptrdiff_t>(dataset_.row_bytes()), rows};
  if (seen_in_place(column)) return {element.type, cells.data, cells.stride_bytes, nullptr};
  if (column.decode == Decode::days) {
    std::byte* days = storage.numeric(static_cast<std::size_t>(rows) * sizeof(double));
    decode_days(element.type, cells, column.units_per_day, reinterpret_cast<double*>(days));
    return {DataType::float64, days, sizeof(double), nullptr};
  }
  if (element.form == Form::half) {
    std::byte* values = storage.numeric(static_cast<std::size_t>(rows) * sizeof(float));
    decode_halves(cells, reinterpret_cast<float*>(values));
    return {DataType::float32, values, sizeof(float), nullptr};
  }
  TextCells& text = storage.text();
  if (column.decode == Decode::labels) {
    decode_labels(element.type, cells, labels_[static_cast<std::size_t>(column.labels)], text);
  } else {
    hdf5::append_text(element, cells, text, column.missing_text);
  }
  return {DataType::text, nullptr, 0, &text};
}

void DatasetSource::read(std::int64_t first, std::int64_t rows, std::span<const WantedColumn> wanted, ChunkStorage& storage,
                         std::vector<ColumnView>& views) {
  const auto column_of = [&](const WantedColumn& one) -> const DatasetColumn& {
    return columns_[static_cast<std::size_t>(one.column)];
  };
  const bool in_place =
      std::any_of(wanted.begin(), wanted.end(), [&](const WantedColumn& one) { return seen_in_place(column_of(one)); });
  const bool variable = std::any_of(wanted.begin(), wanted.end(), [&](const WantedColumn& one) {
    return element_of(column_of(one)).form == Form::variable_text;
  });
  const auto bytes = static_cast<std::size_t>(rows * dataset_.row_bytes());
  if (!in_place && scratch_.size() < bytes) scratch_.resize(bytes);
  std::byte* records = in_place ? storage.numeric(bytes) : scratch_.data();

  const Hdf5Handle type = memory_type(wanted);
  dataset_.read(first, rows, type, records);
  std::unique_ptr<TextRelease> release;
  if (variable) release = std::make_unique<TextRelease>(dataset_, type, rows, records);
  for (const WantedColumn& one : wanted) {
    views[static_cast<std::size_t>(one.slot)] = view_of(column_of(one), records, rows, storage);
  }
}

hdf5::CodeLabels number_labels(std::vector<std::string> labels) {
  hdf5::CodeLabels numbered;
  numbered.codes.resize(labels.size());
  std::iota(numbered.codes.begin(), numbered.codes.end(), 0);
  numbered.labels = std::move(labels);
  return numbered;
}

hdf5::CodeLabels read_member_labels(hdf5::Dataset table, int member) {
  const std::int64_t rows = table.rows();
  DatasetSource source(std::move(table), {{.member = member, .missing_text = {}}});
  RawChunk chunk;
  chunk.columns.resize(1);
  ChunkStorage storage(chunk);
  constexpr WantedColumn kOnly = {0, 0};
  source.read(0, rows, {&kOnly, 1}, storage, chunk.columns);
  const ColumnView& view = chunk.columns.front();
  std::vector<std::string> labels;
  for (std::int64_t row = 0; row < rows; ++row) {
    labels.push_back(view.text != nullptr ? std::string((*view.text)[row])
                                          : hdf5::number_text(view.type, view.data + row * view.stride_bytes));
  }
  return number_labels(std::move(labels));
}

MaskedSource::MaskedSource(std::unique_ptr<DatasetSource> values, std::unique_ptr<DatasetSource> mask)
    : values_(std::move(values)), mask_(std::move(mask)) {}

void MaskedSource::touch_index() const {
  values_->touch_index();
  mask_->touch_index();
}

void MaskedSource::read(std::int64_t first, std::int64_t rows, std::span<const WantedColumn> wanted, ChunkStorage& storage,
                        std::vector<ColumnView>& views) {
  unmasked_.columns.resize(2);
  ChunkStorage own(unmasked_);
  constexpr WantedColumn kValues = {0, 0};
  constexpr WantedColumn kMask = {0, 1};
  values_->read(first, rows, {&kValues, 1}, own, unmasked_.columns);
  mask_->read(first, rows, {&kMask, 1}, own, unmasked_.columns);
  const ColumnView& values = unmasked_.columns[0];
  const ColumnView& mask = unmasked_.columns[1];
  const auto is_missing = [&](std::int64_t row) {
    return hdf5::load_number(mask.type, mask.data + row * mask.stride_bytes) != 0.0;
  };

  ColumnView view;
  if (values.text != nullptr) {
    TextCells& text = storage.text();
    for (std::int64_t row = 0; row < rows; ++row) text.push_back(is_missing(row) ? std::string_view() : (*values.text)[row]);
    view = {DataType::text, nullptr, 0, &text};
  } else {
    auto* numbers = reinterpret_cast<double*>(storage.numeric(static_cast<std::size_t>(rows) * sizeof(double)));
    for (std::int64_t row = 0; row < rows; ++row) {
      const double number = hdf5::load_number(values.type, values.data + row * values.stride_bytes);
      numbers[row] = is_missing(row) ? std::numeric_limits<double>::quiet_NaN() : number;
    }
    view = {DataType::float64, reinterpret_cast<const std::byte*>(numbers), sizeof(double), nullptr};
  }
  for (const WantedColumn& one : wanted) views[static_cast<std::size_t>(one.slot)] = view;
}

}  // namespace tessera
