// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tessera {

/// Keys stay in the order in which they were added; NaN and infinity are written as null.
using Json = nlohmann::ordered_json;

/// Indented UTF-8 text that ends with a line feed. Invalid UTF-8 in strings becomes U+FFFD.
[[nodiscard]] inline std::string to_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tessera
