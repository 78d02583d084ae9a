// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tessera/segmentation.hpp"

namespace tessera::cli {

/// The options that say where a job runs and what it may use, as typed.
class EngineArguments {
 public:
  void add_to(CLI::App& app);
  /// @throws ConfigError (usage)
  [[nodiscard]] EngineOptions resolve() const;

 private:
  int threads_ = 0;
  std::string device_ = "auto";
  std::string cpu_level_ = "auto";
  std::string memory_ = "auto";
  std::string scratch_;
  std::int64_t chunk_rows_ = 0;
};

}  // namespace tessera::cli
