// SPDX-License-Identifier: Apache-2.0
#include "report/remarks.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tessera {

std::vector<Remark> all_remarks(const SegmentationSummary& summary) {
  std::vector<Remark> remarks;
  const auto add = [&](Remark remark) {
    const bool known =
        std::any_of(remarks.begin(), remarks.end(), [&](const Remark& r) { return r.message == remark.message; });
    if (!known) remarks.push_back(std::move(remark));
  };
  for (const Remark& remark : summary.remarks) add(remark);
  for (const std::string& note : summary.table.notes) add({"table", note, false});
  for (const ColumnProfile& profile : summary.profiles) {
    for (const std::string& warning : profile.warnings) add({"column", profile.name + ": " + warning, true});
  }
  for (const std::string& note : summary.fit.notes) add({"fit", note, false});
  return remarks;
}

bool is_about_data(const Remark& remark) {
  static constexpr std::array<std::string_view, 5> kAboutTheMachine = {"threads", "memory", "device", "device_fallback",
                                                                       "iteration"};
  return std::find(kAboutTheMachine.begin(), kAboutTheMachine.end(), remark.code) == kAboutTheMachine.end() || remark.warning;
}

}  // namespace tessera
