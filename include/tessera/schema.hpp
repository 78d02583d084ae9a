// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera {

/// How a column's values are stored once they are in memory (native byte order). float16 is read as float32, bool as uint8.
enum class DataType : std::uint8_t { int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, text };

/// What a column's values mean.
enum class Kind : std::uint8_t {
  continuous,
  count,    ///< non-negative integers that count something
  ordinal,  ///< ordered scale with few levels (Likert, 0-10)
  nominal,  ///< unordered levels, numeric codes or text
  binary,   ///< exactly two levels
  date,     ///< days since 1970-01-01 (numeric), or ISO 8601 text
};

/// What a column is used for.
enum class Role : std::uint8_t { feature, kpi, id, weight, ignore };

[[nodiscard]] std::string_view to_string(DataType type);
/// Bytes of a number of that type in memory; 0 for text, whose cells differ.
[[nodiscard]] std::size_t value_bytes(DataType type);
[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] std::string_view to_string(Role role);
/// The inverse of to_string; nullopt if the word is unknown.
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view word);
[[nodiscard]] std::optional<Role> parse_role(std::string_view word);

/// One column of a table as the file declares it; what the data themselves suggest is found by prepare.
struct ColumnSchema {
  std::string name;
  DataType type = DataType::float64;
  std::optional<Kind> declared_kind;  ///< from the HDF5 attribute `kind`
  std::optional<Role> declared_role;  ///< from the HDF5 attribute `role`, or from the layout (an index is an id)
};

}  // namespace tessera
