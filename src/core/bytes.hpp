// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera {

/// A number of bytes as people write it: "8G", "512MiB", "1.5 GB", "4096". K, M, G, T and KiB, MiB ... are powers of 1,024;
/// KB, MB ... powers of 1,000; case does not matter.
/// @throws ConfigError (usage) if it is not a positive number of bytes
[[nodiscard]] std::int64_t parse_bytes(std::string_view text);

/// For people, three significant digits: "1.46 GiB", "512 bytes".
[[nodiscard]] std::string format_bytes(std::int64_t bytes);

/// The least whole number of K, M or G that is not below `bytes` and within about 1 % of it, as parse_bytes reads it: "130M".
[[nodiscard]] std::string bytes_option(std::int64_t bytes);

}  // namespace tessera
