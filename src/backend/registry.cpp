// SPDX-License-Identifier: Apache-2.0
#include "backend/registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "backend/cpu/cpu_backend.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::string_view kNoCuda = "this build has no CUDA module";

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "cuda" or "cuda:<i>" with a plain number.
bool names_cuda(std::string_view device) {
  if (device == "cuda") return true;
  if (!device.starts_with("cuda:")) return false;
  const std::string_view number = device.substr(5);
  return !number.empty() && number.size() <= 4 &&
         std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); });
}

CpuLevel choose_level(const std::string& asked) {
  std::vector<CpuLevel> levels = supported_cpu_levels();
  const std::string name = lower_case(asked);
  if (name == "auto") return levels.front();
  const auto found = std::find_if(levels.begin(), levels.end(), [&](const CpuLevel& level) { return level.name == name; });
  if (found == levels.end()) {
    throw ConfigError(fmt::format("unknown or unsupported CPU level '{}'", asked),
                      fmt::format("this processor runs: auto, {}", fmt::join(cpu_levels(), ", ")));
  }
  return *found;
}

}  // namespace

std::vector<std::string> cpu_levels() {
  std::vector<std::string> names;
  for (const CpuLevel& level : supported_cpu_levels()) names.push_back(level.name);
  return names;
}

std::unique_ptr<Backend> open_backend(const BackendOptions& options, const JobContext& job) {
  const std::string device = lower_case(options.device);
  if (names_cuda(device)) {
    throw DeviceError(fmt::format("device '{}' cannot be used: {}", options.device, kNoCuda),
                      "build Tessera where nvcc is installed, or use --device cpu");
  }
  if (device != "auto" && device != "cpu") {
    throw ConfigError(fmt::format("unknown device '{}'", options.device), "use auto, cpu, cuda or cuda:<number>");
  }
  auto backend = std::make_unique<CpuBackend>(choose_level(options.cpu_level), job.threads);
  if (device == "auto") {
    job.observer.note(Observer::Level::info, "device_fallback", fmt::format("using {}: {}", backend->description(), kNoCuda));
  }
  return backend;
}

}  // namespace tessera
