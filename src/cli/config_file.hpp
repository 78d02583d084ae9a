// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <istream>
#include <string>
#include <vector>

namespace tessera::cli {

/// TOML with the options of one command: keys at the top, or in a section of the command's name; sections of other commands are
/// passed over, so that several can share a file.
class ConfigFile final : public CLI::ConfigTOML {
 public:
  /// @param root  whose chosen sub-command the keys belong to
  explicit ConfigFile(const CLI::App& root) : root_(&root) {}
  /// @throws ConfigError for a key that the command does not know, with the nearest one
  [[nodiscard]] std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
  /// The options of `app` that are given or have a default, with their help as comments; from_config() reads it back.
  [[nodiscard]] std::string to_config(const CLI::App* app, bool default_also, bool write_description,
                                      std::string prefix) const override;

 private:
  const CLI::App* root_;
};

/// Long names of the options of `app` ("--features"); positional ones as they are.
[[nodiscard]] std::vector<std::string> option_names(const CLI::App& app);

}  // namespace tessera::cli
