// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/sha256.hpp"

namespace tessera {

/// Names that stand for customer ids: whoever has the key can tell which customer is meant by trying ids, nobody else can. The
/// same id has the same pseudonym in every file made with the same key, whether it is stored as a number or as text.
class Pseudonyms {
 public:
  /// @param key_file  its content, without trailing line ends, is the key
  /// @throws FileError; ConfigError if the key is shorter than 16 bytes or longer than 4,096
  explicit Pseudonyms(const std::filesystem::path& key_file);

  /// Appends the pseudonym: the first 16 bytes of HMAC-SHA-256(key, id) in hexadecimal. An empty id stays empty.
  void append(std::string_view id, std::string& out);

 private:
  HmacSha256 hmac_;
};

}  // namespace tessera
