// SPDX-License-Identifier: Apache-2.0
#include "tessera/schema.hpp"

#include <array>
#include <cstddef>

namespace tessera {
namespace {

constexpr std::array<std::string_view, 11> kDataTypes = {"int8",   "int16",  "int32",   "int64",   "uint8", "uint16",
                                                         "uint32", "uint64", "float32", "float64", "text"};
constexpr std::array<std::string_view, 6> kKinds = {"continuous", "count", "ordinal", "nominal", "binary", "date"};
constexpr std::array<std::string_view, 5> kRoles = {"feature", "kpi", "id", "weight", "ignore"};

template <typename Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(DataType type) { return kDataTypes[static_cast<std::size_t>(type)]; }
std::size_t value_bytes(DataType type) {
  switch (type) {
    case DataType::int8:
    case DataType::uint8:
      return 1;
    case DataType::int16:
    case DataType::uint16:
      return 2;
    case DataType::int32:
    case DataType::uint32:
    case DataType::float32:
      return 4;
    case DataType::int64:
    case DataType::uint64:
    case DataType::float64:
      return 8;
    case DataType::text:
      break;
  }
  return 0;
}

std::string_view to_string(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view to_string(Role role) { return kRoles[static_cast<std::size_t>(role)]; }
std::optional<Kind> parse_kind(std::string_view word) { return find_word<Kind>(kKinds, word); }
std::optional<Role> parse_role(std::string_view word) { return find_word<Role>(kRoles, word); }

}  // namespace tessera
