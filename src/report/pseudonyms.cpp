// SPDX-License-Identifier: Apache-2.0
#include "report/pseudonyms.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>

#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::size_t kShortestKey = 16, kLongestKey = 4096;
/// 128 bits: two of a billion customers share a pseudonym with a chance below 1e-20.
constexpr std::size_t kPseudonymBytes = 16;

std::string read_key(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw file_error("read", path.string(), errno);
  std::string key(kLongestKey + 3, '\0');  // room for a line end
  file.read(key.data(), static_cast<std::streamsize>(key.size()));
  key.resize(static_cast<std::size_t>(file.gcount()));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  if (key.size() < kShortestKey || key.size() > kLongestKey) {
    throw ConfigError(
        fmt::format("the key in {} has {} bytes; {} to {} are possible", path.string(),
                    key.size() > kLongestKey ? "more than 4096" : std::to_string(key.size()), kShortestKey, kLongestKey),
        "make one with `head -c 32 /dev/urandom | base64 > key.txt`, and keep it secret");
  }
  return key;
}

}  // namespace

Pseudonyms::Pseudonyms(const std::filesystem::path& key_file) : hmac_(read_key(key_file)) {}

void Pseudonyms::append(std::string_view id, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (id.empty()) return;
  const HmacSha256::Digest digest = hmac_.of(id);
  for (std::size_t i = 0; i < kPseudonymBytes; ++i) {
    out += kDigits[digest[i] >> 4];
    out += kDigits[digest[i] & 15];
  }
}

}  // namespace tessera
