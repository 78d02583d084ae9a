# SPDX-License-Identifier: Apache-2.0
# `cmake --install` gives the binary, one shared library with the public headers, and a CMake package: find_package(tessera) and
# link tessera::tessera. The modules inside the library, and what they are built with, are nobody's business outside.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(modules GLOBAL PROPERTY TESSERA_MODULES)
list(TRANSFORM modules REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(tessera SHARED ${objects})
add_library(tessera::tessera ALIAS tessera)
target_link_libraries(tessera PRIVATE ${modules})  # for the libraries that the modules need; their objects are in already
set_target_properties(tessera PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_compile_features(tessera INTERFACE cxx_std_20)
target_include_directories(tessera INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
                                             "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

set_target_properties(tessera_cli PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")  # build/release/tessera
install(TARGETS tessera_cli RUNTIME)
install(TARGETS tessera EXPORT tessera-targets LIBRARY NAMELINK_COMPONENT Development)
if(TESSERA_HAS_CUDA)
  install(TARGETS tessera_cuda LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/tessera")
endif()
install(DIRECTORY include/tessera TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp")
install(FILES LICENSE README.md CHANGELOG.md THIRD_PARTY.md TYPE DOC)
install(EXPORT tessera-targets NAMESPACE tessera:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/tessera")
configure_package_config_file(cmake/tessera-config.cmake.in "${PROJECT_BINARY_DIR}/tessera-config.cmake"
                              INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/tessera")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tessera-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/tessera-config.cmake" "${PROJECT_BINARY_DIR}/tessera-config-version.cmake"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/tessera")
