// SPDX-License-Identifier: Apache-2.0
#include "table/convert_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

#include "core/dates.hpp"
#include "table/convert_number.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::size_t kRejectBufferBytes = std::size_t{1} << 16;

/// One cell of a CSV, quoted.
void append_quoted(std::string& out, std::string_view cell) {
  out.push_back('"');
  for (const char c : cell) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

std::string_view without_line_end(std::string_view row) {
  while (!row.empty() && (row.back() == '\n' || row.back() == '\r')) row.remove_suffix(1);
  return row;
}

[[noreturn]] void raise_changed() {
  throw DataError("the text has changed while it was being read", {}, "wait until it is complete, then convert it again");
}

}  // namespace

ColumnWriter::ColumnWriter(hdf5::DatasetWriter& dataset, const ColumnPlan& plan, char decimal_mark)
    : dataset_(&dataset), type_(plan.type), date_(plan.date), decimal_mark_(decimal_mark) {}

template <typename T>
void ColumnWriter::put(T value) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  numbers_.insert(numbers_.end(), bytes, bytes + sizeof(T));
}

double ColumnWriter::number_of(std::string_view trimmed) const {
  if (date_) {
    const std::optional<double> days = parse_iso_date(trimmed);
    if (!days) raise_changed();
    return *days;
  }
  const CellNumber number = parse_cell_number(trimmed, decimal_mark_);
  if (number.form == CellNumber::Form::none) raise_changed();
  return number.value;
}

void ColumnWriter::add(std::string_view cell, const MissingMarkers& markers) {
  const std::string_view trimmed = trim(cell);
  const bool missing = markers.contains(trimmed);
  if (type_ == DataType::text) return text_.push_back(missing ? std::string_view() : cell);
  if (type_ == DataType::float64 || type_ == DataType::float32) {
    const double value = missing ? std::numeric_limits<double>::quiet_NaN() : number_of(trimmed);
    return type_ == DataType::float64 ? put(value) : put(static_cast<float>(value));
  }
  if (missing) raise_changed();
  const std::int64_t value = date_ ? std::llrint(number_of(trimmed)) : parse_cell_number(trimmed, decimal_mark_).integer;
  switch (type_) {
    case DataType::int8:
      return put(static_cast<std::int8_t>(value));
    case DataType::int16:
      return put(static_cast<std::int16_t>(value));
    case DataType::int32:
      return put(static_cast<std::int32_t>(value));
    default:
      return put(value);
  }
}

std::int64_t ColumnWriter::buffered_bytes() const {
  return static_cast<std::int64_t>(numbers_.size() + text_.bytes.size() + 8 * text_.offsets.size());
}

void ColumnWriter::flush() {
  if (type_ == DataType::text) {
    dataset_->append(text_);
    text_.clear();
  } else {
    dataset_->append_bytes(numbers_.data(), static_cast<std::int64_t>(numbers_.size() / value_bytes(type_)));
    numbers_.clear();
  }
}

RejectFile::RejectFile(std::filesystem::path path, bool overwrite) : path_(std::move(path)), overwrite_(overwrite) {
  std::error_code failure;
  if (!path_.empty() && !overwrite_ && std::filesystem::exists(path_, failure)) {
    throw FileError(ErrorCode::cannot_create, fmt::format("cannot create {}: it exists already", path_.string()),
                    "choose another name, or pass --force to replace it");
  }
}

void RejectFile::add(const CsvRecord& record) {
  if (path_.empty()) return;
  if (!file_) {
    constexpr mode_t kOwnerOnly = 0600;  // rows of customers, and nobody has looked at them
    file_.emplace(path_, overwrite_, kOwnerOnly);
    pending_ = "line,reason,row\n";
  }
  pending_ += fmt::format("{},", record.line);
  append_quoted(pending_, record.error);
  pending_.push_back(',');
  append_quoted(pending_, without_line_end(record.bytes));
  pending_.push_back('\n');
  if (pending_.size() > kRejectBufferBytes) flush();
}

void RejectFile::flush() {
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const ssize_t count = ::write(file_->output().descriptor, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw file_error("write", path_.string(), errno);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  pending_.clear();
}

bool RejectFile::commit() {
  if (!file_) {
    std::error_code failure;
    if (!path_.empty() && overwrite_) std::filesystem::remove(path_, failure);
    return false;
  }
  flush();
  file_->publish();
  file_.reset();
  return true;
}

}  // namespace tessera
