// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"
#include "cli/standard_output.hpp"
#include "core/memory_budget.hpp"

int main(int argc, char** argv) {
  tessera::cli::reserve_standard_descriptors();
  tessera::keep_little_freed_memory();
  return tessera::cli::run_program(argc, argv);
}
