// SPDX-License-Identifier: Apache-2.0
#include "report/assignments_csv.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include "report/csv_text.hpp"
#include "report/disk.hpp"
#include "tessera/backend.hpp"

namespace tessera {
namespace {

constexpr std::string_view kHeader = "id,segment,runner_up,distance,margin,boundary,outlier,incomplete,rejected";
constexpr std::array<RowFlag, 4> kFlagColumns = {kFlagBoundary, kFlagOutlier, kFlagIncomplete, kFlagRejected};

}  // namespace

AssignmentCsv::AssignmentCsv(const std::filesystem::path& path, bool overwrite, const SoftColumns& soft)
    : staged_(path, overwrite), file_(disk::open_for_writing(staged_.path())) {
  std::string header(kHeader);
  if (soft.soft()) header += ",probability";
  for (int c = 0; c < soft.probabilities; ++c) header += ",probability_" + std::to_string(c);
  disk::write_all(file_, header + '\n', staged_.target());
}

void AssignmentCsv::write(const IdReader& ids, const AssignedRows& rows) {
  buffer_.clear();
  for (std::size_t i = 0; i < rows.segment.size(); ++i) {
    ids.append_to(buffer_, static_cast<std::int64_t>(i));
    buffer_ += ',';
    append_csv_number(buffer_, std::int64_t{rows.segment[i]});
    buffer_ += ',';
    append_csv_number(buffer_, std::int64_t{rows.runner_up[i]});
    buffer_ += ',';
    append_csv_number(buffer_, rows.distance[i]);
    buffer_ += ',';
    append_csv_number(buffer_, rows.margin[i]);
    for (const RowFlag flag : kFlagColumns) buffer_ += (rows.flags[i] & flag) != 0 ? ",1" : ",0";
    const auto add = [&](float value) {
      buffer_ += ',';
      append_csv_number(buffer_, value);
    };
    if (!rows.probability.empty()) add(rows.probability[i]);
    const std::size_t components = rows.probabilities.size() / rows.segment.size();
    for (std::size_t c = 0; c < components; ++c) add(rows.probabilities[i * components + c]);
    buffer_ += '\n';
  }
  disk::write_all(file_, buffer_, staged_.target());
}

void AssignmentCsv::finish() { staged_.commit(); }

}  // namespace tessera
