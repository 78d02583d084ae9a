// SPDX-License-Identifier: Apache-2.0
#include "report/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "report/json.hpp"
#include "report/sections/fields.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using sections::Input;

/// A name that a sheet of paper could hold.
constexpr std::size_t kMostSegments = 100'000;

bool is_changed(const SegmentName& entry) { return !entry.name.empty() && entry.name != entry.default_name; }

DataError damaged(const std::string& path, const std::string& why) {
  return DataError(why, {path, {}, -1, {}}, "correct the file, or remove it: the default names are written anew then");
}

}  // namespace

std::vector<SegmentName> default_names(const Input& summary) {
  const Input& analysed = sections::list(sections::member(summary, "analysis"), "segments");
  const Input& found = sections::list(summary, "segments");
  std::vector<SegmentName> names;
  for (std::size_t s = 0; s < std::min(std::max(analysed.size(), found.size()), kMostSegments); ++s) {
    SegmentName entry;
    entry.segment = static_cast<int>(s);
    entry.default_name = sections::text(sections::element(analysed, s), "default_name");
    if (entry.default_name.empty()) entry.default_name = sections::text(sections::element(found, s), "name");
    if (entry.default_name.empty()) entry.default_name = fmt::format("segment {}", s);
    entry.name = entry.default_name;
    names.push_back(std::move(entry));
  }
  return names;
}

std::string names_json(const std::vector<SegmentName>& names) {
  Json json;
  json["format"] = "tessera-names";
  json["format_version"] = "1.0";
  json["segments"] = Json::array();
  for (const SegmentName& entry : names) {
    json["segments"].push_back({{"segment", entry.segment}, {"default_name", entry.default_name}, {"name", entry.name}});
  }
  return to_text(json);
}

std::vector<SegmentName> parse_names(std::string_view text, const std::string& path) {
  Input json = Input::parse(text, nullptr, false, true);
  if (json.is_discarded()) throw damaged(path, "the file is not JSON: is a quote or a comma missing?");
  if (sections::text(json, "format") != "tessera-names") throw damaged(path, "the file holds no names of segments");
  std::vector<SegmentName> names;
  for (const Input& entry : sections::list(json, "segments")) {
    const std::int64_t number = sections::count(entry, "segment");
    if (number < 0 || number >= static_cast<std::int64_t>(kMostSegments)) {
      throw damaged(path, "an entry of 'segments' has no whole number as 'segment'");
    }
    const Input& name = sections::member(entry, "name");
    if (!name.is_null() && !name.is_string()) throw damaged(path, fmt::format("the name of segment {} is no text", number));
    names.push_back({static_cast<int>(number), sections::text(entry, "default_name"), sections::text(name)});
  }
  return names;
}

std::vector<SegmentName> keep_changed_names(std::vector<SegmentName> fresh, const std::vector<SegmentName>& earlier) {
  for (SegmentName& entry : fresh) {
    const auto same = [&](const SegmentName& e) { return e.default_name == entry.default_name; };
    const auto own = std::find_if(earlier.begin(), earlier.end(),
                                  [&](const SegmentName& e) { return same(e) && e.segment == entry.segment; });
    if (own != earlier.end()) {
      if (is_changed(*own)) entry.name = own->name;
      continue;
    }
    const bool only =
        std::count_if(earlier.begin(), earlier.end(), same) == 1 && std::count_if(fresh.begin(), fresh.end(), same) == 1;
    const auto moved = std::find_if(earlier.begin(), earlier.end(), same);
    if (only && is_changed(*moved)) entry.name = moved->name;
  }
  return fresh;
}

}  // namespace tessera
