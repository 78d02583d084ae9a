// SPDX-License-Identifier: Apache-2.0
#include "report/document/html_text.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/sha256.hpp"

namespace tessera::html {
namespace {

/// RFC 4648 of the bytes that `hex` spells.
std::string base64_of_hex(std::string_view hex) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  const auto value_of = [](char digit) { return static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10); };
  for (std::size_t i = 0; i < hex.size(); i += 6) {  // 24 bits at a time
    std::uint32_t bits = 0;
    for (std::size_t digit = i; digit < i + 6; ++digit) bits = bits << 4 | (digit < hex.size() ? value_of(hex[digit]) : 0);
    const std::size_t bytes = std::min<std::size_t>(3, (hex.size() - i) / 2);
    for (std::size_t place = 0; place < 4; ++place) {
      result += place <= bytes ? kDigits[bits >> (18 - 6 * place) & 63U] : '=';
    }
  }
  return result;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string escape(std::string_view printable) {
  std::string result;
  result.reserve(printable.size() + printable.size() / 8);
  for (const char c : printable) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      case '`':
        result += "&#96;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string json_for_script(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '<':
        result += "\\u003c";
        break;
      case '>':
        result += "\\u003e";
        break;
      case '&':
        result += "\\u0026";
        break;
      default:
        result += c;
    }
  }
  replace_all(result, "\xE2\x80\xA8", "\\u2028");
  replace_all(result, "\xE2\x80\xA9", "\\u2029");
  return result;
}

std::string policy_hash(std::string_view content) {
  Sha256 digest;
  digest.add(std::as_bytes(std::span(content.data(), content.size())));
  return "'sha256-" + base64_of_hex(digest.finish()) + "'";
}

}  // namespace tessera::html
