// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/log.hpp"
#include "tessera/observer.hpp"

namespace tessera::cli {

/// One sub-command: its options and what it does.
class Command {
 public:
  virtual ~Command() = default;
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// Does the work and prints the result on standard output. @throws what the library throws
  virtual void run(Log& log, const CancelToken& cancel) = 0;

  [[nodiscard]] CLI::App& app() const { return *app_; }
  [[nodiscard]] const LogOptions& log_options() const { return log_; }
  /// --print-config: show the resolved options instead of running.
  [[nodiscard]] bool wants_config() const { return print_config_; }

 protected:
  /// What the help of a command says besides its options.
  struct Help {
    std::string name;
    std::string description;
    std::string example;     ///< one or more lines
    std::string exit_codes;  ///< "0 64 65 ...": those that it can end with
  };
  /// Makes the sub-command with its help; call first.
  CLI::App& add_to(CLI::App& root, const Help& help);
  /// Adds the options that all commands have; call last, so that the help shows them last.
  void add_common_options();

 private:
  CLI::App* app_ = nullptr;
  LogOptions log_;
  bool print_config_ = false;
};

/// @throws ConfigError (usage) if `value`, named `what` in the help, was not given
void require(const std::string& value, const std::string& what, const CLI::App& command);

/// An option that takes a list: names separated by commas, or repeated.
CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& description);

/// --pseudonym-key, which all commands that write ids have.
CLI::Option* add_pseudonym_key(CLI::App& app, std::string& file);

// One per file *_command.cpp; each adds itself to `root`.
[[nodiscard]] std::unique_ptr<Command> make_segment_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_score_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_analyse_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_correlate_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_report_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_split_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_rfm_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_inspect_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_convert_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_generate_command(CLI::App& root);
[[nodiscard]] std::unique_ptr<Command> make_devices_command(CLI::App& root);

}  // namespace tessera::cli
