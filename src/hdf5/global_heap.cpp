// SPDX-License-Identifier: Apache-2.0
#include "hdf5/global_heap.hpp"

#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

namespace tessera::hdf5 {
namespace {

static_assert(std::endian::native == std::endian::little, "the fields of the heap are read as they are");

constexpr std::array<unsigned char, 8> kSignature = {'G', 'C', 'O', 'L', 1, 0, 0, 0};
/// Of a collection and of an object: signature or number, count and nothing; then the size.
constexpr std::uint64_t kHeaderBytes = 16;
constexpr std::size_t kSizeOffset = 8;
constexpr std::uint64_t kAlignment = 8;

/// Headers of a file, read in pieces.
class HeaderWindow {
 public:
  explicit HeaderWindow(int descriptor) : descriptor_(descriptor) {}

  /// The header at `address`; null if the file ends before.
  const std::byte* at(std::uint64_t address) {
    if (address < start_ || address - start_ + kHeaderBytes > filled_) fill(address);
    return filled_ < kHeaderBytes ? nullptr : bytes_.data() + (address - start_);
  }

 private:
  void fill(std::uint64_t address) {
    start_ = address;
    filled_ = 0;
    if (address > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return;
    ssize_t count = 0;
    do count = ::pread(descriptor_, bytes_.data(), bytes_.size(), static_cast<off_t>(address));
    while (count < 0 && errno == EINTR);
    if (count > 0) filled_ = static_cast<std::size_t>(count);
  }

  int descriptor_;
  std::uint64_t start_ = 0;
  std::size_t filled_ = 0;
  std::array<std::byte, 4096> bytes_;
};

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

}  // namespace

bool begins_heap_collection(const void* bytes, std::size_t count) {
  return count >= kHeaderBytes && std::memcmp(bytes, kSignature.data(), kSignature.size()) == 0;
}

std::optional<HeapCollection> read_heap_collection(int descriptor, std::uint64_t address) {
  HeaderWindow headers(descriptor);
  const std::byte* header = headers.at(address);
  if (header == nullptr || !begins_heap_collection(header, kHeaderBytes)) return std::nullopt;
  std::uint64_t left = load<std::uint64_t>(header + kSizeOffset);
  if (left < kHeaderBytes || left > std::numeric_limits<std::uint64_t>::max() - address) return std::nullopt;
  std::uint64_t next = address + kHeaderBytes;
  left -= kHeaderBytes;
  HeapCollection collection;
  while (left >= kHeaderBytes) {
    header = headers.at(next);
    if (header == nullptr) return std::nullopt;
    const auto number = load<std::uint16_t>(header);
    const auto bytes = load<std::uint64_t>(header + kSizeOffset);
    if (bytes > left) return std::nullopt;
    // Number 0 is the space that is left, whose size counts its header.
    const std::uint64_t taken = number == 0 ? bytes : kHeaderBytes + (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (taken < kHeaderBytes || taken > left) return std::nullopt;
    if (number != 0) {
      std::vector<std::int64_t>& sizes = collection.object_bytes;
      if (sizes.size() <= number) sizes.resize(std::size_t{number} + 1, HeapCollection::kNone);
      sizes[number] = static_cast<std::int64_t>(bytes);
    }
    next += taken;
    left -= taken;
  }
  return collection;
}

}  // namespace tessera::hdf5
