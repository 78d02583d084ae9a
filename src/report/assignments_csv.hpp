// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "assign/row_sink.hpp"
#include "core/file_descriptor.hpp"
#include "report/assignments.hpp"
#include "report/id_reader.hpp"
#include "report/staged_file.hpp"

namespace tessera {

/// assignments.csv: id, segment, runner_up, distance, margin, one column of 0 and 1 for each flag, and of mixtures the
/// probabilities. The cells of a rejected customer's distance, margin and probabilities are empty.
class AssignmentCsv {
 public:
  /// @throws FileError
  AssignmentCsv(const std::filesystem::path& path, bool overwrite, const SoftColumns& soft);
  /// @param ids  holds the ids of exactly these rows
  void write(const IdReader& ids, const AssignedRows& rows);
  /// Gives the file its name. @throws FileError
  void finish();

 private:
  StagedFile staged_;
  FileDescriptor file_;
  std::string buffer_;
};

}  // namespace tessera
