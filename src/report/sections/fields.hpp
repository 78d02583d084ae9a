// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

/// Reading summary.json without trusting it: what is absent or of another type is null, NaN, empty.
namespace tessera::sections {

/// Members by name in a tree, so that an object of a million members costs no more than its size.
using Input = nlohmann::json;

/// A member of an object, or an element of an array; null if there is none.
[[nodiscard]] const Input& member(const Input& parent, const char* key);
[[nodiscard]] const Input& element(const Input& parent, std::size_t index);
/// The member if it is an array, else an empty array.
[[nodiscard]] const Input& list(const Input& parent, const char* key);

[[nodiscard]] double number(const Input& value);
[[nodiscard]] double number(const Input& parent, const char* key);
/// Negative if it is no whole number from 0 to 2^53.
[[nodiscard]] std::int64_t count(const Input& parent, const char* key);
[[nodiscard]] std::string text(const Input& value);
[[nodiscard]] std::string text(const Input& parent, const char* key);
[[nodiscard]] bool truth(const Input& parent, const char* key);

/// The number of a segment: 0 .. `segments` - 1; -1 if it is none of them, or null.
[[nodiscard]] int segment_number(const Input& parent, const char* key, int segments);

}  // namespace tessera::sections
