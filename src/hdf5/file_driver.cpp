// SPDX-License-Identifier: Apache-2.0
#include "hdf5/file_driver.hpp"

#include <algorithm>
#include <iterator>

namespace tessera::hdf5 {

H5FD_class_t describe_driver(const char* name, [[maybe_unused]] int value) {
  H5FD_class_t driver = {};
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(value);
#endif
  driver.name = name;
  driver.maxaddr = kLargestAddress;
  const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(map), std::end(map), std::begin(driver.fl_map));
  return driver;
}

}  // namespace tessera::hdf5
