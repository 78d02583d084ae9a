// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tessera::cli {

/// CLI11's help with one blank line between groups and exactly one line feed at the end.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(34); }

  [[nodiscard]] std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
    for (std::size_t at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n", at)) text.erase(at, 1);
    while (text.ends_with('\n')) text.pop_back();
    return text + "\n";
  }
};

}  // namespace tessera::cli
