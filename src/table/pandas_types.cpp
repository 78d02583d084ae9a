// SPDX-License-Identifier: Apache-2.0
#include "table/pandas_types.hpp"

#include <fmt/format.h>

#include "hdf5/attribute.hpp"

namespace tessera {
namespace {

bool is_date(const std::string& stored) { return stored.starts_with("datetime64") || stored == "datetime"; }
bool is_duration(const std::string& stored) { return stored.starts_with("timedelta64") || stored == "timedelta"; }

/// "datetime64[ms]" -> 86,400,000. Without a unit they are nanoseconds.
double units_per_day(const std::string& stored) {
  constexpr double kSecondsPerDay = 86400.0;
  const std::size_t open = stored.find('[');
  const std::string unit =
      open == std::string::npos ? "ns" : stored.substr(open + 1, stored.find_first_of(",]", open) - open - 1);
  if (unit == "s") return kSecondsPerDay;
  if (unit == "ms") return kSecondsPerDay * 1e3;
  if (unit == "us") return kSecondsPerDay * 1e6;
  return kSecondsPerDay * 1e9;
}

}  // namespace

DatasetColumn pandas_column(const std::string& stored) {
  DatasetColumn column;
  if (is_date(stored) || is_duration(stored)) {
    column.decode = Decode::days;
    column.units_per_day = units_per_day(stored);
  }
  return column;
}

std::optional<Kind> pandas_kind(const std::string& stored) {
  return is_date(stored) ? std::optional(Kind::date) : std::nullopt;
}

std::string pandas_plain_name(const std::string& stored, const std::string& fallback) {
  // Pickles of protocol 0 end in a full stop and hold line breaks, or are "N." for none.
  const bool plain = !stored.empty() && stored != "N." && stored.find('\n') == std::string::npos && stored.front() != '\x80';
  return plain ? stored : fallback;
}

std::string pandas_index_name(hid_t index) {
  return pandas_plain_name(hdf5::read_string_attribute(index, "name").value_or(""), "index");
}

std::string pandas_recipe(const std::string& file, const std::string& key) {
  return fmt::format(
      "if you trust the file, write it anew: python -c \"import pandas; pandas.read_hdf('{}', '{}').to_hdf('table.h5', "
      "key='table', format='table', "
      "data_columns=True)\"",
      file, key);
}

}  // namespace tessera
