// SPDX-License-Identifier: Apache-2.0
// What nvcc's host code calls to make kernels known and to launch them (crt/host_runtime.h of the toolkit): here their PTX is
// run, on an imagined machine. A fault or a race fails the test that is running.
#include "gpu/ptx_launchers.hpp"

#include <cxxabi.h>
#include <fatbinary_section.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gpu/fake_machine.hpp"
#include "ptx/block.hpp"
#include "ptx/program.hpp"

namespace tessera::testing {
namespace {

/// A source file's kernels.
struct Module {
  std::vector<std::string_view> texts;                                      ///< one for each architecture
  std::map<int, std::map<std::string, ptx::Kernel, std::less<>>> programs;  ///< by architecture, once asked for
};

struct Registered {
  Module* module = nullptr;
  std::string name;
  int most_dynamic_bytes = 48 << 10;
};

struct Configuration {
  dim3 blocks, threads;
  std::size_t dynamic_bytes = 0;
  cudaStream_t stream = nullptr;
};

struct Registry {
  std::vector<std::unique_ptr<Module>> modules;
  std::map<const void*, Registered> kernels;
  std::vector<Configuration> configurations;
  std::set<std::string> said;
  bool counts = false;
  std::map<std::string, KernelCosts> costs;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

/// "90" of ".target sm_90".
int architecture_of(std::string_view text) {
  constexpr std::string_view kTarget = ".target sm_";
  int architecture = 0;
  for (std::size_t at = text.find(kTarget) + kTarget.size(); text[at] >= '0' && text[at] <= '9'; ++at) {
    architecture = 10 * architecture + (text[at] - '0');
  }
  return architecture;
}

/// The texts in a container of device code that was not compressed.
std::vector<std::string_view> find_texts(const void* container) {
  std::uint64_t bytes;  // behind a mark, a version and the header's size
  std::memcpy(&bytes, static_cast<const char*>(container) + 8, sizeof(bytes));
  const std::string_view all(static_cast<const char*>(container), 16 + bytes);
  std::vector<std::string_view> texts;
  for (std::size_t at = all.find(".version "); at != std::string_view::npos; at = all.find(".version ", at)) {
    const std::size_t end = std::min(all.find('\0', at), all.size());
    texts.push_back(all.substr(at, end - at));
    at = end;
  }
  return texts;
}

/// "screen_kernel<64, false>" of a mangled name.
std::string readable_name(const std::string& mangled) {
  const std::unique_ptr<char, void (*)(void*)> whole(abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, nullptr),
                                                     std::free);
  static const std::regex kScopes("void |tessera::kernels::|\\(anonymous namespace\\)::"), kSuffix("([0-9])ul");
  std::string name = std::regex_replace(whole ? whole.get() : mangled, kScopes, "");
  name.erase(std::min(name.find('('), name.size()));
  return std::regex_replace(name, kSuffix, "$1");
}

/// @throws std::runtime_error if there is none for the present machine, or it cannot be read
const ptx::Kernel& kernel_of(const Registered& registered) {
  const int capability = fake_cuda().capability;
  std::string_view text;
  int best = 0;
  for (const std::string_view candidate : registered.module->texts) {
    const int architecture = architecture_of(candidate);
    if (architecture <= best || architecture > capability) continue;
    best = architecture;
    text = candidate;
  }
  if (text.empty()) throw std::runtime_error(fmt::format("{}: no PTX for sm_{}", registered.name, capability));
  auto& programs = registered.module->programs;
  if (!programs.contains(best)) {
    const auto parsed = programs.emplace(best, ptx::parse_program(text)).first;
    for (auto& [name, kernel] : parsed->second) kernel.name = readable_name(name);
  }
  return programs.at(best).at(registered.name);
}

void say(const std::string& what) {
  if (registry().said.insert(what).second) ADD_FAILURE() << what;
}

cudaError_t launch(const void* function, dim3 blocks, dim3 threads, void** arguments, std::size_t dynamic_bytes,
                   cudaStream_t stream) {
  const auto found = registry().kernels.find(function);
  if (found == registry().kernels.end()) return fake_result(cudaErrorInvalidDeviceFunction);
  const Registered& registered = found->second;
  try {
    const ptx::Kernel& kernel = kernel_of(registered);
    const auto static_bytes = static_cast<std::size_t>(kernel.shared_bytes);
    const bool fits = dynamic_bytes <= static_cast<std::size_t>(registered.most_dynamic_bytes) &&
                      static_bytes + dynamic_bytes <= fake_cuda().shared_bytes;
    const bool flat = blocks.y == 1 && blocks.z == 1 && threads.y == 1 && threads.z == 1;
    if (!fits || !flat || blocks.x == 0 || blocks.x > 0x7FFFFFFF) {
      say(fmt::format("{}: {} blocks of {} threads with {} bytes of shared memory", kernel.name, blocks.x, threads.x,
                      static_bytes + dynamic_bytes));
      return fake_result(cudaErrorInvalidConfiguration);
    }
    ptx::Launch what{.blocks = static_cast<std::int32_t>(blocks.x),
                     .threads = static_cast<std::int32_t>(threads.x),
                     .dynamic_bytes = static_cast<std::int64_t>(dynamic_bytes),
                     .parameters = std::vector<std::byte>(static_cast<std::size_t>(kernel.parameter_offsets.back())),
                     .allocation = [](std::uint64_t address) {
                       return fake_allocation(reinterpret_cast<const void*>(address));  // NOLINT: a number to kernels
                     }};
    for (std::size_t i = 0; i < kernel.parameter_bytes.size(); ++i) {
      std::memcpy(what.parameters.data() + kernel.parameter_offsets[i], arguments[i],
                  static_cast<std::size_t>(kernel.parameter_bytes[i]));
    }
    do_later(stream, [&kernel, what = std::move(what)]() mutable {
      try {
        if (registry().counts) {
          KernelCosts& costs = registry().costs[kernel.name];
          costs.kernel = &kernel;
          ++costs.launches;
          what.costs = &costs.costs;
        }
        int said = 0;
        for (const std::string& race : ptx::run_launch(kernel, what)) {
          constexpr int kMostRaces = 4;  // one mistake makes many
          if (++said <= kMostRaces) say(race);
        }
      } catch (const ptx::Fault& fault) {
        say(fault.what());
      }
    });
    return cudaSuccess;
  } catch (const std::exception& error) {
    say(error.what());
    return fake_result(cudaErrorInvalidPtx);
  }
}

}  // namespace

void count_costs() {
  registry().counts = true;
  registry().costs.clear();
}

const std::map<std::string, KernelCosts>& counted_costs() { return registry().costs; }

}  // namespace tessera::testing

