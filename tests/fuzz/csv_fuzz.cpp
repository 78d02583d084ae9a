// SPDX-License-Identifier: Apache-2.0
// Converts whatever the input is. It ends in an Error of ours that blames the text, or in a table in which every record of the
// text is a row that was kept or rejected. The first byte chooses the options; the rest is the text, plain or gzip.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "hdf5/writer.hpp"
#include "table/convert_engine.hpp"
#include "table/csv_reader.hpp"
#include "tessera/error.hpp"

namespace {

using namespace tessera;
namespace fs = std::filesystem;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Ground {
  Ground() : folder(fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) {
    path = folder / ("tessera-csv-fuzz-" + std::to_string(::getpid()));
  }
  ~Ground() { fs::remove(path); }
  fs::path folder;
  fs::path path;
};

/// Records begin in later and later lines, and what lies between them is blank.
std::int64_t count_records(const fs::path& path, std::string_view text, char delimiter) {
  const bool plain = !text.starts_with("\x1f\x8b");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  CsvReader reader(path, delimiter);
  CsvRecord record;
  std::int64_t records = 0;
  std::int64_t line = 0;
  while (reader.next(record)) {
    ++records;
    require(record.line > line);
    line = record.line;
    require(!record.error.empty() || record.field_count() > 0);
    if (!plain) continue;
    const std::size_t at = text.find(record.bytes);
    require(at != std::string_view::npos && text.substr(0, at).find_first_not_of(" \t\r\n") == std::string_view::npos);
    text.remove_prefix(at + record.bytes.size());
  }
  return records;
}

void convert(const Ground& ground, std::string_view text, std::uint8_t choice) {
  ConvertOptions options;
  options.input = ground.path;
  constexpr char kDelimiters[] = {'\0', ',', ';', '\t'};
  options.delimiter = kDelimiters[choice % 4];
  options.header = static_cast<HeaderPolicy>(choice / 4 % 3);
  options.compress = choice >= 128;
  SilentObserver observer;
  const CancelToken cancel;
  hdf5::FileWriter file(ground.folder, {.scratch = true});
  RejectFile rejects({}, false);
  const ConvertReport report = convert_into(file, rejects, options, observer, cancel);
  require(report.rows_kept > 0 && !report.columns.empty());
  require(report.rows_in == report.rows_kept + report.rows_rejected);
  require(count_records(ground.path, text, report.delimiter) == report.rows_in + (report.header ? 1 : 0));
  require(fs::exists(file.finish_scratch()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Ground ground;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::ofstream(ground.path, std::ios::binary | std::ios::trunc) << text;
  try {
    convert(ground, text, data[0]);
  } catch (const Error& error) {
    require(error.code() != ErrorCode::internal);
  }
  return 0;
}
