// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

namespace tessera::cli {
namespace {

class GenerateCommand final : public Command {
 public:
  explicit GenerateCommand(CLI::App& root) { add_to(root, {"generate", "", "", "0 64"}); }
  void run(Log&, const CancelToken&) override {}
};

}  // namespace

std::unique_ptr<Command> make_generate_command(CLI::App& root) { return std::make_unique<GenerateCommand>(root); }

}  // namespace tessera::cli
