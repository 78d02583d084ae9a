// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "hdf5/writer.hpp"
#include "support/run_command.hpp"
#include "support/temporary_folder.hpp"

namespace tessera::testing {

/// Runs the built binary in a folder of its own.
class CliTest : public ::testing::Test {
 protected:
  using Arguments = std::vector<std::string>;

  [[nodiscard]] static Arguments with(Arguments all, const Arguments& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] static CommandResult tessera(Arguments arguments, const CommandOptions& options = {}) {
    arguments.insert(arguments.begin(), TESSERA_BINARY);
    return run_command(arguments, options);
  }
  /// The same, with what it said in the test's report if it did not end with `exit_code`.
  [[nodiscard]] static CommandResult expect_exit(int exit_code, const Arguments& arguments,
                                                 const CommandOptions& options = {}) {
    CommandResult result = tessera(arguments, options);
    EXPECT_EQ(result.exit_code, exit_code) << "tessera " << ::testing::PrintToString(arguments) << "\nstdout: " << result.out
                                           << "\nstderr: " << result.err;
    EXPECT_FALSE(result.killed);
    return result;
  }

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] std::string path(const std::string& name) const { return file(name).string(); }

  /// A table of `rows` customers in three clear segments with two features, ids and a KPI.
  [[nodiscard]] std::string make_blobs(const std::string& name = "blobs.h5", std::int64_t rows = 300) const {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    std::vector<double> x, y, revenue;
    std::vector<std::int64_t> id;
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto segment = static_cast<double>(i % 3);
      x.push_back(10.0 * segment + normal(random));
      y.push_back(segment == 1.0 ? 20.0 + normal(random) : normal(random));
      revenue.push_back(100.0 * segment + normal(random));
      id.push_back(1000 + 7 * i);
    }
    hdf5::FileWriter writer(file(name), {.overwrite = true});
    writer.write("/x", x);
    writer.write("/y", y);
    writer.write("/revenue", revenue);
    writer.set_attribute("/revenue", "role", "kpi");
    writer.write("/customer_id", id);
    writer.set_attribute("/customer_id", "role", "id");
    writer.commit();
    return path(name);
  }

  /// One numeric dataset per column.
  [[nodiscard]] std::string make_columns(const std::string& name,
                                         const std::vector<std::pair<std::string, std::vector<double>>>& columns) const {
    hdf5::FileWriter writer(file(name), {.overwrite = true});
    for (const auto& [column, values] : columns) writer.write("/" + column, values);
    writer.commit();
    return path(name);
  }

  void write_text(const std::string& name, const std::string& content) const {
    std::ofstream(file(name), std::ios::binary) << content;
  }
  [[nodiscard]] static std::string read_text(const std::filesystem::path& where) {
    std::ifstream stream(where, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] static nlohmann::json read_json(const std::filesystem::path& where) {
    return nlohmann::json::parse(read_text(where));
  }

  /// Names of everything in the test's folder, hidden files too.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

  TemporaryFolder folder_;
};

}  // namespace tessera::testing
