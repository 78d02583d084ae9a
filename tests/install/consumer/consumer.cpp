// SPDX-License-Identifier: Apache-2.0
// Segments a table through the installed library and prints what was found.
#include <iostream>

#include "tessera/error.hpp"
#include "tessera/segmentation.hpp"

namespace {

class Quiet final : public tessera::Observer {
 public:
  void stage(std::string_view, std::int64_t) override {}
  void progress(std::int64_t) override {}
  void note(Level, std::string_view, std::string_view) override {}
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: consumer TABLE RUN\n";
    return 64;
  }
  try {
    tessera::SegmentOptions options;
    options.input = argv[1];
    options.output = argv[2];
    options.automatic_segments = false;
    options.fit.segments = 3;
    Quiet observer;
    const tessera::CancelToken cancel;
    const tessera::SegmentationResult result = tessera::segment_table(options, observer, cancel);
    std::cout << result.rows << " customers, " << result.model.segments() << " segments\n";
    return 0;
  } catch (const tessera::Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.code());
  }
}
