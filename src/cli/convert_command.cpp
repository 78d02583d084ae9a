// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

namespace tessera::cli {
namespace {

class ConvertCommand final : public Command {
 public:
  explicit ConvertCommand(CLI::App& root) { add_to(root, {"convert", "", "", "0 64"}); }
  void run(Log&, const CancelToken&) override {}
};

}  // namespace

std::unique_ptr<Command> make_convert_command(CLI::App& root) { return std::make_unique<ConvertCommand>(root); }

}  // namespace tessera::cli
