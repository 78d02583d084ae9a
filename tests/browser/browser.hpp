// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "support/run_command.hpp"
#include "support/temporary_folder.hpp"

namespace tessera::testing {

/// What a browser made of a page.
struct Visit {
  std::string dom;                    ///< after all scripts have run, as HTML
  std::vector<std::string> messages;  ///< of the console: errors, warnings, breaches of the content security policy
};

/// How the page is looked at.
struct Look {
  bool dark = false;
  int width = 1280, height = 900;
};

/// A headless Chromium of the distribution.
class Browser {
 public:
  Browser() {
    for (const char* path : {"/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser"}) {
      if (path_.empty() && std::filesystem::exists(path)) path_ = path;
    }
  }
  [[nodiscard]] bool is_there() const { return !path_.empty(); }

  [[nodiscard]] Visit visit(const std::filesystem::path& page, const Look& look = {}) const {
    const CommandResult result = run(page, look, {"--dump-dom"});
    Visit visit{result.out, {}};
    std::istringstream lines(result.err);
    for (std::string line; std::getline(lines, line);) {
      if (line.find(":CONSOLE") != std::string::npos) visit.messages.push_back(line);
    }
    return visit;
  }

 private:
  [[nodiscard]] CommandResult run(const std::filesystem::path& page, const Look& look, std::vector<std::string> more) const {
    std::vector<std::string> arguments = {path_,
                                          "--headless",
                                          "--no-sandbox",
                                          "--disable-gpu",
                                          "--enable-logging=stderr",
                                          "--virtual-time-budget=20000",
                                          "--user-data-dir=" + (profile_.path() / "profile").string(),
                                          "--window-size=" + std::to_string(look.width) + "," + std::to_string(look.height)};
    if (look.dark) arguments.push_back("--blink-settings=preferredColorScheme=0");
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back("file://" + page.string());
    return run_command(arguments, {.environment = {{"HOME", profile_.path().string()}}});
  }

  std::string path_;
  TemporaryFolder profile_;
};

}  // namespace tessera::testing
