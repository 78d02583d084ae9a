// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_options.hpp"

#include "core/bytes.hpp"

namespace tessera::cli {

void EngineArguments::add_to(CLI::App& app) {
  const char* const group = "Machine (no effect on the result)";
  app.add_option("--threads", threads_, "at most so many threads; 0: what the machine, its quota or batch system allow")
      ->check(CLI::Range(0, 4096).description(""))
      ->option_text("N=0")
      ->default_str("0")
      ->group(group);
  app.add_option("--device", device_, "auto, cpu, cuda or cuda:INDEX")
      ->option_text("DEVICE=auto")
      ->default_str("auto")
      ->group(group);
  app.add_option("--cpu-level", cpu_level_, "instruction set of the CPU; see `tessera devices`")
      ->option_text("LEVEL=auto")
      ->default_str("auto")
      ->group(group);
  app.add_option("--memory", memory_, "budget such as 128M or 8G; auto: 70 % of what is free")
      ->option_text("BYTES=auto")
      ->default_str("auto")
      ->group(group);
  app.add_option("--scratch", scratch_, "folder of temporary files (default: the system's)")->option_text("DIR")->group(group);
  app.add_option("--chunk-rows", chunk_rows_, "rows per chunk, a multiple of 4096; 0: from the budget")->group("");
}

EngineOptions EngineArguments::resolve() const {
  EngineOptions options;
  options.threads = threads_;
  options.device = device_;
  options.cpu_level = cpu_level_;
  options.memory_bytes = memory_ == "auto" ? 0 : parse_bytes(memory_);
  options.scratch = scratch_;
  options.chunk_rows = chunk_rows_;
  return options;
}

}  // namespace tessera::cli
