// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_codes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace tessera::cli {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 13> kMeanings = {{
    {0, "done"},
    {64, "the command line is wrong"},
    {65, "the data are not usable: junk, empty, a missing column, ..."},
    {66, "the input does not exist"},
    {69, "a device or an HDF5 filter is not available"},
    {70, "internal error: please report it"},
    {71, "memory or threads ran out"},
    {73, "the output exists already (--force) or cannot be created"},
    {74, "reading or writing failed: disk full, pipe closed"},
    {77, "the system denies access"},
    {78, "options contradict each other or the table"},
    {130, "stopped by SIGINT; nothing half-written"},
    {143, "stopped by SIGTERM; nothing half-written"},
}};

}  // namespace

std::string exit_code_lines(std::string_view codes) {
  std::string text = "Exit codes:\n";
  std::istringstream words{std::string(codes)};
  for (int code = 0; words >> code;) {
    const auto found = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const auto& entry) { return entry.first == code; });
    if (found != kMeanings.end()) text += fmt::format("  {:<4} {}\n", code, found->second);
  }
  text.pop_back();
  return text;
}

}  // namespace tessera::cli
