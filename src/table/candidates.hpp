// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hdf5/input_file.hpp"

namespace tessera {

/// What a dataset could be in a table.
enum class Shape {
  matrix,  ///< 2-D numbers
  vector,  ///< 1-D numbers or text, or 2-D numbers with one column and no name for it
  record,  ///< 1-D records
  other,
};

/// A dataset that was looked at, not opened for reading.
struct DatasetSummary {
  std::string name;
  std::string path;
  Shape shape = Shape::other;
  std::vector<std::int64_t> extents;
  bool text = false;
  std::string description;  ///< "1000 x 5, float32"
  [[nodiscard]] std::int64_t rows() const { return extents.empty() ? 1 : extents.front(); }
};

/// The datasets right in a group.
struct GroupSurvey {
  std::string path;
  std::vector<DatasetSummary> datasets;
  std::vector<std::string> groups;     ///< paths
  std::vector<std::string> elsewhere;  ///< links that were not followed
  std::vector<std::string> aliases;    ///< other names of datasets that are here already
  [[nodiscard]] const DatasetSummary* find(const std::string& name) const;
  [[nodiscard]] bool has(Shape shape) const;
};
[[nodiscard]] GroupSurvey survey_group(const hdf5::InputFile& file, const std::string& path);

enum class Layout { matrix, ann_benchmarks, vectors, record, pandas_fixed, pandas_table, anndata, dataframe, sparse };

/// Something in the file that is a table.
struct Candidate {
  Layout layout = Layout::matrix;
  std::string path;         ///< of the dataset or group
  std::string description;  ///< "2-D dataset, 1000 x 5, float32"
  std::int64_t rows = -1;   ///< -1: not known before it is opened
};

/// The table that `dataset` names, or if it is empty the only one in the file.
/// @throws DataError if there is none, or more than one: lists them
[[nodiscard]] Candidate choose_table(const hdf5::InputFile& file, const std::string& dataset);

/// Whether a dataset of this name holds the names of columns: `columns` or `feature_names`.
[[nodiscard]] bool holds_names(const DatasetSummary& dataset);

/// The length that most vectors of a group share; nullopt if several lengths are equally frequent, or there is none.
[[nodiscard]] std::optional<std::int64_t> common_length(const GroupSurvey& survey);

}  // namespace tessera
