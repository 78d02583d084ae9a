// SPDX-License-Identifier: Apache-2.0
// What the command line makes of exceptions that cannot be provoked from outside.
#include "cli/failure.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

namespace tessera::cli {
namespace {

template <typename Exception>
Failure failure_of(const Exception& exception) {
  try {
    throw exception;
  } catch (...) {
    return describe_current_exception();
  }
}

TEST(Failure, AnythingUnexpectedIsInternalAndAsksForAReport) {
  const Failure failure = failure_of(std::logic_error("row 7 came twice"));
  EXPECT_EQ(failure.exit_code, 70);
  EXPECT_EQ(failure.word, "internal");
  EXPECT_THAT(failure.message, ::testing::HasSubstr("row 7 came twice"));
  EXPECT_THAT(failure.advice, ::testing::HasSubstr("report"));
  EXPECT_EQ(failure_of(42).exit_code, 70);
}

TEST(Failure, EveryErrorClassKeepsItsCodeMessageAndAdvice) {
  for (const ErrorCode code :
       {ErrorCode::usage, ErrorCode::bad_data, ErrorCode::no_input, ErrorCode::unavailable, ErrorCode::internal,
        ErrorCode::resource, ErrorCode::cannot_create, ErrorCode::io, ErrorCode::permission, ErrorCode::config}) {
    const Failure failure = failure_of(Error(code, "what", "advice"));
    EXPECT_EQ(failure.exit_code, static_cast<int>(code));
    EXPECT_EQ(failure.word, to_string(code));
    EXPECT_EQ(failure.message, "what");
    EXPECT_EQ(failure.advice, "advice");
  }
}

TEST(Failure, MemoryAndThreadsThatRunOutAre71) {
  EXPECT_EQ(failure_of(std::bad_alloc()).exit_code, 71);
  EXPECT_EQ(failure_of(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again))).exit_code, 71);
}

TEST(Failure, SignalsAre128AndTheirNumber) {
  EXPECT_EQ(failure_of(CancelledError(SIGINT)).exit_code, 130);
  EXPECT_EQ(failure_of(CancelledError(SIGTERM)).exit_code, 143);
}

TEST(Failure, FileSystemErrorsAreClassified) {
  const auto with = [](std::errc code) {
    return failure_of(std::filesystem::filesystem_error("x", "/p", std::make_error_code(code))).exit_code;
  };
  EXPECT_EQ(with(std::errc::permission_denied), 77);
  EXPECT_EQ(with(std::errc::no_such_file_or_directory), 66);
  EXPECT_EQ(with(std::errc::no_space_on_device), 74);
}

}  // namespace
}  // namespace tessera::cli
