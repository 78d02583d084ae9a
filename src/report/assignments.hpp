// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "assign/row_sink.hpp"
#include "table/chosen_rows.hpp"
#include "tessera/model.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Version of the layout of assignments.h5 (docs/formats.md).
inline constexpr int kAssignmentsFormatMajor = 1;
inline constexpr int kAssignmentsFormatMinor = 0;

/// What a mixture adds to the assignments.
struct SoftColumns {
  int components = 0;     ///< of the mixture; 0: none, and nothing is added
  int probabilities = 0;  ///< columns of the matrix of probabilities: `components`, or 0 if it is not wanted
  [[nodiscard]] bool soft() const { return components > 0; }
};

/// @param probabilities  the matrix is wanted
[[nodiscard]] inline SoftColumns soft_columns(const Model& model, bool probabilities) {
  if (!model.mixture) return {};
  return {model.segments(), probabilities ? model.segments() : 0};
}

struct AssignmentFiles {
  std::filesystem::path hdf5;      ///< "run/assignments.h5" by way of RunDirectory::file(), or "out.h5" itself
  std::filesystem::path csv = {};  ///< empty: no CSV
  bool overwrite = false;          ///< existing files may be replaced
  /// Ids are replaced by keyed pseudonyms (report/pseudonyms.hpp); empty: they are not.
  std::filesystem::path pseudonym_key = {};
  const RowBitmap* rows = nullptr;  ///< which rows of the input are assigned, written as `row`; null: all of them, not written
  SoftColumns soft = {};            ///< of mixtures
};

/// Writes assignments.h5 (and a CSV) row by row: id, segment, runner_up, distance, margin, flags, of mixtures also
/// probabilities, in input order. The same rows
/// give the same bytes, however they are cut into chunks. Both files appear whole at finish(); destruction without it leaves
/// nothing behind. Holds about 3 MiB (text ids: more).
class AssignmentWriter final : public RowSink {
 public:
  /// @param input      where the ids are read from, by row range, from within write(); must outlive the writer. While a feeder
  /// may
  ///                   still be reading ahead on another thread, give the writer a table handle of its own
  /// @param id_column  the column of ids, whose type `id` takes; empty: row numbers from 0 as int64
  /// @throws DataError if there is no such column; FileError
  AssignmentWriter(const AssignmentFiles& files, Table& input, const std::string& id_column);
  ~AssignmentWriter() override;

  /// @throws FileError (disk full), DataError (ids unreadable)
  void write(const AssignedRows& rows) override;
  /// Writes what is still buffered and gives the files their names; call after the last row.
  /// @throws FileError; Error(internal) if rows are missing
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera
