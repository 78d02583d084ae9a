// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tessera/observer.hpp"

namespace tessera {

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::byte> bytes);
  /// The digest of everything added, 64 lower-case hexadecimal digits; call once.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// HMAC-SHA-256 (RFC 2104) of many texts with one key.
class HmacSha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  explicit HmacSha256(std::string_view key);
  ~HmacSha256();
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;

  [[nodiscard]] Digest of(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of a file's content, read once from front to back.
/// @param progress told the bytes done so far, every few MiB; may be empty
/// @throws FileError, CancelledError
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& path, const CancelToken& cancel,
                                         const std::function<void(std::int64_t bytes)>& progress = {});

}  // namespace tessera
