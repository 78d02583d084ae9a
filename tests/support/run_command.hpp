// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tessera::testing {

/// What a process left behind.
struct CommandResult {
  int exit_code = -1;  ///< 128 + signal if a signal ended it
  bool killed = false;
  std::string out, err;
  std::int64_t peak_bytes = 0;  ///< largest resident set
};

/// Circumstances under which a process runs.
struct CommandOptions {
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< besides what the test has
  std::string out_path = {};                                          ///< standard output goes there instead of into the result
  bool close_out = false;                                             ///< standard output is closed from the start
  bool err_terminal = false;                                          ///< standard error is a terminal
  bool break_out_pipe = false;                                        ///< nobody reads standard output
  std::optional<std::uint64_t> file_bytes = {};                       ///< largest file it may write (RLIMIT_FSIZE)
  std::optional<std::uint64_t> address_bytes = {};                    ///< largest address space (RLIMIT_AS)
  std::optional<uid_t> user = {};                                     ///< whose rights it has; needs root
  std::string folder = {};                                            ///< working directory
  /// Told of everything on standard error so far whenever more arrives; may send signals to the process.
  std::function<void(pid_t process, const std::string& err)> watch = {};
};

namespace detail {

inline void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

/// Between fork and exec: only calls that are safe there.
inline void become_command(const CommandOptions& options, int out, int err, char** argv) {
  if (options.close_out) {
    ::close(STDOUT_FILENO);
  } else {
    ::dup2(out, STDOUT_FILENO);
  }
  ::dup2(err, STDERR_FILENO);
  const auto limit = [](auto resource, std::uint64_t bytes) {
    const rlimit both = {bytes, bytes};
    ::setrlimit(resource, &both);
  };
  if (options.file_bytes) limit(RLIMIT_FSIZE, *options.file_bytes);
  if (options.address_bytes) limit(RLIMIT_AS, *options.address_bytes);
  if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(126);
  if (options.user && (::setgid(*options.user) != 0 || ::setuid(*options.user) != 0)) ::_exit(126);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  // Whoever started the tests may ignore signals, which a process inherits.
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  ::execv(argv[0], argv);
  ::_exit(127);
}

/// Reads both pipes until both are at their end.
inline void drain(pid_t process, int out, int err, const CommandOptions& options, CommandResult& result) {
  std::array<pollfd, 2> pipes = {{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  std::array<char, 65536> buffer{};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      const ssize_t count = ::read(pipes[i].fd, buffer.data(), buffer.size());
      if (count <= 0) {
        pipes[i].fd = -1;
        continue;
      }
      (i == 0 ? result.out : result.err).append(buffer.data(), static_cast<std::size_t>(count));
      if (i == 1 && options.watch) options.watch(process, result.err);
    }
  }
}

}  // namespace detail

/// Runs `arguments` (the first is the program's path) and waits for its end.
inline CommandResult run_command(const std::vector<std::string>& arguments, const CommandOptions& options = {}) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  std::array<int, 2> out = {-1, -1};
  std::array<int, 2> err = {-1, -1};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  if (!options.out_path.empty()) {
    detail::close_if_open(out[1]);
    out[1] = ::open(options.out_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (out[1] < 0) throw std::runtime_error("cannot open " + options.out_path);
  }
  if (options.break_out_pipe) detail::close_if_open(out[0]);

  if (options.err_terminal) {
    detail::close_if_open(err[0]);
    detail::close_if_open(err[1]);
    if (::openpty(&err[0], &err[1], nullptr, nullptr, nullptr) != 0) throw std::runtime_error("no terminal to be had");
  }

  const pid_t process = ::fork();
  if (process < 0) throw std::runtime_error("fork failed");
  if (process == 0) detail::become_command(options, out[1], err[1], argv.data());
  detail::close_if_open(out[1]);
  detail::close_if_open(err[1]);

  CommandResult result;
  detail::drain(process, out[0], err[0], options, result);
  int status = 0;
  rusage usage{};
  while (::wait4(process, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  detail::close_if_open(out[0]);
  detail::close_if_open(err[0]);
  result.killed = WIFSIGNALED(status);
  result.exit_code = result.killed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.peak_bytes = std::int64_t{usage.ru_maxrss} * 1024;
  return result;
}

}  // namespace tessera::testing
