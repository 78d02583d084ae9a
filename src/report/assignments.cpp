// SPDX-License-Identifier: Apache-2.0
#include "report/assignments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "hdf5/writer.hpp"
#include "report/assignments_csv.hpp"
#include "report/id_reader.hpp"
#include "tessera/backend.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Rows written at a time. HDF5 lays variable-length text out by the calls that write it, so equal bytes need equal calls.
constexpr std::int64_t kWriteRows = std::int64_t{1} << 16;

/// What has arrived and is not written yet: less than kWriteRows rows.
struct PendingRows {
  std::vector<std::int32_t> segment, runner_up;
  std::vector<float> distance, margin, probability, probabilities;
  std::vector<std::uint8_t> flags;

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(segment.size()); }
  void append(const AssignedRows& rows, std::size_t first, std::size_t count) {
    const auto add = [&](auto& to, const auto& from) {
      const auto part = from.subspan(first, count);
      to.insert(to.end(), part.begin(), part.end());
    };
    add(segment, rows.segment);
    add(runner_up, rows.runner_up);
    add(distance, rows.distance);
    add(margin, rows.margin);
    add(flags, rows.flags);
    if (!rows.probability.empty()) add(probability, rows.probability);
    const std::size_t components = rows.probabilities.size() / rows.segment.size();
    const auto all = rows.probabilities.subspan(first * components, count * components);
    probabilities.insert(probabilities.end(), all.begin(), all.end());
  }
  void clear() {
    segment.clear();
    runner_up.clear();
    distance.clear();
    margin.clear();
    flags.clear();
    probability.clear();
    probabilities.clear();
  }
  [[nodiscard]] AssignedRows view(std::int64_t first_row) const {
    return {first_row, segment, runner_up, distance, margin, flags, probability, probabilities};
  }
};

void check_lengths(const AssignedRows& rows, const SoftColumns& soft, std::int64_t expected_row, std::int64_t total_rows) {
  const std::size_t count = rows.segment.size();
  const bool equal = rows.runner_up.size() == count && rows.distance.size() == count && rows.margin.size() == count &&
                     rows.flags.size() == count && rows.probability.size() == (soft.soft() ? count : 0) &&
                     rows.probabilities.size() == count * static_cast<std::size_t>(soft.probabilities);
  if (!equal || rows.first_row != expected_row || expected_row + static_cast<std::int64_t>(count) > total_rows) {
    throw Error(ErrorCode::internal,
                fmt::format("assigned rows {} to {} arrived where row {} of {} was expected", rows.first_row,
                            rows.first_row + static_cast<std::int64_t>(count), expected_row, total_rows));
  }
}

}  // namespace

struct AssignmentWriter::State {
  State(const AssignmentFiles& files, Table& input, const std::string& id_column)
      : total_rows(input.info().rows),
        ids(input, id_column, pseudonyms_of(files)),
        file(files.hdf5, {.overwrite = files.overwrite}),
        id(create("id", ids.type())),
        segment(create("segment", DataType::int32)),
        runner_up(create("runner_up", DataType::int32)),
        distance(create("distance", DataType::float32)),
        margin(create("margin", DataType::float32)),
        flags(create("flags", DataType::uint8)),
        soft(files.soft) {
    if (!files.csv.empty()) csv.emplace(files.csv, files.overwrite, soft);
    describe(id_column, !files.pseudonym_key.empty());
    if (soft.soft()) add_probabilities();
    if (files.rows == nullptr) return;
    chosen = files.rows;
    row = &create("row", DataType::int64);
    file.set_attribute("/row", "label", "row number in the input, from 0");
  }

  hdf5::DatasetWriter& create(const char* name, DataType type) {
    return file.create_dataset(name, {.type = type, .rows = total_rows});
  }

  static std::optional<Pseudonyms> pseudonyms_of(const AssignmentFiles& files) {
    if (files.pseudonym_key.empty()) return std::nullopt;
    return Pseudonyms(files.pseudonym_key);
  }

