// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tessera::cli {

/// What the commands that make a run folder from a table are told of files.
class FileArguments {
 public:
  void add_to(CLI::App& app);

  /// Fills `input`, `output`, `dataset` and `force` of a job's options.
  /// @throws ConfigError (usage) if FILE or -o was not given
  template <typename Options>
  void resolve(const CLI::App& app, Options& options) const {
    check(app);
    options.input = input_;
    options.output = output_;
    options.dataset = dataset_;
    options.force = force_;
  }
  /// --json: print summary.json instead of the text.
  [[nodiscard]] bool json() const { return json_; }

  static constexpr const char* kGroup = "Files";

 private:
  void check(const CLI::App& app) const;

  std::string input_, output_, dataset_;
  bool force_ = false;
  bool json_ = false;
};

}  // namespace tessera::cli
