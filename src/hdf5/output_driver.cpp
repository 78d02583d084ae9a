// SPDX-License-Identifier: Apache-2.0
#include "hdf5/output_driver.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "hdf5/file_driver.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

/// What libhdf5 sees of the file; it casts between this and its first member.
struct DriverFile {
  H5FD_t header = {};
  OutputFile* output = nullptr;
  haddr_t end_allocated = 0;
  haddr_t end_written = 0;
};

DriverFile& driver_file(H5FD_t* file) { return *reinterpret_cast<DriverFile*>(file); }
const DriverFile& driver_file(const H5FD_t* file) { return *reinterpret_cast<const DriverFile*>(file); }

void remember(OutputFile& output) {
  if (output.error == 0) output.error = errno;
}

H5FD_t* open_file(const char*, unsigned flags, hid_t access, haddr_t) {
  const auto* output = static_cast<OutputFile* const*>(H5Pget_driver_info(access));
  if (output == nullptr) return nullptr;
  try {
    auto file = std::make_unique<DriverFile>();
    file->output = *output;
    if ((flags & H5F_ACC_TRUNC) != 0 && ftruncate(file->output->descriptor, 0) != 0) remember(*file->output);
    return &file.release()->header;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

herr_t close_file(H5FD_t* file) {
  const std::unique_ptr<DriverFile> owner(&driver_file(file));
  return 0;
}

int compare_files(const H5FD_t* a, const H5FD_t* b) {
  const auto x = reinterpret_cast<std::uintptr_t>(driver_file(a).output);
  const auto y = reinterpret_cast<std::uintptr_t>(driver_file(b).output);
  return x < y ? -1 : x > y ? 1 : 0;
}

herr_t query_features(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
           H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t end_allocated(const H5FD_t* file, H5FD_mem_t) { return driver_file(file).end_allocated; }
haddr_t end_written(const H5FD_t* file, H5FD_mem_t) { return driver_file(file).end_written; }
herr_t set_end_allocated(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  driver_file(file).end_allocated = address;
  return 0;
}

herr_t read_bytes(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t address, size_t size, void* buffer) {
  DriverFile& file = driver_file(base);
  auto* bytes = static_cast<unsigned char*>(buffer);
  while (size > 0) {
    const ssize_t count = pread(file.output->descriptor, bytes, size, static_cast<off_t>(address));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      remember(*file.output);
      return -1;
    }
    if (count == 0) break;
    bytes += count;
    size -= static_cast<size_t>(count);
    address += static_cast<haddr_t>(count);
  }
  std::memset(bytes, 0, size);  // allocated but not written yet
  return 0;
}

herr_t write_bytes(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t address, size_t size, const void* buffer) {
  DriverFile& file = driver_file(base);
  const auto* bytes = static_cast<const unsigned char*>(buffer);
  file.end_written = std::max(file.end_written, address + size);
  while (size > 0 && file.output->error == 0) {
    const ssize_t count = pwrite(file.output->descriptor, bytes, size, static_cast<off_t>(address));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      remember(*file.output);
      break;
    }
    bytes += count;
    size -= static_cast<size_t>(count);
    address += static_cast<haddr_t>(count);
  }
  return 0;
}

herr_t truncate_file(H5FD_t* base, hid_t, hbool_t) {
  DriverFile& file = driver_file(base);
  if (file.end_allocated == file.end_written) return 0;
  if (file.output->error == 0 && ftruncate(file.output->descriptor, static_cast<off_t>(file.end_allocated)) != 0) {
    remember(*file.output);
  }
  file.end_written = file.end_allocated;
  return 0;
}

hid_t register_driver() {
  H5FD_class_t driver = describe_driver("tessera_output", 511);
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(OutputFile*);
  driver.open = open_file;
  driver.close = close_file;
  driver.cmp = compare_files;
  driver.query = query_features;
  driver.get_eoa = end_allocated;
  driver.set_eoa = set_end_allocated;
  driver.get_eof = end_written;
  driver.read = read_bytes;
  driver.write = write_bytes;
  driver.truncate = truncate_file;
  return H5FDregister(&driver);
}

}  // namespace

void use_output_driver(hid_t access, OutputFile& file) {
  static const hid_t driver = register_driver();  // for the life of the process, as libhdf5's own drivers
  OutputFile* const output = &file;
  if (driver < 0 || H5Pset_driver(access, driver, static_cast<const void*>(&output)) < 0) {
    throw Error(ErrorCode::internal, "libhdf5 does not accept the output driver",
                "report this with the output of tessera --version");
  }
}

}  // namespace tessera::hdf5
