// SPDX-License-Identifier: Apache-2.0
// How often choose_k finds segments where there are none, and whether it finds those that are there. scripts/calibrate-k runs
// it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "calibrate/null_families.hpp"
#include "fit/choose_k.hpp"
#include "support/shared_data.hpp"

namespace tessera::calibrate {
namespace {

struct Settings {
  int tables = 200;
  int blob_tables = 10;
  std::int64_t rows = 500;
  std::vector<std::int64_t> features = {2, 10, 50};
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  bool further = false;
  std::string family;  ///< only this one
};

void usage() {
  fmt::print(
      "usage: calibrate_k [--quick] [--further] [--family NAME] [--tables N] [--rows N] [--threads N]\n"
      "  --quick    6 tables of each family in 2 and 10 features, one table of each kind of blobs\n"
      "  --further  families beyond the required ones\n");
}

Settings parse(const std::vector<std::string>& words) {
  Settings settings;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto next = [&]() -> const std::string& {
      if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " needs a value");
      return words[++i];
    };
    const auto number = [&] {
      const std::string& text = next();
      const int value = std::atoi(text.c_str());
      if (value < 1) throw std::invalid_argument("'" + text + "' is not a number of at least 1");
      return value;
    };
    if (words[i] == "--quick") {
      settings.tables = 6;
      settings.blob_tables = 1;
      settings.features = {2, 10};
    } else if (words[i] == "--further") {
      settings.further = true;
    } else if (words[i] == "--family") {
      settings.family = next();
    } else if (words[i] == "--tables") {
      settings.tables = number();
    } else if (words[i] == "--rows") {
      settings.rows = number();
    } else if (words[i] == "--threads") {
      settings.threads = number();
    } else {
      throw std::invalid_argument("unknown option " + words[i]);
    }
  }
  return settings;
}

/// 95 % interval of a rate. Wilson (1927).
std::pair<double, double> wilson(int found, int tables) {
  constexpr double z = 1.96;
  const double n = tables;
  const double p = found / n;
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, middle - half), middle + half};
}

/// 1 % of the tables; of fewer than 100, one: two are less likely than 1 % at that rate.
int allowed(int tables) { return tables >= 100 ? tables / 100 : 1; }

class Calibration {
 public:
  explicit Calibration(Settings settings) : settings_(std::move(settings)), threads_(settings_.threads) {}

  bool run() {
    fmt::print("{} tables of {} rows each, range 1:10, {} threads\n\n", settings_.tables, settings_.rows, settings_.threads);
    fmt::print("{:<20} {:>4} {:>7} {:>7} {:>7}  {:<15} {}\n", "no segments", "d", "tables", "false", "rate", "95 % interval",
               "found k");
    const auto families = settings_.family.empty() ? (settings_.further ? further_null_families() : required_null_families())
                                                   : std::vector<std::string>{settings_.family};
    for (const std::string& family : families) {
      for (const std::int64_t d : settings_.features) run_family(family, d);
    }
    if (settings_.family.empty() && !settings_.further) {
      fmt::print("\n{:<20} {:>4} {:>7} {:>7}  {}\n", "segments", "d", "tables", "missed", "found k");
      for (const int k : {3, 5, 8}) {
        for (const std::int64_t d : settings_.features) run_blobs(k, d);
      }
      run_mall();
    }
    fmt::print("\n{}\n", passed_ ? "passed" : "FAILED");
    return passed_;
  }

 private:
  [[nodiscard]] int choose(const PreparedTable& table, std::uint64_t seed) {
    const std::vector<double> weights(static_cast<std::size_t>(table.rows.rows()), 1.0);
    ChooseKOptions options;
    options.seed = seed;
    options.skip_hopeless = true;
    return choose_k({table.rows.view(), weights}, table.plan, options, {observer_, cancel_, threads_}).chosen;
  }

  /// k found in each of some tables.
  template <typename MakeTable>
  std::vector<int> choose_all(int tables, const MakeTable& make) {
    std::vector<int> found(static_cast<std::size_t>(tables));
    threads_.run(tables, [&](int /*thread*/, std::int64_t number) {
      found[static_cast<std::size_t>(number)] =
          choose(make(static_cast<std::uint32_t>(number)), static_cast<std::uint64_t>(number));
    });
    return found;
  }

  static std::string histogram(const std::vector<int>& found) {
    std::string text;
    for (int k = 1; k <= 10; ++k) {
      if (const auto count = std::ranges::count(found, k); count > 0)
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", k, count);
    }
    return text;
  }

  void run_family(const std::string& family, std::int64_t d) {
    const std::vector<int> found =
        choose_all(settings_.tables, [&](std::uint32_t number) { return null_table(family, settings_.rows, d, number); });
    const auto wrong = static_cast<int>(std::ranges::count_if(found, [](int k) { return k > 1; }));
    const auto [low, high] = wilson(wrong, settings_.tables);
    const bool good = wrong <= allowed(settings_.tables);
    passed_ = passed_ && good;
    fmt::print("{:<20} {:>4} {:>7} {:>7} {:>6.1f}%  {:<15} {}{}\n", family, d, settings_.tables, wrong,
               100.0 * wrong / settings_.tables, fmt::format("{:.1f} - {:.1f} %", 100 * low, 100 * high), histogram(found),
               good ? "" : "  TOO MANY");
    std::fflush(stdout);
  }

  void report_found(const std::string& name, std::int64_t d, int k, const std::vector<int>& found) {
    const auto missed = std::ranges::count_if(found, [k](int other) { return other != k; });
    passed_ = passed_ && missed == 0;
    fmt::print("{:<20} {:>4} {:>7} {:>7}  {}{}\n", name, d, found.size(), missed, histogram(found),
               missed == 0 ? "" : "  MISSED");
    std::fflush(stdout);
  }

  void run_blobs(int k, std::int64_t d) {
    constexpr double kDistance = 6.0;
    const auto make = [&](std::uint32_t number) { return blob_table(k, settings_.rows, d, kDistance, number); };
    report_found(fmt::format("{} blobs", k), d, k, choose_all(settings_.blob_tables, make));
  }

  void run_mall() {
    const std::filesystem::path path = testing::data_folder() / "mall_customers" / "mall_customers.csv";
    if (!std::filesystem::exists(path)) {
      fmt::print("mall_customers: skipped, {} does not exist (set TESSERA_DATA)\n", path.string());
      return;
    }
    const PreparedTable table = prepare_columns(mall_columns(path));
    report_found("mall_customers", 2, 5, choose_all(settings_.blob_tables, [&](std::uint32_t) { return table; }));
  }

  Settings settings_;
  SilentObserver observer_;
  CancelToken cancel_;
  ThreadPool threads_;
  bool passed_ = true;
};

}  // namespace
}  // namespace tessera::calibrate

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (std::ranges::find(words, "--help") != words.end()) {
      tessera::calibrate::usage();
      return 0;
    }
    return tessera::calibrate::Calibration(tessera::calibrate::parse(words)).run() ? 0 : 1;
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "calibrate_k: {}\n", error.what());
    tessera::calibrate::usage();
    return 64;
  } catch (const std::exception& error) {
    fmt::print(stderr, "calibrate_k: {}\n", error.what());
    return 70;
  }
}
