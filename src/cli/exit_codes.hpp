// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tessera::cli {

/// The section of a help text that explains exit codes. @param codes those of the command, separated by blanks: "64 65 130"
[[nodiscard]] std::string exit_code_lines(std::string_view codes);

}  // namespace tessera::cli
