// SPDX-License-Identifier: Apache-2.0
#include "hdf5/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <new>
#include <utility>

#include "hdf5/handle.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

constexpr char kDone = 'k';
constexpr char kSeparator = '\x1f';

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  [[nodiscard]] int get() const { return value_; }
  void close() {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }

 private:
  int value_;
};

/// How an error travels: its class, code, message and advice.
char class_of(const Error& error) {
  if (dynamic_cast<const DeviceError*>(&error) != nullptr) return 'v';
  if (dynamic_cast<const FileError*>(&error) != nullptr) return 'f';
  if (dynamic_cast<const ConfigError*>(&error) != nullptr) return 'c';
  if (dynamic_cast<const MemoryError*>(&error) != nullptr) return 'm';
  return 'd';
}

std::string pack(const Error& error) {
  return fmt::format("{}{}{}{}{}{}", class_of(error), static_cast<int>(error.code()), kSeparator, error.what(), kSeparator,
                     error.advice());
}

[[noreturn]] void rethrow(const std::string& packed, const std::string& path) {
  const std::size_t first = packed.find(kSeparator);
  const std::size_t second = packed.find(kSeparator, first == std::string::npos ? first : first + 1);
  if (second == std::string::npos) throw DataError("reading it failed", {.path = path, .dataset = {}, .column = {}});
  const auto code = static_cast<ErrorCode>(std::atoi(packed.c_str() + 1));
  const std::string message = packed.substr(first + 1, second - first - 1);
  const std::string advice = packed.substr(second + 1);
  switch (packed.front()) {
    case 'v':
      throw DeviceError(message, advice);
    case 'f':
      throw FileError(code, message, advice);
    case 'c':
      throw ConfigError(message, advice, code);
    case 'm':
      throw MemoryError(message, advice);
    default:
      throw DataError(message, {}, advice, code);
  }
}

std::string run_and_pack(const std::string& path, const std::function<void()>& work) {
  try {
    work();
#if defined(__GLIBC__)
    malloc_trim(0);  // walks the heap, and so trips over damage that HDF5 has done to it
#endif
    return {kDone};
  } catch (const Error& error) {
    return pack(error);
  } catch (const std::bad_alloc&) {
    return pack(DataError("describing the table takes more memory than a sound file needs",
                          {.path = path, .dataset = {}, .column = {}}, "check the file with h5ls -r"));
  } catch (const std::exception& error) {
    return pack(DataError(error.what(), {.path = path, .dataset = {}, .column = {}}));
  }
}

void limit(decltype(RLIMIT_CPU) what, rlim_t value) {
  struct rlimit bound {};
  if (getrlimit(what, &bound) != 0) return;
  bound.rlim_cur = bound.rlim_max == RLIM_INFINITY ? value : std::min(value, bound.rlim_max);
  setrlimit(what, &bound);
}

/// Pages of address space that this process has; 0 if unknown.
rlim_t address_space_bytes() {
  std::ifstream status("/proc/self/statm");
  rlim_t pages = 0;
  status >> pages;
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

void restrain(const ChildLimits& limits, rlim_t address_space) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The terminal sends its signals to both; ours to this child is SIGKILL.
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) std::signal(number, SIG_IGN);
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) std::signal(number, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu_seconds));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their shadow memory takes terabytes of address space
  if (address_space != 0) limit(RLIMIT_AS, address_space + static_cast<rlim_t>(limits.extra_memory_bytes));
#else
  static_cast<void>(address_space);
#endif
#if defined(__GLIBC__)
  mallopt(M_PERTURB, 0xA5);  // memory that is used after it is freed, or before it is set, is to show
#endif
  // The C library writes its last words about a corrupted heap to stderr; they are no use to anybody.
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
}

void write_all(int descriptor, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) done += static_cast<std::size_t>(written);
  }
}

/// Everything the child says until it closes the pipe; false if it does not within the time.
bool read_all(int descriptor, int wall_seconds, std::string& answer) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wall_seconds);
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    struct pollfd waiting = {descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) continue;  // the deadline decides
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

/// Exit status of the child; 0 if another part of the process has collected it.
int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 0;
  }
  return status;
}

}  // namespace

void run_in_child(const std::string& path, const ChildLimits& limits, const std::function<void()>& work) {
  const Hdf5Session session;  // so that no other thread is inside HDF5 when this one is copied
  const rlim_t address_space = address_space_bytes();
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw file_error("check", path, errno, ErrorCode::resource);
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    throw Error(ErrorCode::resource, fmt::format("cannot start a process to check {}: {}", path, std::strerror(errno)),
                "raise the limit of processes (ulimit -u), or free memory");
  }
  if (child == 0) {
    restrain(limits, address_space);
    write_all(writing.get(), run_and_pack(path, work));
    ::_exit(0);
  }
  writing.close();
  std::string answer;
  const bool in_time = read_all(reading.get(), limits.wall_seconds, answer);
  if (!in_time) ::kill(child, SIGKILL);
  const int status = wait_for(child);
  if (in_time && answer.size() == 1 && answer.front() == kDone) return;
  const bool too_slow = !in_time || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
  if (too_slow || answer.empty()) {
    throw DataError(
        too_slow ? "describing the file takes longer than a sound file needs" : "the file is damaged: HDF5 crashes on it",
        {.path = path, .dataset = {}, .column = {}}, "check it with h5dump, or write it again");
  }
  rethrow(answer, path);
}

}  // namespace tessera::hdf5
