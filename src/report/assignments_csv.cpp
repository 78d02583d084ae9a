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

constexpr std::string_view kHeader = "id,segment,runner_up,distance,margin,boundary,outlier,imputed,rejected\n";
constexpr std::array<RowFlag, 4> kFlagColumns = {kFlagBoundary, kFlagOutlier, kFlagImputed, kFlagRejected};

}  // namespace

AssignmentCsv::AssignmentCsv(const std::filesystem::path& path, bool overwrite)
    : staged_(path, overwrite), file_(disk::open_for_writing(staged_.path())) {
  disk::write_all(file_, kHeader, staged_.target());
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
    buffer_ += '\n';
  }
  disk::write_all(file_, buffer_, staged_.target());
}

void AssignmentCsv::finish() { staged_.commit(); }

}  // namespace tessera
