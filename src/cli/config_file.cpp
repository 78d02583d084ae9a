// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "core/edit_distance.hpp"
#include "tessera/error.hpp"

namespace tessera::cli {
namespace {

/// The keys that may stand in a file: what --print-config shows.
std::vector<std::string> keys_of(const CLI::App& app) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_configurable()) keys.push_back(option->get_single_name());
  }
  return keys;
}

void check_key(const CLI::ConfigItem& item, const CLI::App& command) {
  const std::vector<std::string> keys = keys_of(command);
  if (std::find(keys.begin(), keys.end(), item.name) != keys.end()) return;
  const std::optional<std::string> nearest = nearest_name(item.name, keys);
  throw ConfigError(fmt::format("the configuration has '{}', which `tessera {}` does not know", item.name, command.get_name()),
                    nearest ? fmt::format("did you mean '{}'?", *nearest)
                            : fmt::format("`tessera {} --print-config` lists what it knows", command.get_name()));
}

}  // namespace

std::vector<CLI::ConfigItem> ConfigFile::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> kept;
  const auto chosen = root_->get_subcommands();
  if (chosen.empty()) return kept;
  const CLI::App& command = *chosen.front();
  for (CLI::ConfigItem& item : CLI::ConfigTOML::from_config(input)) {
    const bool section_mark = item.name == "++" || item.name == "--";
    if (section_mark) continue;
    if (!item.parents.empty() && item.parents.front() != command.get_name()) {
      const auto others = root_->get_subcommands([&](const CLI::App* app) { return app->get_name() == item.parents.front(); });
      if (!others.empty()) continue;
      throw ConfigError(fmt::format("the configuration has a section [{}], which is no command", item.parents.front()),
                        "name sections after commands, such as [segment]");
    }
    item.parents = {command.get_name()};
    check_key(item, command);
    kept.push_back(std::move(item));
  }
  return kept;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace tessera::cli
