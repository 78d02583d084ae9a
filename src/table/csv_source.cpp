// SPDX-License-Identifier: Apache-2.0
#include "table/csv_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/file_descriptor.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

FileDescriptor open_regular(const std::filesystem::path& path) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw file_error("read", path.string(), errno);
  struct stat status = {};
  if (fstat(file.get(), &status) != 0) throw file_error("read", path.string(), errno);
  if (S_ISDIR(status.st_mode)) throw file_error("read", path.string(), EISDIR, ErrorCode::no_input);
  if (!S_ISREG(status.st_mode)) {
    throw DataError("not a regular file", {.path = path.string(), .dataset = {}, .column = {}},
                    "text is read twice, so a pipe has to be saved to a file first");
  }
  return file;
}

}  // namespace

struct CsvSource::Stream {
  explicit Stream(const std::filesystem::path& path) {
    const FileDescriptor descriptor = open_regular(path);
    file = gzdopen(dup(descriptor.get()), "rb");
    if (file == nullptr) throw MemoryError("no memory to read " + path.string());
    gzbuffer(file, static_cast<unsigned>(kBlockBytes));
  }
  ~Stream() { gzclose_r(file); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  gzFile file = nullptr;
};

CsvSource::CsvSource(const std::filesystem::path& path) : stream_(std::make_unique<Stream>(path)), path_(path) {
  refill();
  if (std::string_view(buffer_).starts_with("\xFF\xFE") || std::string_view(buffer_).starts_with("\xFE\xFF")) {
    throw DataError("the text is UTF-16", {.path = path.string(), .dataset = {}, .column = {}},
                    "save it as UTF-8: in spreadsheets 'CSV UTF-8', or iconv -f UTF-16 -t UTF-8");
  }
  if (std::string_view(buffer_).starts_with(kByteOrderMark)) position_ = kByteOrderMark.size();
  begin_record();
}

CsvSource::~CsvSource() = default;

void CsvSource::refill() {
  forget();
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kBlockBytes);
  errno = 0;
  const int count = gzread(stream_->file, buffer_.data() + before, static_cast<unsigned>(kBlockBytes));
  const int system_error = errno;
  buffer_.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
  if (count == static_cast<int>(kBlockBytes)) return;
  at_end_ = true;
  int code = Z_OK;
  const char* message = gzerror(stream_->file, &code);
  if (code == Z_ERRNO) throw file_error("read", path_.string(), system_error);
  if (code == Z_MEM_ERROR) throw MemoryError("no memory to read " + path_.string());
  if (count < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR) {
    throw DataError(std::string("the gzip data are damaged or cut off: ") + message,
                    {.path = path_.string(), .dataset = {}, .column = {}}, "check it with gzip -t, and copy the file again");
  }
}

void CsvSource::begin_record() {
  record_begin_ = position_;
  record_line_ = line_;
}

/// The end of the line at position_ (behind its terminator), or npos if it is not in the buffer yet.
std::size_t CsvSource::find_line_end() {
  // Lines that end with CR alone are rare, so LF is looked for first; its place serves all such lines before it.
  if (!newline_known_ || next_newline_ < position_) {
    next_newline_ = std::max(next_newline_, position_);
    const void* found = std::memchr(buffer_.data() + next_newline_, '\n', buffer_.size() - next_newline_);
    newline_known_ = found != nullptr;
    next_newline_ =
        newline_known_ ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) : buffer_.size();
  }
  const void* found = std::memchr(buffer_.data() + position_, '\r', next_newline_ - position_);
  if (found != nullptr) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    if (newline_known_ && at + 1 == next_newline_) return at + 2;
    if (at + 1 < buffer_.size() || at_end_) return at + 1;
    return std::string::npos;  // whether an LF follows is still to be read
  }
  if (newline_known_) return next_newline_ + 1;
  return at_end_ && position_ < buffer_.size() ? buffer_.size() : std::string::npos;
}

bool CsvSource::next_line(CsvLine& line) {
  std::size_t end = find_line_end();
  while (end == std::string::npos && !at_end_ && buffer_.size() - position_ <= kMostRecordBytes) {
    refill();
    end = find_line_end();
  }
  if (end == std::string::npos && at_end_) return false;
  line.too_long = end == std::string::npos || end - position_ > kMostRecordBytes;
  std::size_t begin = position_;
  if (end == std::string::npos) {
    skip_rest_of_line();
    begin = position_ - kMostRecordBytes;
  } else {
    position_ = end;
  }
  line.bytes = std::string_view(buffer_).substr(begin, position_ - begin);
  ++line_;
  if (line_ == record_line_ + 1) first_line_end_ = position_;
  return true;
}

/// Keeps the beginning of the line at position_ and drops the rest, block by block.
void CsvSource::skip_rest_of_line() {
  forget();
  const std::size_t kept_end = position_ + kMostRecordBytes;
  for (;;) {
    buffer_.resize(kept_end);
    go_to(kept_end);
    if (at_end_) return;
    refill();
    const std::size_t end = find_line_end();
    if (end == std::string::npos) continue;
    buffer_.erase(kept_end, end - kept_end);
    return go_to(kept_end);
  }
}

void CsvSource::go_to(std::size_t position) {
  position_ = position;
  next_newline_ = position;
  newline_known_ = false;
}

/// Drops what lies before the record.
void CsvSource::forget() {
  buffer_.erase(0, record_begin_);
  position_ -= record_begin_;
  next_newline_ -= record_begin_;
  first_line_end_ -= std::min(first_line_end_, record_begin_);
  record_begin_ = 0;
}

std::string_view CsvSource::record() const {
  return std::string_view(buffer_).substr(record_begin_, position_ - record_begin_);
}

void CsvSource::rewind_to_second_line() {
  go_to(first_line_end_);
  line_ = record_line_ + 1;
}

}  // namespace tessera
