// SPDX-License-Identifier: Apache-2.0
#include "hdf5/input_driver.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "core/file_descriptor.hpp"
#include "hdf5/file_driver.hpp"
#include "hdf5/global_heap.hpp"
#include "hdf5/handle.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {

/// What libhdf5 sees of the file; it casts between this and its first member.
struct DriverFile {
  H5FD_t header = {};
  FileDescriptor descriptor;
  struct stat status = {};  ///< as it was opened
  haddr_t end_allocated = 0;
  bool checks_heaps = false;
  bool withheld = false;  ///< reads of values are recorded instead
  int recorded = 0;
  StoredBytes place = {};
};

namespace {

DriverFile& driver_file(H5FD_t* file) { return *reinterpret_cast<DriverFile*>(file); }
const DriverFile& driver_file(const H5FD_t* file) { return *reinterpret_cast<const DriverFile*>(file); }

/// Puts a failure that no system call is to blame for onto HDF5's stack of errors.
herr_t refuse(const char* what) {
  H5Epush2(H5E_DEFAULT, __FILE__, __func__, 0, H5E_ERR_CLS, H5E_FILE, H5E_READERROR, "%s", what);
  return -1;
}

/// Puts the failed system call onto HDF5's stack of errors, in the words that last_failure() looks for.
herr_t fail(hid_t minor, const char* what) {
  const int error = errno;
  H5Epush2(H5E_DEFAULT, __FILE__, __func__, 0, H5E_ERR_CLS, H5E_FILE, minor, "%s, errno = %d", what, error);
  return -1;
}

H5FD_t* open_file(const char* name, unsigned, hid_t, haddr_t) {
  std::unique_ptr<DriverFile> file(new (std::nothrow) DriverFile);
  if (file == nullptr) return nullptr;
  file->descriptor = FileDescriptor(::open(name, O_RDONLY | O_CLOEXEC));
  if (file->descriptor.get() < 0 || ::fstat(file->descriptor.get(), &file->status) != 0) {
    fail(H5E_CANTOPENFILE, "unable to open file");
    return nullptr;
  }
  return &file.release()->header;
}

herr_t close_file(H5FD_t* file) {
  const std::unique_ptr<DriverFile> owner(&driver_file(file));
  return 0;
}

/// The same file opened twice is one to HDF5.
int compare_files(const H5FD_t* a, const H5FD_t* b) {
  const struct stat& x = driver_file(a).status;
  const struct stat& y = driver_file(b).status;
  if (x.st_dev != y.st_dev) return x.st_dev < y.st_dev ? -1 : 1;
  return x.st_ino < y.st_ino ? -1 : x.st_ino > y.st_ino ? 1 : 0;
}

herr_t query_features(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t end_allocated(const H5FD_t* file, H5FD_mem_t) { return driver_file(file).end_allocated; }
haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return static_cast<haddr_t>(driver_file(file).status.st_size); }
herr_t set_end_allocated(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  driver_file(file).end_allocated = address;
  return 0;
}

herr_t get_handle(H5FD_t* file, hid_t, void** handle) {
  *handle = &driver_file(file);
  return 0;
}

herr_t read_bytes(H5FD_t* base, H5FD_mem_t type, hid_t, haddr_t address, size_t size, void* buffer) {
  DriverFile& file = driver_file(base);
  if (file.withheld && type == H5FD_MEM_DRAW) {
    file.place = {address, size};
    ++file.recorded;
    return 0;
  }
  if (address > kLargestAddress || size > kLargestAddress - address) return -1;
  auto* bytes = static_cast<unsigned char*>(buffer);
  size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(file.descriptor.get(), bytes + done, size - done, static_cast<off_t>(address + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(H5E_READERROR, "file read failed");
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  std::memset(bytes + done, 0, size - done);  // allocated, but the file ends before: as HDF5's own driver has it
  if (file.checks_heaps && begins_heap_collection(bytes, size) && !read_heap_collection(file.descriptor.get(), address)) {
    return refuse("the heap that holds its text is damaged");
  }
  return 0;
}

/// Files are opened to be read only; libhdf5 wants the function all the same.
herr_t refuse_to_write(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, size_t, const void*) { return -1; }

/// A file system that knows no locks is no reason not to read.
herr_t lock_file(H5FD_t* file, hbool_t exclusive) {
  if (::flock(driver_file(file).descriptor.get(), (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 || errno == ENOSYS) return 0;
  return fail(H5E_CANTLOCKFILE, "unable to lock file");
}

herr_t unlock_file(H5FD_t* file) {
  ::flock(driver_file(file).descriptor.get(), LOCK_UN);
  return 0;
}

hid_t register_driver() {
  H5FD_class_t driver = describe_driver("tessera_input", 510);
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.open = open_file;
  driver.close = close_file;
  driver.cmp = compare_files;
  driver.query = query_features;
  driver.get_eoa = end_allocated;
  driver.set_eoa = set_end_allocated;
  driver.get_eof = end_of_file;
  driver.get_handle = get_handle;
  driver.read = read_bytes;
  driver.write = refuse_to_write;
  driver.lock = lock_file;
  driver.unlock = unlock_file;
  return H5FDregister(&driver);
}

hid_t input_driver() {
  static const hid_t driver = register_driver();  // for the life of the process, as libhdf5's own drivers
  return driver;
}

}  // namespace

DriverFile* find_driver_file(hid_t file) {
  const hid_t access = H5Fget_access_plist(file);
  const bool ours = access >= 0 && H5Pget_driver(access) == input_driver();
  H5Pclose(access);
  void* handle = nullptr;
  return ours && H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 ? static_cast<DriverFile*>(handle) : nullptr;
}

void use_input_driver(hid_t access) {
  if (input_driver() < 0 || H5Pset_driver(access, input_driver(), nullptr) < 0) {
    throw Error(ErrorCode::internal, "libhdf5 does not accept the input driver",
                "report this with the output of tessera --version");
  }
}

int input_descriptor(hid_t file) {
  const DriverFile* found = find_driver_file(file);
  return found == nullptr ? -1 : found->descriptor.get();
}

void withhold_damaged_heaps(hid_t file) {
  DriverFile* found = find_driver_file(file);
  const Hdf5Handle properties(H5Fget_create_plist(file), H5Pclose);
  size_t address_bytes = 0;
  size_t size_bytes = 0;
  if (found == nullptr || H5Pget_sizes(properties.get(), &address_bytes, &size_bytes) < 0) return;
  found->checks_heaps = size_bytes == sizeof(std::uint64_t);
}

WithheldReads::WithheldReads(DriverFile& file) : file_(file) {
  file_.withheld = true;
  file_.recorded = 0;
}

WithheldReads::~WithheldReads() { file_.withheld = false; }

bool WithheldReads::take(StoredBytes& place) {
  place = file_.place;
  return std::exchange(file_.recorded, 0) == 1;
}

}  // namespace tessera::hdf5
