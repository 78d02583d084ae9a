# SPDX-License-Identifier: Apache-2.0
# tessera_embed(TARGET HEADER NAME FILE)
# Makes the bytes of FILE part of TARGET, as tessera::embedded::NAME(), which HEADER declares.
function(tessera_embed target header name file)
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp")
  add_custom_command(OUTPUT "${generated}"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${file}" "-DOUTPUT=${generated}" "-DHEADER=${header}" "-DNAME=${name}"
            -P "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake"
    DEPENDS "${file}" "${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake" VERBATIM)
  target_sources(${target} PRIVATE "${generated}")
endfunction()

# Chart.js draws the charts of the report. Its file becomes part of the binary, and of every report.
find_file(TESSERA_CHARTJS chart.min.js PATH_SUFFIXES share/javascript/chart.js ../share/javascript/chart.js
          PATHS /usr/share/javascript/chart.js)
mark_as_advanced(TESSERA_CHARTJS)
if(NOT TESSERA_CHARTJS)
  message(FATAL_ERROR "Chart.js (chart.min.js, version 3) was not found: install the package libjs-chart.js (scripts/setup), or "
                      "name the file with -DTESSERA_CHARTJS=FILE")
endif()
