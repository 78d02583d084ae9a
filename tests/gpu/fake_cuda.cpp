// SPDX-License-Identifier: Apache-2.0
// As much of the CUDA runtime as the CUDA backend calls, on the host: streams are queues whose work is put off until somebody
// waits for it, so that an order that nothing enforces goes wrong. Memory is filled with rubbish.
#include "gpu/fake_cuda.hpp"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gpu/fake_machine.hpp"

namespace {

struct Marker {
  bool passed = false;
  cudaStream_t stream = nullptr;
};

struct Work {
  std::function<void()> run;
  std::shared_ptr<Marker> wait_for;
};

}  // namespace

struct CUgraph_st {
  std::vector<std::function<void()>> work;
};
struct CUgraphExec_st {
  std::vector<std::function<void()>> work;
};
struct CUstream_st {
  std::deque<Work> queue;
  std::unique_ptr<CUgraph_st> recorded;  ///< while work is recorded instead of done
};
struct CUevent_st {
  std::shared_ptr<Marker> marker;
};

namespace tessera::testing {
namespace {

struct Runtime {
  FakeCuda options;
  std::map<void*, std::size_t> device_memory;
  std::map<void*, std::size_t> pinned_memory;
  std::set<cudaStream_t> streams;
  std::size_t events = 0;
  std::size_t graphs = 0;  ///< recorded ones, and those ready to be launched
  cudaError_t last_error = cudaSuccess;
  FakeCudaUse use;

  [[nodiscard]] std::size_t used() const {
    std::size_t bytes = 0;
    for (const auto& entry : device_memory) bytes += entry.second;
    return bytes;
  }
};

Runtime& runtime() {
  static Runtime instance;
  return instance;
}

cudaError_t result(cudaError_t error) {
  if (error != cudaSuccess) runtime().last_error = error;
  return error;
}

/// Works off a stream's queue, and before that what it waits for, until it is empty or `until` has passed.
void work_off(cudaStream_t stream, const Marker* until = nullptr) {
  while (!stream->queue.empty() && (until == nullptr || !until->passed)) {
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    if (work.wait_for && !work.wait_for->passed) work_off(work.wait_for->stream, work.wait_for.get());
    if (work.run) work.run();
  }
}

void push(cudaStream_t stream, std::function<void()> run, std::shared_ptr<Marker> wait_for = nullptr) {
  if (stream->recorded) {
    if (wait_for) std::abort();  // not of this runtime
    stream->recorded->work.push_back(std::move(run));
    return;
  }
  stream->queue.push_back({std::move(run), std::move(wait_for)});
  if (runtime().options.eager) work_off(stream);
}

void work_off_all() {
  for (cudaStream_t stream : runtime().streams) work_off(stream);
}

bool is_recording() {
  return std::ranges::any_of(runtime().streams, [](cudaStream_t stream) { return stream->recorded != nullptr; });
}

/// Empty: none.
std::span<std::byte> allocation_of(const std::map<void*, std::size_t>& memory, const void* address) {
  auto next = memory.upper_bound(const_cast<void*>(address));
  if (next == memory.begin()) return {};
  --next;
  const std::span allocation(static_cast<std::byte*>(next->first), next->second);
  return address < allocation.data() + allocation.size() ? allocation : std::span<std::byte>();
}

bool inside(const std::map<void*, std::size_t>& memory, const void* address, std::size_t bytes) {
  const std::span<std::byte> allocation = allocation_of(memory, address);
  return bytes <= static_cast<std::size_t>(allocation.data() + allocation.size() - static_cast<const std::byte*>(address));
}

cudaError_t allocate(std::map<void*, std::size_t>& memory, void** pointer, std::size_t bytes) {
  constexpr std::size_t kAlignment = 256;  // that of the runtime
  void* made = std::aligned_alloc(kAlignment, std::max((bytes + kAlignment - 1) / kAlignment, std::size_t{1}) * kAlignment);
  std::memset(made, 0xA5, bytes);
  memory.emplace(made, bytes);
  *pointer = made;
  return cudaSuccess;
}

cudaError_t give_back(std::map<void*, std::size_t>& memory, void* pointer) {
  if (pointer == nullptr) return cudaSuccess;
  work_off_all();
  if (memory.erase(pointer) == 0) return result(cudaErrorInvalidValue);
  std::free(pointer);
  return cudaSuccess;
}

void copy(void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
  runtime().use.copied_bytes += bytes;
}

}  // namespace

void set_fake_cuda(const FakeCuda& options) { runtime().options = options; }
const FakeCuda& fake_cuda() { return runtime().options; }
FakeCudaUse& fake_cuda_counts() { return runtime().use; }
void do_later(cudaStream_t stream, std::function<void()> run) { push(stream, std::move(run)); }
std::span<std::byte> fake_allocation(const void* address) {
  const std::span<std::byte> found = allocation_of(runtime().device_memory, address);
  return found.empty() ? allocation_of(runtime().pinned_memory, address) : found;
}
cudaError_t fake_result(cudaError_t error) { return result(error); }

FakeCudaUse fake_cuda_use() {
  FakeCudaUse use = runtime().use;
  use.live = runtime().device_memory.size() + runtime().pinned_memory.size() + runtime().streams.size() + runtime().events +
             runtime().graphs;
  return use;
}

}  // namespace tessera::testing

