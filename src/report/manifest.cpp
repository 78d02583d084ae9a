// SPDX-License-Identifier: Apache-2.0
#include "report/manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string_view>

#include "core/file_descriptor.hpp"
#include "core/sha256.hpp"
#include "report/json.hpp"
#include "report/provenance.hpp"
#include "report/summary.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kSampledBlocks = 64;
constexpr std::int64_t kSampledBlockBytes = std::int64_t{1} << 20;

/// The first block, the last one, and the others at equal steps between.
std::string sampled_hash(const std::filesystem::path& path, std::int64_t size_bytes, const CancelToken& cancel) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw file_error("read", path.string(), errno);
  Sha256 hash;
  const std::string size_text = std::to_string(size_bytes);
  hash.add(std::as_bytes(std::span(size_text)));
  std::vector<std::byte> block(static_cast<std::size_t>(kSampledBlockBytes));
  for (std::int64_t i = 0; i < kSampledBlocks; ++i) {
    cancel.check();
    const std::int64_t start = std::max<std::int64_t>(0, size_bytes - kSampledBlockBytes) / (kSampledBlocks - 1) * i;
    const std::int64_t offset = i == kSampledBlocks - 1 ? std::max<std::int64_t>(0, size_bytes - kSampledBlockBytes) : start;
    ssize_t bytes = 0;
    do bytes = ::pread(file.get(), block.data(), block.size(), offset);
    while (bytes < 0 && errno == EINTR);
    if (bytes < 0) throw file_error("read", path.string(), errno);
    hash.add(std::span(block).first(static_cast<std::size_t>(bytes)));
  }
  return hash.finish();
}

}  // namespace

InputIdentity identify_input(const std::filesystem::path& path, const CancelToken& cancel, std::int64_t whole_hash_bytes) {
  std::error_code failed;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, failed));
  if (failed) throw file_error("read", path.string(), failed.value());
  InputIdentity identity;
  identity.file_name = path.filename().string();
  identity.size_bytes = size;
  if (size <= whole_hash_bytes) {
    identity.fingerprint_method = "sha256";
    identity.fingerprint = sha256_of_file(path, cancel);
  } else {
    identity.fingerprint_method = "sha256 of the size and 64 blocks of 1 MiB";
    identity.fingerprint = sampled_hash(path, size, cancel);
  }
  return identity;
}

std::string creation_time() {
  std::time_t now = std::time(nullptr);
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH")) {
    const std::string_view text(epoch);
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0) now = static_cast<std::time_t>(seconds);
  }
  std::tm utc{};
  if (::gmtime_r(&now, &utc) == nullptr) return "1970-01-01T00:00:00Z";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

std::string manifest_json(const SegmentationSummary& summary) {
  Json json;
  json["format"] = "tessera-manifest";
  json["format_version"] = fmt::format("{}.{}", kSummaryFormatMajor, kSummaryFormatMinor);
  json.update(provenance_json(summary.manifest, summary.table, summary.model.seed));
  return to_text(json);
}

}  // namespace tessera
