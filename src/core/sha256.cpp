// SPDX-License-Identifier: Apache-2.0
#include "core/sha256.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cerrno>
#include <vector>

#include "core/file_descriptor.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

void require(int status) {
  if (status != 1) throw Error(ErrorCode::internal, "the cryptographic library cannot compute SHA-256");
}

}  // namespace

struct Sha256::State {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(state_->context != nullptr ? EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) : 0);
}

Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size));
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

struct HmacSha256::State {
  struct Free {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  std::unique_ptr<EVP_MAC, Free> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  std::unique_ptr<EVP_MAC_CTX, Free> context{mac ? EVP_MAC_CTX_new(mac.get()) : nullptr};
};

HmacSha256::HmacSha256(std::string_view key) : state_(std::make_unique<State>()) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  require(state_->context == nullptr ? 0
                                     : EVP_MAC_init(state_->context.get(), reinterpret_cast<const unsigned char*>(key.data()),
                                                    key.size(), parameters));
}

HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;

HmacSha256::Digest HmacSha256::of(std::string_view text) {
  Digest digest;
  std::size_t size = 0;
  EVP_MAC_CTX* const context = state_->context.get();
  require(EVP_MAC_init(context, nullptr, 0, nullptr));  // the same key again
  require(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()));
  require(EVP_MAC_final(context, digest.data(), &size, digest.size()));
  return digest;
}

std::string sha256_of_file(const std::filesystem::path& path, const CancelToken& cancel,
                           const std::function<void(std::int64_t)>& progress) {
  constexpr std::size_t kPieceBytes = std::size_t{4} << 20;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw file_error("read", path.string(), errno);
  Sha256 hash;
  std::vector<std::byte> piece(kPieceBytes);
  for (std::int64_t done = 0;;) {
    cancel.check();
    const ssize_t bytes = ::read(file.get(), piece.data(), piece.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) throw file_error("read", path.string(), errno);
    if (bytes == 0) return hash.finish();
    hash.add(std::span(piece).first(static_cast<std::size_t>(bytes)));
    done += bytes;
    if (progress) progress(done);
  }
}

}  // namespace tessera
