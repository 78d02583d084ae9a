// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "table/delimited.hpp"
#include "table/hdf5_table.hpp"
#include "tessera/error.hpp"
#include "tessera/table.hpp"

namespace tessera {
namespace {

/// A file that was opened to see what is in it.
class Peek {
 public:
  explicit Peek(const std::string& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) throw file_error("open", path, errno);
  }
  Peek(const Peek&) = delete;
  Peek& operator=(const Peek&) = delete;
  ~Peek() { ::close(descriptor_); }

  /// @throws DataError if it is a folder or a device, or empty
  std::int64_t size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) throw file_error("look at", path_, errno);
    const DataLocation location = {.path = path_, .dataset = {}, .column = {}};
    if (S_ISDIR(status.st_mode)) throw DataError("it is a folder", location, "name a file in it");
    if (!S_ISREG(status.st_mode)) {
      throw DataError("it is not a regular file, and a table is read more than once", location, "save it to a file first");
    }
    if (status.st_size == 0) throw DataError("the file is empty", location, "check how it was written");
    return status.st_size;
  }

  /// Up to `count` bytes at `offset`.
  std::string bytes(std::int64_t offset, std::size_t count) const {
    std::string text(count, '\0');
    const ssize_t got = ::pread(descriptor_, text.data(), count, offset);
    if (got < 0) throw file_error("read", path_, errno);
    text.resize(static_cast<std::size_t>(got));
    return text;
  }

 private:
  std::string path_;
  int descriptor_;
};

/// The signature stands at 0, 512, 1024, 2048 ...: what is before it is the user's.
bool is_hdf5(const Peek& file, std::int64_t size) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  for (std::int64_t offset = 0; offset < size; offset = offset == 0 ? 512 : offset * 2) {
    if (file.bytes(offset, kSignature.size()) == kSignature) return true;
  }
  return false;
}

/// What a file that is neither HDF5 nor text is called, and how to get a table out of it.
void refuse_binary(const std::string& path, const std::string& start) {
  struct Known {
    std::string_view signature;
    const char* name;
    const char* advice;
  };
  constexpr std::array<Known, 6> kKnown = {{
      {"PAR1", "a Parquet file", "save it as CSV or HDF5: pandas.read_parquet(...).to_csv('table.csv', index=False)"},
      {"PK\x03\x04", "a ZIP or Excel file", "save the sheet as CSV"},
      {"ARROW1", "an Arrow or Feather file",
       "save it as CSV or HDF5: pandas.read_feather(...).to_csv('table.csv', index=False)"},
      {"\xD0\xCF\x11\xE0", "an old Excel file", "save the sheet as CSV"},
      {"\xFF\xFE", "text in UTF-16", "save it as UTF-8"},
      {"\xFE\xFF", "text in UTF-16", "save it as UTF-8"},
  }};
  const DataLocation location = {.path = path, .dataset = {}, .column = {}};
  for (const Known& known : kKnown) {
    if (start.starts_with(known.signature)) throw DataError(fmt::format("it is {}", known.name), location, known.advice);
  }
  if (start.find('\0') != std::string::npos) {
    throw DataError("it is neither HDF5 nor text (CSV or TSV)", location,
                    "give an HDF5 or CSV file; a damaged one may look like this");
  }
}

}  // namespace

std::unique_ptr<Table> open_table(const std::filesystem::path& path, const TableOptions& options) {
  const std::string name = path.string();
  {
    const Peek file(name);
    const std::int64_t size = file.size();
    const std::string start = file.bytes(0, 4096);
    const bool gzip = start.starts_with("\x1f\x8b");
    if (!gzip && is_hdf5(file, size)) return open_hdf5_table(path, options);
    if (!gzip) refuse_binary(name, start);
  }
  return open_delimited(path, options);
}

}  // namespace tessera
