// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tessera/error.hpp"

namespace tessera::cli {

/// Why a command ends early, ready to be shown.
struct Failure {
  int exit_code = 0;    ///< 64..78, 130, 143
  std::string word;     ///< stable name of the class, for machines: "bad_data"
  std::string message;  ///< one sentence of what happened
  std::string advice;   ///< one sentence of what to do; may be empty
};

/// The word of an error class in JSON logs.
[[nodiscard]] std::string_view to_string(ErrorCode code);

/// Classifies the exception being handled; call from within a catch block.
[[nodiscard]] Failure describe_current_exception();

}  // namespace tessera::cli
