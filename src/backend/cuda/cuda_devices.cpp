// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/cuda_devices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "backend/cuda/cuda_check.hpp"
#include "backend/cuda/cuda_memory.hpp"
#include "backend/cuda/tensor_probe.hpp"
#include "core/bytes.hpp"
#include "kernels/launch.hpp"

namespace tessera::cuda {
namespace {

constexpr const char* kAdvice = "`tessera devices` lists what there is; --device cpu works everywhere";

/// Versions, and why there is no device at all.
CudaReport look_for_driver(int& count) {
  CudaReport report;
  static_cast<void>(cudaRuntimeGetVersion(&report.runtime_version));
  static_cast<void>(cudaDriverGetVersion(&report.driver_version));
  count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  static_cast<void>(cudaGetLastError());
  if (report.driver_version == 0) {
    report.problem = fmt::format("no NVIDIA driver is installed (CUDA {} needs one)", version_text(report.runtime_version));
  } else if (error == cudaErrorInsufficientDriver) {
    report.problem = fmt::format("the NVIDIA driver serves CUDA {}, this build needs {}", version_text(report.driver_version),
                                 version_text(report.runtime_version));
  } else if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0)) {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    report.problem = visible == nullptr ? "the NVIDIA driver sees no GPU"
                                        : fmt::format("no GPU is visible (CUDA_VISIBLE_DEVICES is '{}')", visible);
  } else if (error != cudaSuccess) {
    report.problem = fmt::format("cudaGetDeviceCount failed: {}", cudaGetErrorString(error));
  }
  return report;
}

/// Opens a device as a job would, so that what it says of itself is what a job finds.
CudaDevice look_at(int index) {
  CudaDevice device;
  device.index = index;
  cudaDeviceProp properties{};
  cudaError_t error = cudaGetDeviceProperties(&properties, index);
  if (error == cudaSuccess) {
    device.name = properties.name;
    device.major = properties.major;
    device.minor = properties.minor;
    device.memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
    error = cudaSetDevice(index);
  }
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  if (error == cudaSuccess) error = cudaMemGetInfo(&free_bytes, &total_bytes);
  if (error == cudaSuccess) error = kernels::probe_kernels();
  device.free_bytes = static_cast<std::int64_t>(free_bytes);
  static_cast<void>(cudaGetLastError());
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction) {
    device.problem = fmt::format("this build has no code for compute capability {}.{}", device.major, device.minor);
  } else if (error == cudaErrorMemoryAllocation) {
    device.problem = "it is out of memory";
  } else if (error != cudaSuccess) {
    device.problem = cudaGetErrorString(error);
  }
  return device;
}

/// Whether the matrix units of the present device may screen: unless TESSERA_CUDA_SCREEN says "float32", if they pass the
/// probe.
bool screens_on_tensors() {
  const char* screen = std::getenv("TESSERA_CUDA_SCREEN");
  if (screen != nullptr && std::string_view(screen) == "float32") return false;
  const TensorProbe probe = make_tensor_probe();
  const Stream stream;
  DeviceBuffer<std::uint32_t> rows, columns;
  DeviceBuffer<float> sums;
  rows.upload(probe.rows, stream.get());
  columns.upload(probe.columns, stream.get());
  sums.upload(probe.sums, stream.get());
  check(kernels::launch_tensor_probe({rows.data(), columns.data(), sums.data(), probe.count}, stream.get()),
        "launch of tensor probe");
  return probe_holds(probe, sums.download(std::ssize(probe.sums), stream.get()));
}

/// Whether passes of a fit may leave rows alone: unless TESSERA_CUDA_SKIP says "off".
bool skips_settled_rows() {
  const char* skip = std::getenv("TESSERA_CUDA_SKIP");
  return skip == nullptr || std::string_view(skip) != "off";
}

Device make_device(const CudaDevice& found) {
  constexpr int kSlowDouble = 8;
  Device device{.index = found.index, .name = found.name};
  int ratio = 1;
  check(cudaDeviceGetAttribute(&ratio, cudaDevAttrSingleToDoublePrecisionPerfRatio, found.index), "cudaDeviceGetAttribute");
  device.fast_double = ratio <= kSlowDouble;
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, found.index), "cudaGetDeviceProperties");
  auto memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  if (const char* most = std::getenv("TESSERA_CUDA_MEMORY"); most != nullptr && most[0] != '\0') {
    memory_bytes = std::min(memory_bytes, parse_bytes(most));
  }
  device.limits = {properties.multiProcessorCount, static_cast<std::int64_t>(properties.sharedMemPerBlockOptin), memory_bytes,
                   screens_on_tensors(), skips_settled_rows()};
  return device;
}

}  // namespace

void Device::use() const { check(cudaSetDevice(index), "cudaSetDevice"); }

std::int64_t Device::free_bytes() const {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return static_cast<std::int64_t>(free);
}

CudaReport report_devices() {
  int count = 0;
  CudaReport report = look_for_driver(count);
  int present = 0;
  if (report.problem.empty()) static_cast<void>(cudaGetDevice(&present));
  for (int index = 0; report.problem.empty() && index < count; ++index) report.devices.push_back(look_at(index));
  if (report.problem.empty()) static_cast<void>(cudaSetDevice(present));
  return report;
}

Device choose_device(int index) {
  int count = 0;
  const CudaReport report = look_for_driver(count);
  if (!report.problem.empty()) throw DeviceError(report.problem, kAdvice);
  if (index >= count) throw DeviceError(fmt::format("there is no GPU {}, the last one is {}", index, count - 1), kAdvice);
  std::string problems;
  for (int candidate = index < 0 ? 0 : index; candidate < (index < 0 ? count : index + 1); ++candidate) {
    const CudaDevice found = look_at(candidate);
    if (found.problem.empty()) return make_device(found);
    problems += fmt::format("{}GPU {} ({}): {}", problems.empty() ? "" : "; ", candidate, found.name, found.problem);
  }
  throw DeviceError(problems, kAdvice);
}

}  // namespace tessera::cuda
