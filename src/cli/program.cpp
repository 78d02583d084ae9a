// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/versions.hpp"
#include "backend/cuda_module.hpp"
#include "backend/registry.hpp"
#include "cli/command.hpp"
#include "cli/config_file.hpp"
#include "cli/exit_codes.hpp"
#include "cli/failure.hpp"
#include "cli/help_formatter.hpp"
#include "cli/signals.hpp"
#include "cli/standard_output.hpp"
#include "core/edit_distance.hpp"

namespace tessera::cli {
namespace {

using Commands = std::vector<std::unique_ptr<Command>>;

constexpr std::string_view kShortUsage =
    "usage: tessera COMMAND ...\n"
    "  segment   find the segments of a table of customers\n"
    "  score     assign new customers to the segments of an earlier run\n"
    "  analyse   describe segments that you have already\n"
    "  correlate say which columns go together, in all and within segments\n"
    "  report    render the report of a run again, after its names were changed\n"
    "  split     look for groups within one segment of an earlier run\n"
    "  rfm       turn transactions into a table of customers\n"
    "  inspect   say what a file holds and what segment would do with it\n"
    "  convert   turn a CSV into HDF5\n"
    "  generate  make a table of synthetic customers\n"
    "  devices   say what jobs run on here\n"
    "more: tessera --help, tessera COMMAND --help\n";

std::string version_text() {
  std::string text = fmt::format("tessera {}\n", version());
  const auto add = [&](std::string_view name, std::string_view value) { text += fmt::format("  {:<11} {}\n", name, value); };
  for (const auto& [name, value] : versions()) {
    if (name != "tessera") add(name, value);
  }
  std::string levels;
  for (const std::string& level : cpu_levels()) levels += (levels.empty() ? "" : ", ") + level;
  add("cpu levels", levels);
  const CudaModuleState cuda = load_cuda_module();
  add("gpu", cuda.module != nullptr ? "CUDA module; `tessera devices` says what it finds" : cuda.problem);
  return text;
}

Commands set_up(CLI::App& root) {
  root.name("tessera");
  root.description(
      "Segments customers: finds the natural groups in a table, says how sure it is of each customer, and explains\n"
      "every group. The same table and options give the same result on any machine.");
  root.formatter(std::make_shared<HelpFormatter>());
  root.set_help_flag("-h,--help", "show this help");
  root.set_version_flag("--version", version_text, "show versions, CPU levels and GPU support");
  root.set_config("--config", "", "")->group("");
  root.config_formatter(std::make_shared<ConfigFile>(root));
  root.allow_config_extras(CLI::config_extras_mode::error);
  root.footer("Example:\n  tessera segment customers.csv -o run/\n\n" +
              exit_code_lines("0 64 65 66 69 70 71 73 74 77 78 130 143"));
  Commands commands;
  commands.push_back(make_segment_command(root));
  commands.push_back(make_score_command(root));
  commands.push_back(make_analyse_command(root));
  commands.push_back(make_correlate_command(root));
  commands.push_back(make_report_command(root));
  commands.push_back(make_split_command(root));
  commands.push_back(make_rfm_command(root));
  commands.push_back(make_inspect_command(root));
  commands.push_back(make_convert_command(root));
  commands.push_back(make_generate_command(root));
  commands.push_back(make_devices_command(root));
  return commands;
}

std::string help_hint(const CLI::App& root) {
  const auto chosen = root.get_subcommands();
  return chosen.empty() ? "see `tessera --help`" : fmt::format("see `tessera {} --help`", chosen.front()->get_name());
}

/// What is wrong with an argument that nothing expected, and what was probably meant.
Failure unexpected_argument(const CLI::App& root, const std::string& argument) {
  const auto chosen = root.get_subcommands();
  const bool option = argument.starts_with("-");
  std::vector<std::string> candidates;
  if (option) {
    candidates = option_names(chosen.empty() ? root : *chosen.front());
  } else if (chosen.empty()) {
    for (const CLI::App* app : root.get_subcommands([](const CLI::App*) { return true; }))
      candidates.push_back(app->get_name());
  }
  const std::string word = argument.substr(0, option ? argument.find('=') : std::string::npos);
  const auto nearest = nearest_name(word, candidates);
  const std::string what = option ? "unknown option" : chosen.empty() ? "unknown command" : "unexpected argument";
  return {static_cast<int>(ErrorCode::usage), "usage", fmt::format("{} '{}'", what, word),
          nearest ? fmt::format("did you mean '{}'? {}", *nearest, help_hint(root)) : help_hint(root)};
}

Failure parse_failure(const CLI::App& root, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::FileError*>(&error) != nullptr) {
    return {static_cast<int>(ErrorCode::no_input), "no_input", error.what(), "check the path given to --config"};
  }
  if (dynamic_cast<const CLI::ConfigError*>(&error) != nullptr) {
    return {static_cast<int>(ErrorCode::config), "config", error.what(), help_hint(root)};
  }
  const std::vector<std::string> left = root.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !left.empty()) return unexpected_argument(root, left.front());
  return {static_cast<int>(ErrorCode::usage), "usage", error.what(), help_hint(root)};
}

/// The log of a command line that did not parse: as the command line asks for, as far as that can be seen.
std::unique_ptr<Log> log_of(int argc, char** argv) {
  LogOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view next = i + 1 < argc ? argv[i + 1] : "";
    if (argument == "--log-format=json" || (argument == "--log-format" && next == "json")) options.format = LogFormat::json;
  }
  return make_log(options);
}

int fail(Log& log, const Failure& failure) {
  log.fail(failure);
  return failure.exit_code;
}

/// Runs the chosen command.
int run_command(Command& command, const CancelToken& cancel) {
  const auto log = make_log(command.log_options());
  try {
    if (command.wants_config()) {
      print_result(command.app().config_to_str(true, true));
    } else {
      command.run(*log, cancel);
      log->finish();
    }
    return 0;
  } catch (...) {
    return fail(*log, describe_current_exception());
  }
}

int parse_and_run(int argc, char** argv, const CancelToken& cancel) {
  CLI::App root;
  const Commands commands = set_up(root);
  try {
    root.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print_result(root.help());
    return 0;
  } catch (const CLI::CallForVersion& version) {
    print_result(version.what());
    return 0;
  } catch (const CLI::ParseError& error) {
    return fail(*log_of(argc, argv), parse_failure(root, error));
  }
  const auto chosen =
      std::find_if(commands.begin(), commands.end(), [](const auto& command) { return command->app().parsed(); });
  if (chosen == commands.end()) {
    fmt::print(stderr, "{}", kShortUsage);
    return static_cast<int>(ErrorCode::usage);
  }
  return run_command(**chosen, cancel);
}

}  // namespace

int run_program(int argc, char** argv) {
  CancelToken cancel;
  const SignalGuard guard(cancel);
  try {
    return parse_and_run(argc, argv, cancel);
  } catch (...) {
    return fail(*log_of(argc, argv), describe_current_exception());
  }
}

}  // namespace tessera::cli
