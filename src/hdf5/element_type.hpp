// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hdf5/handle.hpp"
#include "tessera/schema.hpp"

namespace tessera::hdf5 {

/// Names of the codes of an enumeration or a categorical column.
struct CodeLabels {
  std::vector<std::int64_t> codes;  ///< ascending
  std::vector<std::string> labels;  ///< [codes.size()]
  /// Empty for a code that has no name.
  [[nodiscard]] std::string_view find(std::int64_t code) const;
};

struct RecordMember;

/// How the elements of a dataset are stored in the file, and how they are held in memory.
struct ElementType {
  enum class Form {
    number,         ///< integers, floating-point numbers, booleans
    half,           ///< 16-bit floating-point numbers: held as two bytes each, seen as float32
    fixed_text,     ///< `memory_bytes` bytes each
    variable_text,  ///< a char* each
    coded_text,     ///< an enumeration: int64 codes with labels
    record,         ///< a compound
    unsupported     ///< anything else: references, opaque bytes, sequences, complex numbers, times
  };
  Form form = Form::unsupported;
  DataType type = DataType::float64;  ///< of a number as it is seen; text for the texts
  std::size_t memory_bytes = 0;       ///< of one element in memory
  bool space_padded = false;          ///< fixed text ends in blanks rather than in NULs
  std::string description;            ///< for people: "float32", "variable-length text"
  CodeLabels labels;
  std::vector<RecordMember> members;
  Hdf5Handle stored;  ///< the type in the file

  [[nodiscard]] bool is_text() const { return type == DataType::text; }
  [[nodiscard]] bool is_number() const { return form == Form::number || form == Form::half; }
  /// The memory type that reads this into `memory_bytes` per element. A record reads only the members with wanted[i] != 0.
  [[nodiscard]] Hdf5Handle memory_type(std::span<const char> wanted = {}) const;
};

/// A member of a record. Its cells lie `offset_bytes` behind the start of the record in memory.
struct RecordMember {
  std::string name;
  ElementType type;
  std::vector<hsize_t> extent;  ///< of an array member; empty: one cell
  std::int64_t cells = 1;
  std::size_t offset_bytes = 0;
};

/// Describes a type of the file. @throws DataError if it is damaged or absurdly large (a record of more than 16 MiB)
[[nodiscard]] ElementType describe_type(Hdf5Handle stored, const std::string& file, const std::string& dataset);

}  // namespace tessera::hdf5
