// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "report/json.hpp"

namespace tessera::html {

/// Text that means nothing to a browser, in elements and in quoted attributes: & < > " ' and the backtick become references.
/// The text must be printable already (text::printable), which leaves no control characters and no invalid UTF-8.
[[nodiscard]] std::string escape(std::string_view printable);

/// JSON that can stand inside a script element: neither its end tag nor a comment can appear, nor the line ends that JavaScript
/// knows and JSON does not. Numbers in full precision.
[[nodiscard]] std::string json_for_script(const Json& json);

/// What a content security policy calls an inline script or style by: 'sha256-...' of its exact text.
[[nodiscard]] std::string policy_hash(std::string_view content);

}  // namespace tessera::html
