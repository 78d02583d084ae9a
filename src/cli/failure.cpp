// SPDX-License-Identifier: Apache-2.0
#include "cli/failure.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <new>
#include <system_error>

namespace tessera::cli {
namespace {

Failure failure_of(const Error& error) {
  return {static_cast<int>(error.code()), std::string(to_string(error.code())), error.what(), error.advice()};
}

Failure failure_of(const std::filesystem::filesystem_error& error) {
  return failure_of(file_error("use", error.path1().string(), error.code().value(), ErrorCode::io));
}

Failure cancelled(int signal) {
  const char* const name = signal == SIGTERM ? "SIGTERM" : signal == SIGINT ? "SIGINT" : "a signal";
  return {128 + signal, "cancelled", fmt::format("stopped by {}; nothing was written", name), {}};
}

Failure internal(const char* what) {
  return {static_cast<int>(ErrorCode::internal), "internal", fmt::format("internal error: {}", what),
          "this is a fault of tessera: please report it with the command line and `tessera --version`"};
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::bad_data:
      return "bad_data";
    case ErrorCode::no_input:
      return "no_input";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::internal:
      return "internal";
    case ErrorCode::resource:
      return "resource";
    case ErrorCode::cannot_create:
      return "cannot_create";
    case ErrorCode::io:
      return "io";
    case ErrorCode::permission:
      return "permission";
    case ErrorCode::config:
      return "config";
  }
  return "internal";
}

Failure describe_current_exception() {
  try {
    throw;
  } catch (const Error& error) {
    return failure_of(error);
  } catch (const CancelledError& error) {
    return cancelled(error.signal());
  } catch (const std::bad_alloc&) {
    return failure_of(MemoryError("out of memory", "lower --memory, use fewer --threads, or run where more memory is free"));
  } catch (const std::filesystem::filesystem_error& error) {
    return failure_of(error);
  } catch (const std::system_error& error) {
    // Thread creation fails with EAGAIN when a limit on processes is reached.
    if (error.code().value() == EAGAIN)
      return failure_of(MemoryError("the system allows no more threads", "use fewer --threads"));
    return internal(error.what());
  } catch (const std::exception& error) {
    return internal(error.what());
  } catch (...) {
    return internal("unknown exception");
  }
}

}  // namespace tessera::cli
