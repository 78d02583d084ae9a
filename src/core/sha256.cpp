// SPDX-License-Identifier: Apache-2.0
#include "core/sha256.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>

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
