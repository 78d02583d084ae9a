// SPDX-License-Identifier: Apache-2.0
// Reads a table from its first to its last row, in the runs that it prefers, into one chunk that is used again: what a sweep
// does.
//   read_table FILE [THREADS] [ROUNDS]            prints {"bytes": of the values, "seconds": [of each round]}
//   read_table --plain FILE [THREADS] [ROUNDS]    the bytes of the file with pread() alone, for comparison
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/file_descriptor.hpp"
#include "core/thread_pool.hpp"
#include "tessera/error.hpp"
#include "tessera/table.hpp"

namespace {

/// Bytes of the numbers of a chunk; text counts with its bytes.
std::int64_t value_bytes(const tessera::RawChunk& chunk) {
  constexpr int kBytes[] = {1, 2, 4, 8, 1, 2, 4, 8, 4, 8};
  std::int64_t bytes = 0;
  for (const tessera::ColumnView& view : chunk.columns) {
    bytes += view.text != nullptr ? static_cast<std::int64_t>(view.text->bytes.size())
                                  : chunk.rows * kBytes[static_cast<std::size_t>(view.type)];
  }
  return bytes;
}

std::int64_t read_table(tessera::Table& table, tessera::RawChunk& chunk) {
  std::vector<int> all(table.info().columns.size());
  std::iota(all.begin(), all.end(), 0);
  const std::int64_t run = table.preferred_rows();
  std::int64_t bytes = 0;
  for (std::int64_t row = 0; row < table.info().rows; row += run) {
    table.read(row, std::min(run, table.info().rows - row), all, chunk);
    bytes += value_bytes(chunk);
  }
  return bytes;
}

/// As many bytes at a time as read_table() has in its chunk, cut into the same pieces.
std::int64_t read_plainly(int file, std::vector<char>& buffer, tessera::ThreadPool& pool) {
  constexpr std::int64_t kRun = std::int64_t{8} << 20;
  constexpr std::int64_t kPiece = std::int64_t{1} << 20;
  buffer.resize(static_cast<std::size_t>(kRun));
  const std::int64_t size = ::lseek(file, 0, SEEK_END);
  for (std::int64_t done = 0; done < size; done += kRun) {
    pool.run(kRun / kPiece, [&](int, std::int64_t i) {
      const std::int64_t from = done + i * kPiece;
      const std::int64_t count = std::min(kPiece, size - from);
      if (count > 0 && ::pread(file, buffer.data() + i * kPiece, static_cast<std::size_t>(count), from) != count) std::abort();
    });
  }
  return size;
}

void measure(int rounds, const std::function<std::int64_t()>& work) {
  std::string seconds;
  std::int64_t bytes = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    bytes = work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    seconds += fmt::format("{}{:.6f}", i == 0 ? "" : ", ", took.count());
  }
  fmt::print("{{\"bytes\": {}, \"seconds\": [{}]}}\n", bytes, seconds);
}

int run(const std::vector<std::string>& arguments) {
  const bool plain = !arguments.empty() && arguments.front() == "--plain";
  const auto value = [&](std::size_t i, const char* otherwise) {
    i += plain ? 1 : 0;
    return i < arguments.size() ? arguments[i] : otherwise;
  };
  const std::string path = value(0, "");
  const int threads = std::stoi(value(1, "1"));
  const int rounds = std::stoi(value(2, "1"));
  if (plain) {
    const tessera::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) throw std::runtime_error("cannot open " + path);
    tessera::ThreadPool pool(threads);
    std::vector<char> buffer;
    measure(rounds, [&] { return read_plainly(file.get(), buffer, pool); });
    return 0;
  }
  const auto table = tessera::open_table(path, {.threads = threads});
  tessera::RawChunk chunk;
  measure(rounds, [&] { return read_table(*table, chunk); });
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(std::vector<std::string>(arguments + 1, arguments + count));
  } catch (const std::exception& error) {
    fmt::print(stderr, "read_table: {}\n", error.what());
    return 1;
  }
}
