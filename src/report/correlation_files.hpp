// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "hdf5/writer.hpp"
#include "report/json.hpp"
#include "tessera/correlation.hpp"

namespace tessera {

/// Version of files of correlations (docs/formats.md).
inline constexpr int kCorrelationsFormatMajor = 1;
inline constexpr int kCorrelationsFormatMinor = 1;

/// Format, columns, and for every group its matrices: "all", "segment_0", ... Matrices that are empty are left out.
void write_correlation_groups(hdf5::FileWriter& file, CorrelationMethod method, std::span<const CorrelationVariable> variables,
                              std::span<const CorrelationGroup> groups);

/// One object a group, with its matrices as arrays of rows; NaN is null. @param most  columns at most
[[nodiscard]] Json correlation_groups_json(std::span<const CorrelationGroup> groups, std::int64_t most);

/// Where the files beside `output` go: the same name with another ending.
[[nodiscard]] std::filesystem::path correlations_csv_path(const std::filesystem::path& output);
[[nodiscard]] std::filesystem::path correlations_json_path(const std::filesystem::path& output);

/// A row for every two columns of every group.
[[nodiscard]] std::string correlations_csv(const CorrelationTable& table);
/// Everything. @param provenance  provenance_json()
[[nodiscard]] std::string correlations_json(const CorrelationTable& table, const Json& provenance);

/// Writes the HDF5 file, the CSV and the JSON, each of which appears whole. @param json  correlations_json()
/// @throws FileError
void write_correlation_files(const std::filesystem::path& output, bool force, const CorrelationTable& table,
                             const std::string& json);

/// For a terminal: the strongest pairs of every group, and where the rest is.
/// @param top  pairs of each group
[[nodiscard]] std::string render_correlations(const CorrelationTable& table, const std::filesystem::path& output,
                                              std::size_t top, bool color, int width);

}  // namespace tessera
