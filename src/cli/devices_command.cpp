// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "backend/cuda_module.hpp"
#include "backend/registry.hpp"
#include "cli/command.hpp"
#include "cli/standard_output.hpp"
#include "core/bytes.hpp"
#include "core/memory_budget.hpp"
#include "core/thread_count.hpp"

namespace tessera::cli {
namespace {

/// The message with which the automatic choice explains itself.
class ReasonObserver final : public Observer {
 public:
  void stage(std::string_view, std::int64_t) override {}
  void progress(std::int64_t) override {}
  void note(Level, std::string_view code, std::string_view message) override {
    if (code == "device_fallback") reason = message;
  }
  std::string reason;
};

struct Machine {
  std::vector<std::string> levels;
  std::string device, reason;
  std::vector<ThreadLimit> limits;
  ThreadLimit threads;
  MemoryBudget memory;
  CudaReport cuda;
};

/// "13.0" of 13000, as CUDA counts its versions.
std::string cuda_version(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

Machine look_around(const CancelToken& cancel) {
  Machine machine;
  machine.levels = cpu_levels();
  machine.limits = thread_limits(std::nullopt);
  machine.threads = least_limit(machine.limits);
  machine.memory = memory_budget(std::nullopt);
  machine.cuda = cuda_report();
  ReasonObserver observer;
  ThreadPool pool(machine.threads.threads);
  machine.device = open_backend({}, {observer, cancel, pool})->description();
  machine.reason = observer.reason;
  return machine;
}

std::string devices_json(const Machine& machine) {
  nlohmann::ordered_json json;
  json["device"] = machine.device;
  json["device_reason"] = machine.reason;
  json["cpu_levels"] = machine.levels;
  json["threads"] = machine.threads.threads;
  json["threads_reason"] = machine.threads.reason;
  json["thread_limits"] = nlohmann::ordered_json::array();
  for (const ThreadLimit& limit : machine.limits) {
    json["thread_limits"].push_back({{"threads", limit.threads}, {"reason", limit.reason}});
  }
  json["memory_bytes"] = machine.memory.bytes;
  json["memory_reason"] = machine.memory.reason;
  const auto version = [](int number) { return number > 0 ? nlohmann::ordered_json(cuda_version(number)) : nullptr; };
  auto& cuda = json["cuda"];
  cuda["runtime"] = version(machine.cuda.runtime_version);
  cuda["driver"] = version(machine.cuda.driver_version);
  cuda["problem"] = machine.cuda.problem;
  cuda["devices"] = nlohmann::ordered_json::array();
  for (const CudaDevice& gpu : machine.cuda.devices) {
    cuda["devices"].push_back({{"index", gpu.index},
                               {"name", gpu.name},
                               {"compute_capability", fmt::format("{}.{}", gpu.major, gpu.minor)},
                               {"memory_bytes", gpu.memory_bytes},
                               {"free_bytes", gpu.free_bytes},
                               {"problem", gpu.problem}});
  }
  return json.dump(2) + "\n";
}

std::string devices_text(const Machine& machine) {
  std::string text = fmt::format("device      {}\n", machine.device);
  if (!machine.reason.empty()) text += fmt::format("            {}\n", machine.reason);
  text += fmt::format("cpu levels  {}\n", fmt::join(machine.levels, ", "));
  text += fmt::format("threads     {}\n", to_string(machine.threads));
  for (const ThreadLimit& limit : machine.limits) text += fmt::format("            limit {}\n", to_string(limit));
  text += fmt::format("memory      {}\n", machine.memory.reason);
  const CudaReport& cuda = machine.cuda;
  if (!cuda.problem.empty()) text += fmt::format("gpu         none: {}\n", cuda.problem);
  for (const CudaDevice& gpu : cuda.devices) {
    text += fmt::format("gpu cuda:{}  {}, compute capability {}.{}, {} of {} free\n", gpu.index, gpu.name, gpu.major, gpu.minor,
                        format_bytes(gpu.free_bytes), format_bytes(gpu.memory_bytes));
    if (!gpu.problem.empty()) text += fmt::format("            cannot be used: {}\n", gpu.problem);
  }
  if (!cuda.devices.empty()) {
    text += fmt::format("cuda        runtime {}, driver for {}\n", cuda_version(cuda.runtime_version),
                        cuda_version(cuda.driver_version));
  }
  return text;
}

class DevicesCommand final : public Command {
 public:
  explicit DevicesCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"devices", "Say what jobs run on here: processor, threads, memory, GPU",
                                  "  tessera devices\n  tessera devices --json", "0 64 70 74"});
    app.add_flag("--json", json_, "print JSON instead of text")->group("Output");
    add_common_options();
  }

  void run(Log&, const CancelToken& cancel) override {
    const Machine machine = look_around(cancel);
    print_result(json_ ? devices_json(machine) : devices_text(machine));
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_devices_command(CLI::App& root) { return std::make_unique<DevicesCommand>(root); }

}  // namespace tessera::cli