  void describe(const std::string& id_column, bool pseudonyms) {
    file.set_attribute("/", "format", "tessera-assignments");
    file.set_attribute("/", "format_version", fmt::format("{}.{}", kAssignmentsFormatMajor, kAssignmentsFormatMinor));
    file.set_attribute("/id", "label",
                       id_column.empty() ? "row number in the input, from 0"
                       : pseudonyms      ? "pseudonym of the customer id: HMAC-SHA-256 with a secret key, its first 16 bytes"
                                         : "customer id as in the input");
    file.set_attribute("/segment", "label", "segment of the customer, from 0; -1: rejected");
    file.set_attribute("/runner_up", "label",
                       soft.soft() ? "second most probable segment; -1: rejected, or there is one segment only"
                                   : "second nearest segment; -1: rejected, or there is one segment only");
    file.set_attribute("/distance", "label",
                       soft.soft() ? "Mahalanobis distance from the mean of the segment; NaN: rejected"
                                   : "distance from the centroid of the segment; NaN: rejected");
    file.set_attribute("/distance", "units", soft.soft() ? "1" : "prepared units");
    file.set_attribute("/margin", "label",
                       soft.soft()
                           ? "probability of the segment less that of the runner-up; NaN: rejected"
                           : "(d2 - d1) / (d2 + d1): 0 half-way between two segments, 1 at the centroid; NaN: rejected");
    file.set_attribute("/margin", "units", "1");
    file.set_attribute("/flags", "label", "sum of the masks that apply");
    file.set_attribute("/flags", "bits", std::vector<std::string>{"boundary", "outlier", "incomplete", "rejected"});
    file.set_attribute("/flags", "masks",
                       std::vector<std::int64_t>{kFlagBoundary, kFlagOutlier, kFlagIncomplete, kFlagRejected});
  }

  void add_probabilities() {
    probability = &create("probability", DataType::float32);
    file.set_attribute("/probability", "label", "probability of the segment given the customer; NaN: rejected");
    file.set_attribute("/probability", "units", "1");
    if (soft.probabilities == 0) return;
    probabilities =
        &file.create_dataset("probabilities", {.type = DataType::float32, .rows = total_rows, .columns = soft.probabilities});
    file.set_attribute("/probabilities", "label", "probability of every segment given the customer; NaN: rejected");
    file.set_attribute("/probabilities", "units", "1");
  }

  void write_pending() {
    const AssignedRows rows = pending.view(written);
    ids.read(written, pending.count());
    ids.append_to(id);
    segment.append(rows.segment);
    runner_up.append(rows.runner_up);
    distance.append(rows.distance);
    margin.append(rows.margin);
    flags.append(rows.flags);
    if (probability != nullptr) probability->append(rows.probability);
    if (probabilities != nullptr) probabilities->append(rows.probabilities);
    if (row != nullptr) write_row_numbers();
    if (csv) csv->write(ids, rows);
    written += pending.count();
    pending.clear();
  }

  void write_row_numbers() {
    std::vector<std::int64_t> numbers{chosen->select(written)};
    while (std::ssize(numbers) < pending.count()) numbers.push_back(chosen->next(numbers.back() + 1));
    row->append(std::span<const std::int64_t>(numbers));
  }

  std::int64_t total_rows;
  IdReader ids;
  hdf5::FileWriter file;
  hdf5::DatasetWriter& id;
  hdf5::DatasetWriter& segment;
  hdf5::DatasetWriter& runner_up;
  hdf5::DatasetWriter& distance;
  hdf5::DatasetWriter& margin;
  hdf5::DatasetWriter& flags;
  SoftColumns soft;
  hdf5::DatasetWriter* probability = nullptr;    ///< of mixtures only
  hdf5::DatasetWriter* probabilities = nullptr;  ///< if wanted
  hdf5::DatasetWriter* row = nullptr;            ///< with `chosen` only
  const RowBitmap* chosen = nullptr;
  std::optional<AssignmentCsv> csv;
  PendingRows pending;
  std::int64_t written = 0;
};

AssignmentWriter::AssignmentWriter(const AssignmentFiles& files, Table& input, const std::string& id_column)
    : state_(std::make_unique<State>(files, input, id_column)) {}

AssignmentWriter::~AssignmentWriter() = default;

void AssignmentWriter::write(const AssignedRows& rows) {
  State& state = *state_;
  check_lengths(rows, state.soft, state.written + state.pending.count(), state.total_rows);
  for (std::size_t first = 0; first < rows.segment.size();) {
    const auto room = static_cast<std::size_t>(kWriteRows - state.pending.count());
    const std::size_t count = std::min(room, rows.segment.size() - first);
    state.pending.append(rows, first, count);
    if (state.pending.count() == kWriteRows) state.write_pending();
    first += count;
  }
}

void AssignmentWriter::finish() {
  State& state = *state_;
  if (state.pending.count() > 0) state.write_pending();
  if (state.written != state.total_rows) {
    throw Error(ErrorCode::internal, fmt::format("{} of {} rows were assigned", state.written, state.total_rows));
  }
  state.file.commit();
  if (state.csv) state.csv->finish();
}

}  // namespace tessera
