// SPDX-License-Identifier: Apache-2.0
#include "table/convert_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "table/convert_number.hpp"

namespace tessera {
namespace {

/// Makes the names differ by appending _2, _3, ... to those that were there before. A name that stands in the list as it is
/// keeps it, so that an appended number never takes it away from its column.
std::vector<std::string> make_unique(const std::vector<std::string>& names) {
  std::unordered_set<std::string> reserved(names.begin(), names.end());
  std::unordered_set<std::string> used;
  std::vector<std::string> unique;
  unique.reserve(names.size());
  for (const std::string& name : names) {
    std::string candidate = name;
    for (int i = 2; used.contains(candidate) || (i > 2 && reserved.contains(candidate)); ++i)
      candidate = fmt::format("{}_{}", name, i);
    used.insert(candidate);
    unique.push_back(std::move(candidate));
  }
  return unique;
}

}  // namespace

std::vector<std::string> unique_column_names(const std::vector<std::string>& header, std::vector<std::string>& renamed) {
  std::vector<std::string> names;
  names.reserve(header.size());
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string_view name = trim(header[i]);
    names.push_back(name.empty() ? fmt::format("col_{:03}", i + 1) : std::string(name));
    std::replace_if(
        names.back().begin(), names.back().end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  }
  std::vector<std::string> unique = make_unique(names);
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (trim(header[i]).empty()) {
      renamed.push_back(fmt::format("column {} has no name and is called '{}'", i + 1, unique[i]));
    } else if (unique[i] != names[i]) {
      renamed.push_back(fmt::format("column {} is a second '{}' and is called '{}'", i + 1, names[i], unique[i]));
    }
  }
  return unique;
}

std::vector<std::string> dataset_names(const std::vector<std::string>& column_names) {
  const auto storable = [](const std::string& name) {
    return name.find('/') == std::string::npos && name != "." && name != "..";
  };
  std::unordered_set<std::string> used;
  std::copy_if(column_names.begin(), column_names.end(), std::inserter(used, used.end()), storable);
  std::vector<std::string> names = column_names;
  for (std::string& name : names) {
    if (storable(name)) continue;
    std::replace(name.begin(), name.end(), name.find('/') == std::string::npos ? '.' : '/', '_');
    const std::string stem = name;
    for (int i = 2; !used.insert(name).second; ++i) name = fmt::format("{}_{}", stem, i);
  }
  return names;
}

}  // namespace tessera
