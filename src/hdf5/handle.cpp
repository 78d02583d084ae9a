// SPDX-License-Identifier: Apache-2.0
#include "hdf5/handle.hpp"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>

#include "tessera/error.hpp"

namespace tessera {
namespace {

/// One lock for the one library. Even a thread-safe build is entered by one thread at a time, so nothing is lost; and holding
/// ours proves that no other thread is inside HDF5, which fork() needs. Not a std::recursive_mutex: that one remembers its
/// owner by kernel thread id, which changes in a forked child.
struct LibraryLock {
  std::mutex mutex;
  std::atomic<std::thread::id> owner{};
  int depth = 0;

  void lock() {
    const std::thread::id self = std::this_thread::get_id();
    if (owner.load(std::memory_order_relaxed) != self) {
      mutex.lock();
      owner.store(self, std::memory_order_relaxed);
    }
    ++depth;
  }
  void unlock() {
    if (--depth > 0) return;
    owner.store(std::thread::id{}, std::memory_order_relaxed);
    mutex.unlock();
  }
};

LibraryLock& library_lock() {
  static LibraryLock lock;
  return lock;
}

herr_t collect(unsigned, const H5E_error2_t* entry, void* out) {
  auto& failure = *static_cast<hdf5::Failure*>(out);
  const std::string_view text = entry->desc != nullptr ? entry->desc : "";
  if (!text.empty()) failure.text = text;
  if (const auto at = text.rfind("errno = "); at != std::string_view::npos) {
    failure.error_number = std::atoi(text.data() + at + 8);
  }
  if (entry->min_num == H5E_NOFILTER || (entry->maj_num == H5E_PLINE && text.find("is not registered") != text.npos)) {
    failure.missing_filter = true;
  }
  // The second: the file is open in this process already, without its lock.
  if (text.find("unable to lock file") != text.npos || text.find("file locking flag") != text.npos) failure.lock_failed = true;
  return 0;
}

}  // namespace

Hdf5Session::Hdf5Session() {
  library_lock().lock();
  // A thread-safe HDF5 keeps this setting per thread.
  thread_local const herr_t quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  static_cast<void>(quiet);
}

Hdf5Session::~Hdf5Session() { library_lock().unlock(); }

herr_t Hdf5Handle::close() noexcept {
  const hid_t id = std::exchange(id_, H5I_INVALID_HID);
  if (id < 0 || closer_ == nullptr) return 0;
  const Hdf5Session session;
  return closer_(id);
}

namespace hdf5 {

Failure last_failure() {
  Failure failure;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, collect, &failure);
  return failure;
}

void raise(const std::string& what, const std::string& path, const std::string& dataset) {
  const Failure failure = last_failure();
  if (failure.missing_filter) {
    throw DeviceError(
        path + ": " + dataset + ": cannot " + what + ": " + failure.text,
        "install the HDF5 filter plug-in and set HDF5_PLUGIN_PATH, or rewrite the dataset with gzip or uncompressed");
  }
  if (failure.error_number != 0) throw file_error(what, dataset.empty() ? path : path + ":" + dataset, failure.error_number);
  const bool version = failure.text.find("version number") != std::string::npos;
  throw DataError("cannot " + what + (failure.text.empty() ? "" : " (HDF5: " + failure.text + ")"),
                  {.path = path, .dataset = dataset, .column = {}},
                  version
                      ? "the file may be damaged, or of a later format than HDF5 " H5_VERSION
                        " reads; then write it with h5py.File(..., libver=('earliest', 'v110')), or h5repack --high=1 OLD NEW"
                      : "the file may be damaged; check it with h5dump, or write it again");
}

}  // namespace hdf5
}  // namespace tessera
