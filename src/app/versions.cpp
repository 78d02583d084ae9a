// SPDX-License-Identifier: Apache-2.0
#include "app/versions.hpp"

namespace tessera {

std::string version() { return TESSERA_VERSION; }

std::vector<std::pair<std::string, std::string>> versions() {
  return {{"tessera", TESSERA_VERSION},
          {"compiler", TESSERA_COMPILER},
          {"hdf5", TESSERA_HDF5_VERSION},
          {"eigen", TESSERA_EIGEN_VERSION},
          {"highway", TESSERA_HIGHWAY_VERSION}};
}

}  // namespace tessera