using namespace tessera::testing;  // NOLINT: the functions below have C linkage

extern "C" {

cudaError_t cudaMalloc(void** pointer, std::size_t bytes) {
  if (is_recording()) return result(cudaErrorStreamCaptureUnsupported);
  Runtime& r = runtime();
  if (r.used() + bytes > r.options.memory_bytes) {
    ++r.use.refused;
    return result(cudaErrorMemoryAllocation);
  }
  return allocate(r.device_memory, pointer, bytes);
}
cudaError_t cudaFree(void* pointer) { return give_back(runtime().device_memory, pointer); }
cudaError_t cudaHostAlloc(void** pointer, std::size_t bytes, unsigned) {
  if (is_recording()) return result(cudaErrorStreamCaptureUnsupported);
  return allocate(runtime().pinned_memory, pointer, bytes);
}
cudaError_t cudaFreeHost(void* pointer) { return give_back(runtime().pinned_memory, pointer); }

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  Runtime& r = runtime();
  const void* device = kind == cudaMemcpyHostToDevice ? to : from;
  if (!inside(r.device_memory, device, bytes)) return result(cudaErrorInvalidValue);
  if (kind == cudaMemcpyHostToDevice && !inside(r.pinned_memory, from, bytes)) {
    auto staged = std::make_shared<std::string>(static_cast<const char*>(from), bytes);  // pageable: taken at once
    push(stream, [=] { copy(to, staged->data(), bytes); });
  } else {
    push(stream, [=] { copy(to, from, bytes); });
  }
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int byte, std::size_t bytes, cudaStream_t stream) {
  if (!inside(runtime().device_memory, to, bytes)) return result(cudaErrorInvalidValue);
  push(stream, [=] { std::memset(to, byte, bytes); });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;  // NOLINT: handles of a C interface
  runtime().streams.insert(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  work_off_all();
  runtime().streams.erase(stream);
  delete stream;  // NOLINT
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream->recorded) return result(cudaErrorStreamCaptureUnsupported);
  work_off(stream);
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (event->marker) push(stream, nullptr, event->marker);
  return cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->recorded = std::make_unique<CUgraph_st>();
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = stream->recorded.release();
  ++runtime().graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  *ready = new CUgraphExec_st{graph->work};  // NOLINT: handles of a C interface
  ++runtime().graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;  // NOLINT
  --runtime().graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete graph;  // NOLINT
  --runtime().graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  for (const auto& work : graph->work) push(stream, work);
  ++runtime().use.graph_launches;
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;  // NOLINT
  ++runtime().events;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;  // NOLINT
  --runtime().events;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  auto marker = std::make_shared<Marker>();
  marker->stream = stream;
  event->marker = marker;
  push(stream, [marker] { marker->passed = true; });
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (event->marker && !event->marker->passed) work_off(event->marker->stream, event->marker.get());
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = runtime().options.devices;
  return *count == 0 ? cudaErrorNoDevice : cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::strcpy(properties->name, "Imagined GPU");
  properties->major = runtime().options.capability / 10;
  properties->minor = runtime().options.capability % 10;
  properties->multiProcessorCount = 1;  // blocks take many turns
  properties->sharedMemPerBlockOptin = runtime().options.shared_bytes;
  properties->totalGlobalMem = runtime().options.memory_bytes;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrSingleToDoublePrecisionPerfRatio:
      *value = runtime().options.slow_double ? 64 : 2;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(runtime().options.shared_bytes);
      return cudaSuccess;
    default:
      return cudaErrorInvalidValue;
  }
}
cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total_bytes) {
  *total_bytes = runtime().options.memory_bytes;
  *free_bytes = *total_bytes - runtime().used();
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(runtime().last_error, cudaSuccess); }
const char* cudaGetErrorString(cudaError_t error) { return error == cudaErrorMemoryAllocation ? "out of memory" : "an error"; }
const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaError";
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = runtime().options.driver_version;
  return cudaSuccess;
}

}  // extern "C"
