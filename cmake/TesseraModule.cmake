# SPDX-License-Identifier: Apache-2.0
# tessera_module(NAME SOURCES a.cpp ... DEPENDS module ... LINKS library ...)
# One folder of src/ as the static library `tessera_NAME`. DEPENDS names the modules that it may include, which is the layering of
# docs/architecture.md; LINKS names third-party targets, private to the module.
set_property(GLOBAL PROPERTY TESSERA_MODULES "")
function(tessera_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LINKS" ${ARGN})
  set(target tessera_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
                                       PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:tessera_flags> Threads::Threads ${ARG_LINKS})
  foreach(module IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} PUBLIC tessera_${module})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY TESSERA_MODULES ${target})
endfunction()

# tessera_test(NAME SOURCES a.cpp ... MODULES module ... [LABEL unit] [SLOW pattern ...] [PREFIX p] [LINKS library ...])
# A GoogleTest binary; every test in it gets the label, but for those of a pattern of SLOW, which get the label slow. Where binaries
# share sources, a prefix tells their tests apart.
function(tessera_test name)
  cmake_parse_arguments(ARG "" "LABEL;PREFIX" "SOURCES;MODULES;SLOW;LINKS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_include_directories(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests"
                                                  "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(test_${name} PRIVATE tessera_flags GTest::gmock GTest::gtest_main Threads::Threads ${ARG_LINKS})
  target_compile_definitions(test_${name} PRIVATE TESSERA_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
                                                  TESSERA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  foreach(module IN LISTS ARG_MODULES)
    target_link_libraries(test_${name} PRIVATE tessera_${module})
  endforeach()
  if(ARG_LABEL STREQUAL "gpu")
    set(alone RESOURCE_LOCK gpu)  # there is one, and some tests look at its free memory
  endif()
  if(ARG_SLOW)
    list(JOIN ARG_SLOW ":" slow)
    set(others TEST_FILTER "-${slow}")
    gtest_discover_tests(test_${name} TEST_FILTER "${slow}" TEST_LIST test_${name}_slow TEST_PREFIX "${ARG_PREFIX}"
                         DISCOVERY_TIMEOUT 60 PROPERTIES LABELS slow TIMEOUT 600)
  endif()
  gtest_discover_tests(test_${name} ${others} TEST_PREFIX "${ARG_PREFIX}" DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300 ${alone})
endfunction()
