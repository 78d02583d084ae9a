# SPDX-License-Identifier: Apache-2.0
# The CUDA module is built where there is a compiler for it; nothing else of Tessera needs CUDA. Sets TESSERA_HAS_CUDA, and
# TESSERA_CUDA_SOURCES, the host side of the module.
set(TESSERA_CUDA AUTO CACHE STRING "Build the CUDA module: AUTO (where nvcc is found; not with sanitizers), ON, OFF")
set_property(CACHE TESSERA_CUDA PROPERTY STRINGS AUTO ON OFF)

set(TESSERA_HAS_CUDA OFF)
if(TESSERA_CUDA STREQUAL ON OR (TESSERA_CUDA STREQUAL AUTO AND NOT TESSERA_SANITIZE))
  find_program(TESSERA_NVCC nvcc HINTS "$ENV{CUDA_HOME}/bin" "$ENV{CUDA_PATH}/bin" PATHS /usr/local/cuda/bin)
  mark_as_advanced(TESSERA_NVCC)
  if(TESSERA_NVCC)
    set(TESSERA_HAS_CUDA ON)
    if(NOT CMAKE_CUDA_COMPILER)
      set(CMAKE_CUDA_COMPILER "${TESSERA_NVCC}")
    endif()
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 90)  # machine code and PTX; the preset `cuda` has all major ones
    endif()
    if(CMAKE_CXX_COMPILER_LAUNCHER AND NOT DEFINED CMAKE_CUDA_COMPILER_LAUNCHER)
      set(CMAKE_CUDA_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
    endif()
    enable_language(CUDA)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know it
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
    endif()
    set(CMAKE_CUDA_STANDARD 20)
    find_package(CUDAToolkit REQUIRED)
  elseif(TESSERA_CUDA STREQUAL ON)
    message(FATAL_ERROR "nvcc was not found: install the CUDA toolkit, name the compiler with -DCMAKE_CUDA_COMPILER=FILE, or "
                        "build without the CUDA module (-DTESSERA_CUDA=OFF)")
  endif()
endif()

set(TESSERA_CUDA_SOURCES
  cuda_backend.cpp cuda_check.cpp cuda_devices.cpp device_centroids.cpp device_drift.cpp iterations_ahead.cpp leaf_sums.cpp mixture_pass.cpp mixture_workspace.cpp
  moments_pass.cpp nearest_pass.cpp row_slot.cpp series_rows.cpp tally_pass.cpp workspace.cpp)
list(TRANSFORM TESSERA_CUDA_SOURCES PREPEND "${PROJECT_SOURCE_DIR}/src/backend/cuda/")
