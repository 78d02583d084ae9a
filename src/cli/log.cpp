// SPDX-License-Identifier: Apache-2.0
#include "cli/log.hpp"

#include "cli/json_log.hpp"
#include "cli/text_log.hpp"

namespace tessera::cli {

std::unique_ptr<Log> make_log(const LogOptions& options) {
  if (options.format == LogFormat::json) return std::make_unique<JsonLog>(options);
  return std::make_unique<TextLog>(options);
}

}  // namespace tessera::cli
