// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

/// What people call a segment: an entry of names.json.
struct SegmentName {
  int segment = 0;
  std::string default_name;  ///< made of what sets the segment apart
  std::string name;          ///< the same until somebody changes it
};

/// The names that a run's summary.json gives to its segments, none of them changed.
[[nodiscard]] std::vector<SegmentName> default_names(const nlohmann::json& summary);

/// names.json as text.
[[nodiscard]] std::string names_json(const std::vector<SegmentName>& names);
/// @param path for the message. @throws DataError if the text is not a names.json
[[nodiscard]] std::vector<SegmentName> parse_names(std::string_view text, const std::string& path);

/// `fresh` with the names that people gave earlier. A changed name goes to the segment with the same default name: the segment
/// of the same number if that has it, else the only one that has it. Names of segments that are no more are lost.
[[nodiscard]] std::vector<SegmentName> keep_changed_names(std::vector<SegmentName> fresh,
                                                          const std::vector<SegmentName>& earlier);

}  // namespace tessera
