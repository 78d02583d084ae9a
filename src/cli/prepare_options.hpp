// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tessera/prepare.hpp"

namespace tessera::cli {

/// The options that say what the columns are and how they are prepared, as typed.
class PrepareArguments {
 public:
  void add_to(CLI::App& app);
  /// @throws ConfigError (usage)
  [[nodiscard]] PrepareOptions resolve() const;

 private:
  PrepareOptions options_;
  std::string missing_ = "impute";
  std::string transform_ = "auto";
  std::string scale_ = "standard";
  std::vector<std::string> blocks_;
  std::string as_of_;
};

}  // namespace tessera::cli
