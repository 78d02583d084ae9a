# SPDX-License-Identifier: Apache-2.0
# Everything comes from the distribution (scripts/setup) or from a prefix made by scripts/bundle-deps (CMAKE_PREFIX_PATH).
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(HDF5C REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(hwy REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(libcsv REQUIRED)
find_package(libdeflate REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Boost REQUIRED)

# Libraries of a relocated prefix need each other: tell the linker and the build's binaries where they are.
get_filename_component(TESSERA_LIBRARY_DIR "${HDF5C_LIBRARY}" DIRECTORY)
if(NOT TESSERA_LIBRARY_DIR MATCHES "^/usr/lib")
  get_filename_component(TESSERA_ARCH_DIR "${LIBCSV_LIBRARY}" DIRECTORY)
  list(APPEND CMAKE_BUILD_RPATH "${TESSERA_LIBRARY_DIR}" "${TESSERA_ARCH_DIR}")
  add_link_options("LINKER:-rpath-link,${TESSERA_LIBRARY_DIR}" "LINKER:-rpath-link,${TESSERA_ARCH_DIR}")
endif()