using namespace tessera::testing;  // NOLINT: the functions below have C linkage

extern "C" {

void** __cudaRegisterFatBinary(void* wrapper) {  // NOLINT: the names are those of the toolkit
  auto module = std::make_unique<Module>();
  module->texts = find_texts(static_cast<const __fatBinC_Wrapper_t*>(wrapper)->data);
  registry().modules.push_back(std::move(module));
  return reinterpret_cast<void**>(registry().modules.back().get());  // NOLINT: a handle
}
void __cudaRegisterFatBinaryEnd(void**) {}  // NOLINT
void __cudaUnregisterFatBinary(void**) {}   // NOLINT
void __cudaRegisterFunction(void** module, const char* host, char*, const char* name, int, uint3*, uint3*, dim3*,
                            dim3*,  // NOLINT
                            int*) {
  registry().kernels[host] = {reinterpret_cast<Module*>(module), name};  // NOLINT: a handle
}
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* host) {  // NOLINT
  *kernel = static_cast<cudaKernel_t>(const_cast<void*>(host));        // NOLINT: a handle
  return cudaSuccess;
}
unsigned __cudaPushCallConfiguration(dim3 blocks, dim3 threads, std::size_t dynamic_bytes, CUstream_st* stream) {  // NOLINT
  registry().configurations.push_back({blocks, threads, dynamic_bytes, stream});
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* blocks, dim3* threads, std::size_t* dynamic_bytes, void* stream) {  // NOLINT
  const Configuration configuration = registry().configurations.back();
  registry().configurations.pop_back();
  *blocks = configuration.blocks;
  *threads = configuration.threads;
  *dynamic_bytes = configuration.dynamic_bytes;
  *static_cast<cudaStream_t*>(stream) = configuration.stream;
  return cudaSuccess;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 blocks, dim3 threads, void** arguments,  // NOLINT
                               std::size_t dynamic_bytes, cudaStream_t stream) {
  return launch(kernel, blocks, threads, arguments, dynamic_bytes, stream);
}
cudaError_t cudaLaunchKernel(const void* host, dim3 blocks, dim3 threads, void** arguments, std::size_t dynamic_bytes,
                             cudaStream_t stream) {  // that of toolkits before 13
  return launch(host, blocks, threads, arguments, dynamic_bytes, stream);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* host) {
  *attributes = {};
  const auto found = registry().kernels.find(host);
  if (found == registry().kernels.end()) return fake_result(cudaErrorInvalidDeviceFunction);
  try {
    const tessera::ptx::Kernel& kernel = kernel_of(found->second);
    attributes->sharedSizeBytes = static_cast<std::size_t>(kernel.shared_bytes);
    attributes->maxThreadsPerBlock = kernel.most_threads;
    attributes->maxDynamicSharedSizeBytes = found->second.most_dynamic_bytes;
  } catch (const std::exception& error) {
    say(error.what());
    return fake_result(cudaErrorInvalidPtx);
  }
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* host, cudaFuncAttribute, int value) {
  const auto found = registry().kernels.find(host);
  if (found == registry().kernels.end()) return fake_result(cudaErrorInvalidDeviceFunction);
  found->second.most_dynamic_bytes = value;
  return cudaSuccess;
}

}  // extern "C"
