// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tessera/matrix.hpp"

namespace tessera::testing {

/// Folder of the real tables that tests look at where they exist: $TESSERA_DATA, else shared/data beside the repository.
inline std::filesystem::path data_folder() {
  if (const char* folder = std::getenv("TESSERA_DATA")) return folder;
  return std::filesystem::path(TESSERA_SOURCE_DIR) / ".." / "shared" / "data";
}

/// The first columns of a plain numeric CSV (or .csv.gz) with a header row: [n x columns - dropped].
inline Matrix<double> read_numbers(const std::filesystem::path& path, int dropped_columns = 0) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  std::string line(1 << 16, '\0');
  Matrix<double> values;
  bool header = true;
  while (gzgets(file.get(), line.data(), static_cast<int>(line.size())) != nullptr) {
    std::istringstream cells(line.c_str());
    std::vector<double> row;
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(header ? 0.0 : std::stod(cell));
    row.resize(row.size() - static_cast<std::size_t>(dropped_columns));
    if (header) {
      values = Matrix<double>(0, static_cast<std::int64_t>(row.size()));
      header = false;
      continue;
    }
    values.resize_rows(values.rows() + 1);
    std::copy(row.begin(), row.end(), values.row(values.rows() - 1).begin());
  }
  return values;
}

}  // namespace tessera::testing
