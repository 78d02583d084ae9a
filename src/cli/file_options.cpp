// SPDX-License-Identifier: Apache-2.0
#include "cli/file_options.hpp"

#include "cli/command.hpp"

namespace tessera::cli {

void FileArguments::add_to(CLI::App& app) {
  app.add_option("FILE", input_, "table of customers: HDF5, CSV or TSV (.gz too)")->option_text(" ");
  app.add_option("-o,--output", output_, "folder for the results (required); appears whole or not at all")
      ->option_text("RUN")
      ->group(kGroup);
  app.add_flag("--force", force_, "replace an earlier run")->group(kGroup);
  app.add_option("--dataset", dataset_, "HDF5 path of the table, if the file holds several")
      ->option_text("PATH")
      ->group(kGroup);
  app.add_flag("--json", json_, "print summary.json instead of the text")->group(kGroup);
}

void FileArguments::check(const CLI::App& app) const {
  require(input_, "the table FILE", app);
  require(output_, "the output folder (-o RUN)", app);
}

}  // namespace tessera::cli
