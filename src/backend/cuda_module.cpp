// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda_module.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>

#include <cstdlib>
#include <optional>
#include <string_view>

namespace tessera {
namespace {

constexpr const char* kFileName = "tessera_cuda.so";

/// Folder of the binary or shared library that this code is part of.
std::filesystem::path own_folder() {
  Dl_info info{};
  link_map* map = nullptr;
  std::error_code error;
  std::filesystem::path file;
  const auto* here = reinterpret_cast<const void*>(&own_folder);
  if (dladdr1(here, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0 && map != nullptr && map->l_name[0] != '\0') {
    file = map->l_name;
  } else {
    file = std::filesystem::read_symlink("/proc/self/exe", error);  // the main program has no name there
  }
  return std::filesystem::weakly_canonical(file, error).parent_path();
}

std::optional<std::filesystem::path> find_module() {
  if (const char* named = std::getenv("TESSERA_CUDA_MODULE"); named != nullptr && named[0] != '\0') return named;
  const std::filesystem::path folder = own_folder();
  for (const char* where : {".", "tessera", "../lib/tessera", "../" TESSERA_LIBRARY_FOLDER "/tessera"}) {
    std::error_code error;
    std::filesystem::path file = (folder / where / kFileName).lexically_normal();
    if (std::filesystem::exists(file, error)) return file;
  }
  return std::nullopt;
}

}  // namespace

CudaModuleState load_cuda_module(const std::filesystem::path& file) {
  CudaModuleState state;
  state.advice = "install Tessera anew with its CUDA module, or use --device cpu";
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* reason = dlerror();
    state.problem = fmt::format("the CUDA module cannot be loaded ({})", reason != nullptr ? reason : file.c_str());
    return state;
  }
  using Entry = const CudaModule*();
  auto* entry = reinterpret_cast<Entry*>(dlsym(handle, kCudaModuleEntry));
  const CudaModule* module = entry != nullptr ? entry() : nullptr;
  if (module == nullptr || module->layout != cuda_module_layout() ||
      std::string_view(module->version) != std::string_view(TESSERA_MODULE_VERSION)) {
    state.problem = fmt::format("the CUDA module {} belongs to another version of Tessera", file.string());
    dlclose(handle);
    return state;
  }
  state.module = module;
  dlclose(handle);  // RTLD_NODELETE keeps it
  return state;
}

CudaModuleState load_cuda_module() {
  const std::optional<std::filesystem::path> file = find_module();
  if (file) return load_cuda_module(*file);
  return {nullptr, "this build has no CUDA module", "build Tessera where nvcc is installed, or use --device cpu"};
}

CudaReport cuda_report() {
  const CudaModuleState state = load_cuda_module();
  if (state.module != nullptr) return state.module->report();
  CudaReport report;
  report.problem = state.problem;
  return report;
}

}  // namespace tessera
