// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
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

/// Bare if TOML reads it as a number or truth value, else in whichever quotes it does not contain.
std::string toml_value(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  const bool number =
      !text.empty() && end == text.c_str() + text.size() && text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (number || text == "true" || text == "false") return text;
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  return quote + text + quote;
}

/// What is in force: given, default, or nothing.
std::string value_of(const CLI::Option& option) {
  const CLI::results_t given = option.results();
  if (option.get_expected_max() > 1 && !given.empty()) {
    std::string list;
    for (const std::string& item : given) list += (list.empty() ? "" : ", ") + toml_value(item);
    return "[" + list + "]";
  }
  if (!given.empty()) return toml_value(given.back());
  if (option.get_expected_min() == 0) return "false";
  return option.get_default_str().empty() ? std::string{} : toml_value(option.get_default_str());
}

}  // namespace

std::string ConfigFile::to_config(const CLI::App* app, bool, bool, std::string) const {
  std::string text = fmt::format("# Options of `tessera {}`; read with --config.\n", app->get_name());
  for (const std::string& group : app->get_groups()) {
    std::string lines;
    for (const CLI::Option* option : app->get_options()) {
      const std::string value = value_of(*option);
      const bool hidden = group.empty() && option->count() == 0;
      if (option->get_group() != group || !option->get_configurable() || value.empty() || hidden) continue;
      lines += fmt::format("# {}\n{} = {}\n", option->get_description(), option->get_single_name(), value);
    }
    if (!lines.empty()) text += fmt::format("\n# --- {} ---\n{}", group.empty() ? "Expert" : group, lines);
  }
  return text;
}

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
