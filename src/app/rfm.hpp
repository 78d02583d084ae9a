// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analyse/rfm_stage.hpp"
#include "tessera/observer.hpp"

namespace tessera {

/// From transactions to customers.
struct RfmOptions {
  std::filesystem::path input;   ///< HDF5, CSV or TSV (.gz too), one row per line of a bill
  std::string dataset;           ///< HDF5 path, if the file holds several tables
  std::filesystem::path output;  ///< HDF5 file to be made
  bool csv = false;              ///< write the same as CSV beside it
  bool overwrite = false;
  bool compress = false;

  std::string customer;              ///< column of ids: whole numbers or text
  std::string time;                  ///< column of dates or times
  std::string date_format;           ///< how times are written, as DateFormat reads it; empty: ISO 8601
  std::string amount;                ///< column, or product of columns: "Quantity*UnitPrice"
  std::string invoice;               ///< column; empty: rows of one customer at one time are one order
  std::string where;                 ///< rows asked for, see parse_filter(); empty: all
  std::optional<double> as_of_days;  ///< days since 1970-01-01; nullopt: the day after the last transaction
  std::optional<double> gap_days;    ///< the typical gap of the stages; nullopt: learned from the table

  int threads = 0;                ///< 0: what the machine allows
  std::int64_t memory_bytes = 0;  ///< 0: from what is free
  std::filesystem::path scratch;
};

/// What became of the rows. The first reason to leave a row out counts, in the order
/// of the members: rows = used + filtered + without_time + after_as_of + without_amount + without_customer.
struct RfmReport {
  std::int64_t rows = 0;
  std::int64_t used = 0;
  std::int64_t filtered = 0;      ///< the condition does not hold
  std::int64_t without_time = 0;  ///< missing or unreadable
  std::int64_t after_as_of = 0;
  std::int64_t without_amount = 0;  ///< missing, infinite or beyond 10^20
  std::int64_t without_customer = 0;
  std::int64_t unreadable_times = 0;  ///< of those without a time: something is there
  std::string first_unreadable_time;  ///< empty: all that were there could be read
  std::int64_t zero_rows = 0;         ///< used, amount 0
  std::int64_t return_rows = 0;
  std::int64_t customers = 0;
  std::int64_t orders = 0;
  double revenue = 0.0;  ///< bought less returned
  double bought = 0.0;
  double returned = 0.0;  ///< positive or 0
  double first_time_days = 0.0, last_time_days = 0.0;
  std::int64_t as_of_day = 0;
  double typical_gap_days = 0.0;
  std::array<std::int64_t, kRfmStages> stage_customers{};
  std::vector<std::string> notes;  ///< of reading the table
};

/// One row per customer, by id ascending: see docs/cli.md for the columns. Streams; memory grows with the customers only.
/// The same rows give the same bytes in any order, for any number of threads.
/// @throws ConfigError, DataError, FileError, MemoryError, CancelledError
[[nodiscard]] RfmReport run_rfm(const RfmOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
