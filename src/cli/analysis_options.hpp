// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "tessera/segmentation.hpp"

namespace tessera::cli {

/// The options that say what is to be told of segments, as typed.
class AnalysisArguments {
 public:
  void add_to(CLI::App& app);
  [[nodiscard]] AnalysisOptions resolve() const;

 private:
  AnalysisOptions options_;
  bool no_drivers_ = false;
};

}  // namespace tessera::cli
