// SPDX-License-Identifier: Apache-2.0
#include "table/csv_reader.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr unsigned char kStrict = CSV_STRICT | CSV_STRICT_FINI;

/// Length of the well-formed UTF-8 sequence at the front of `text`, 0 if it is ill-formed (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      if ((word & 0x8080808080808080U) == 0) {
        text.remove_prefix(8);
        continue;
      }
    }
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// libcsv's parser, and what its callbacks have collected. No exception may pass through the library.
struct CsvReader::Parser {
  explicit Parser(char delimiter) {
    if (csv_init(&csv, kStrict) != 0) throw MemoryError("no memory for the parser of delimited text");
    csv_set_delim(&csv, static_cast<unsigned char>(delimiter));
    csv_set_blk_size(&csv, std::size_t{1} << 16);
  }
  ~Parser() { csv_free(&csv); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  csv_parser csv = {};
  TextCells* fields = nullptr;
  bool row_done = false;
  bool out_of_memory = false;

  static void on_field(void* bytes, std::size_t size, void* self) noexcept {
    auto& parser = *static_cast<Parser*>(self);
    try {
      parser.fields->push_back({static_cast<const char*>(bytes), size});
    } catch (const std::bad_alloc&) {
      parser.out_of_memory = true;
    }
  }
  static void on_row(int, void* self) noexcept { static_cast<Parser*>(self)->row_done = true; }

  std::size_t parse(std::string_view bytes) { return csv_parse(&csv, bytes.data(), bytes.size(), on_field, on_row, this); }
  /// The last record of a text without a final line end. False if a quote is still open.
  bool finish() { return csv_fini(&csv, on_field, on_row, this) == 0; }
  /// Forgets a record that went wrong.
  void reset() {
    csv_set_opts(&csv, 0);
    csv_fini(&csv, nullptr, nullptr, nullptr);
    csv_set_opts(&csv, kStrict);
  }
};

CsvReader::CsvReader(const std::filesystem::path& path, char delimiter)
    : source_(path), parser_(std::make_unique<Parser>(delimiter)) {}
CsvReader::~CsvReader() = default;

/// False if the quoting is wrong.
bool CsvReader::parse_line(std::string_view line, CsvRecord& record) {
  parser_->fields = &record.fields;
  std::size_t done = parser_->parse(line);
  while (done < line.size()) {
    if (csv_error(&parser_->csv) != CSV_EPARSE) throw MemoryError("no memory for a row of delimited text");
    // The strict parser stops at two things: text behind a closing quote, which is wrong, and a quote inside of an unquoted
    // field (12" pipe), whose meaning is clear: that byte is let pass.
    if (line[done] != '"' || parser_->csv.quoted != 0) return false;
    csv_set_opts(&parser_->csv, 0);
    parser_->parse(line.substr(done, 1));
    csv_set_opts(&parser_->csv, kStrict);
    line.remove_prefix(done + 1);
    done = parser_->parse(line);
  }
  if (parser_->out_of_memory) throw MemoryError("no memory for a row of delimited text");
  return true;
}

void CsvReader::reject_first_line(CsvRecord& record, std::string reason) {
  parser_->reset();
  source_.rewind_to_second_line();
  record.bytes = source_.record();
  record.error = std::move(reason);
}

void CsvReader::check_bytes(CsvRecord& record) const {
  if (record.bytes.find('\0') != std::string_view::npos) {
    record.error = "it holds a NUL byte";
  } else if (!is_utf8(record.bytes)) {
    std::int64_t field = 0;
    while (field < record.field_count() && is_utf8(record.fields[field])) ++field;
    record.error = fmt::format("field {} is not UTF-8", field + 1);
  }
}

bool CsvReader::next(CsvRecord& record) {
  record.fields.clear();
  record.error.clear();
  parser_->row_done = false;
  source_.begin_record();
  CsvLine line;
  while (source_.next_line(line)) {
    record.line = source_.record_line();
    if (line.too_long || source_.record().size() > kMostRecordBytes) {
      reject_first_line(record, fmt::format("it is longer than {} MiB, or a quote is not closed", kMostRecordBytes >> 20));
      return true;
    }
    if (!parse_line(line.bytes, record)) {
      reject_first_line(record, fmt::format("field {} has text behind its closing quote", record.field_count() + 1));
      return true;
    }
    if (parser_->row_done) {
      record.bytes = source_.record();
      check_bytes(record);
      return true;
    }
    // Without a row at its end the line is empty, goes on inside of quotes, or is the text's last one.
    if (parser_->csv.quoted == 0 && record.fields.offsets.size() == 1 && parser_->csv.entry_pos == 0) source_.begin_record();
  }
  if (source_.record().empty()) return false;
  record.line = source_.record_line();
  if (!parser_->finish()) {
    reject_first_line(record, fmt::format("field {} has a quote that is not closed", record.field_count() + 1));
    return true;
  }
  record.bytes = source_.record();
  if (parser_->row_done) check_bytes(record);
  return parser_->row_done;
}

char detect_delimiter(const std::filesystem::path& path) {
  constexpr std::array<char, 4> kCandidates = {',', ';', '\t', '|'};
  std::array<std::int64_t, 4> counts = {};
  CsvSource source(path);
  CsvLine line;
  bool quoted = false;
  while (source.next_line(line)) {
    for (const char c : line.bytes) {
      if (c == '"') quoted = !quoted;
      const auto at = std::find(kCandidates.begin(), kCandidates.end(), c) - kCandidates.begin();
      if (!quoted && at < 4) ++counts[static_cast<std::size_t>(at)];
    }
    const bool blank = line.bytes.find_first_not_of(" \r\n") == std::string_view::npos;
    if (!quoted && !blank) break;
    if (source.record().size() > kMostRecordBytes) break;
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  return kCandidates[static_cast<std::size_t>(most - counts.begin())];
}

}  // namespace tessera
