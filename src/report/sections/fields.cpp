// SPDX-License-Identifier: Apache-2.0
#include "report/sections/fields.hpp"

namespace tessera::sections {
namespace {

const Input& nothing() {
  static const Input kNothing;
  return kNothing;
}

constexpr double kMostCount = 9007199254740992.0;  // 2^53: whole numbers up to here are exact in JSON

}  // namespace

const Input& member(const Input& parent, const char* key) {
  if (!parent.is_object()) return nothing();
  const auto found = parent.find(key);
  return found == parent.end() ? nothing() : *found;
}

const Input& element(const Input& parent, std::size_t index) {
  return parent.is_array() && index < parent.size() ? parent[index] : nothing();
}

const Input& list(const Input& parent, const char* key) {
  static const Input kEmpty = Input::array();
  const Input& found = member(parent, key);
  return found.is_array() ? found : kEmpty;
}

double number(const Input& value) { return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN(); }

double number(const Input& parent, const char* key) { return number(member(parent, key)); }

std::int64_t count(const Input& parent, const char* key) {
  const double value = number(parent, key);
  return value >= 0.0 && value <= kMostCount && std::floor(value) == value ? static_cast<std::int64_t>(value) : -1;
}

std::string text(const Input& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

std::string text(const Input& parent, const char* key) { return text(member(parent, key)); }

bool truth(const Input& parent, const char* key) {
  const Input& value = member(parent, key);
  return value.is_boolean() && value.get<bool>();
}

int segment_number(const Input& parent, const char* key, int segments) {
  const std::int64_t value = count(parent, key);
  return value >= 0 && value < segments ? static_cast<int>(value) : -1;
}

}  // namespace tessera::sections
