// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <fmt/format.h>

#include "cli/exit_codes.hpp"
#include "cli/help_formatter.hpp"
#include "tessera/error.hpp"

namespace tessera::cli {
namespace {

void add_message_options(CLI::App& app, LogOptions& log) {
  const char* const group = "Messages";
  app.add_option_function<std::string>(
         "--log-format", [&log](const std::string& word) { log.format = word == "json" ? LogFormat::json : LogFormat::text; },
         "text for people, json for machines (one object a line)")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->option_text("text|json=text")
      ->default_str("text")
      ->group(group);
  app.add_flag("-q,--quiet", log.quiet, "say nothing but errors")->group(group);
  app.add_flag("-v,--verbose", log.verbosity, "say more")->group(group);
}

}  // namespace

CLI::App& Command::add_to(CLI::App& root, const Help& help) {
  app_ = root.add_subcommand(help.name, help.description);
  app_->formatter(std::make_shared<HelpFormatter>());
  app_->footer(fmt::format("Example:\n{}\n\n{}", help.example, exit_code_lines(help.exit_codes)));
  return *app_;
}

void Command::add_common_options() {
  app_->set_help_flag("-h,--help", "show this help")->group("Messages");
  add_message_options(*app_, log_);
  CLI::App* const root = app_->get_parent();
  // The file is read by the root, after all of the command line; here its name is only passed on.
  app_->add_option_function<std::string>(
          "--config", [root](const std::string& path) { root->get_config_ptr()->add_result(path); },
          "read options from a TOML file; the command line goes first")
      ->trigger_on_parse()
      ->configurable(false)
      ->option_text("FILE")
      ->group("Configuration");
  app_->add_flag("--print-config", print_config_, "print the options in force as TOML, and do nothing")
      ->configurable(false)
      ->group("Configuration");
}

void require(const std::string& value, const std::string& what, const CLI::App& command) {
  if (!value.empty()) return;
  throw ConfigError(fmt::format("{} is missing", what), fmt::format("see `tessera {} --help`", command.get_name()),
                    ErrorCode::usage);
}

CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& description) {
  return app.add_option(name, values, description)->delimiter(',')->allow_extra_args(false)->option_text("COLUMNS");
}

CLI::Option* add_pseudonym_key(CLI::App& app, std::string& file) {
  return app.add_option("--pseudonym-key", file, "write pseudonyms for ids: HMAC-SHA-256 with this file's content as the key")
      ->option_text("FILE");
}

}  // namespace tessera::cli
