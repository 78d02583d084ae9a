// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

namespace tessera {

/// Has the HDF5 library for itself while it lives: a process-wide recursive lock, and HDF5's printing of errors switched off
/// for the calling thread. Every function of src/hdf5 takes one; take one yourself around several calls that belong together,
/// around plain HDF5 calls, and around fork().
class Hdf5Session {
 public:
  Hdf5Session();
  ~Hdf5Session();
  Hdf5Session(const Hdf5Session&) = delete;
  Hdf5Session& operator=(const Hdf5Session&) = delete;
};

/// Owns an HDF5 identifier and closes it.
class Hdf5Handle {
 public:
  using Closer = herr_t (*)(hid_t);

  Hdf5Handle() = default;
  /// Takes over `id`; a negative one is "nothing".
  Hdf5Handle(hid_t id, Closer closer) noexcept : id_(id), closer_(closer) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), closer_(other.closer_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  ~Hdf5Handle() { close(); }

  [[nodiscard]] hid_t get() const noexcept { return id_; }
  [[nodiscard]] explicit operator bool() const noexcept { return id_ >= 0; }
  /// Closes now; returns what the closer returned (negative: failed), 0 if there is nothing to close.
  herr_t close() noexcept;

 private:
  hid_t id_ = H5I_INVALID_HID;
  Closer closer_ = nullptr;
};

namespace hdf5 {

/// What HDF5's error stack of the calling thread says about the call that has just failed.
struct Failure {
  std::string text;      ///< the innermost description, in HDF5's words
  int error_number = 0;  ///< errno, if a system call is to blame
  bool missing_filter = false;
  bool lock_failed = false;
};
[[nodiscard]] Failure last_failure();

/// Throws what suits the call that has just failed: DeviceError for a missing filter, FileError if a system call failed or a
/// write went wrong, else DataError. `what` completes "cannot ...": "read rows 0 to 4095"; `dataset` may be empty.
[[noreturn]] void raise(const std::string& what, const std::string& path, const std::string& dataset);

/// Passes a result of HDF5 on unless it is negative. @throws like raise()
template <typename Result>
Result check(Result result, const std::string& what, const std::string& path, const std::string& dataset) {
  if (result < 0) raise(what, path, dataset);
  return result;
}

/// The same for a call that returns a new identifier, which is wrapped.
inline Hdf5Handle check_handle(hid_t id, Hdf5Handle::Closer closer, const std::string& what, const std::string& path,
                               const std::string& dataset) {
  return {check(id, what, path, dataset), closer};
}

}  // namespace hdf5
}  // namespace tessera
