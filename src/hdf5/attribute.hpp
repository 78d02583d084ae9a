// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hdf5/handle.hpp"

namespace tessera::hdf5 {

/// Attributes of the object `object` (a file, group or dataset). Readers return nullopt if there is none of that name or it is
/// not of that kind; a damaged one is a DataError. They accept what h5py, PyTables, pandas and AnnData write.
[[nodiscard]] bool has_attribute(hid_t object, const std::string& name);
/// One string: fixed or variable length, ASCII or UTF-8, scalar or of one element.
[[nodiscard]] std::optional<std::string> read_string_attribute(hid_t object, const std::string& name);
/// The same, but nullopt for variable length too: reading that from a damaged file can crash HDF5.
[[nodiscard]] std::optional<std::string> read_fixed_string_attribute(hid_t object, const std::string& name);
/// A list of strings (1-D, or a scalar: a list of one). At most 2^20 of them.
[[nodiscard]] std::optional<std::vector<std::string>> read_string_list_attribute(hid_t object, const std::string& name);
/// A number of any integer or floating type, or a boolean.
[[nodiscard]] std::optional<double> read_number_attribute(hid_t object, const std::string& name);
[[nodiscard]] std::optional<std::int64_t> read_integer_attribute(hid_t object, const std::string& name);
[[nodiscard]] std::optional<std::uint64_t> read_unsigned_attribute(hid_t object, const std::string& name);
/// A list of numbers (1-D, or a scalar). At most 2^24 of them.
[[nodiscard]] std::optional<std::vector<double>> read_number_list_attribute(hid_t object, const std::string& name);
[[nodiscard]] std::optional<std::vector<std::int64_t>> read_integer_list_attribute(hid_t object, const std::string& name);

/// Writers make the attribute new: it must not exist. Text is stored as fixed-length UTF-8, so that the same value gives the
/// same bytes in the file; a list that is too long for an attribute (64 KiB) needs a dataset. @throws as raise()
void write_attribute(hid_t object, const std::string& name, const std::string& value);
void write_attribute(hid_t object, const std::string& name, const char* value);
void write_attribute(hid_t object, const std::string& name, const std::vector<std::string>& values);
void write_attribute(hid_t object, const std::string& name, double value);
void write_attribute(hid_t object, const std::string& name, std::int64_t value);
void write_attribute(hid_t object, const std::string& name, const std::vector<double>& values);
void write_attribute(hid_t object, const std::string& name, const std::vector<std::int64_t>& values);

}  // namespace tessera::hdf5
