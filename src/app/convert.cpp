// SPDX-License-Identifier: Apache-2.0
#include "app/convert.hpp"

#include "app/output_check.hpp"
#include "core/job.hpp"

namespace tessera {

ConvertReport run_convert(const ConvertOptions& options, Observer& observer, const CancelToken& cancel) {
  check_input(options.input);
  check_not_overwritten(options.input, options.output);
  check_output_file(options.output, options.overwrite);
  if (!options.rejects.empty()) {
    check_not_overwritten(options.input, options.rejects);
    check_output_file(options.rejects, options.overwrite);
  }
  ThreadPool one_thread(1);  // text is read in one stream
  return convert_delimited(options, {observer, cancel, one_thread});
}

}  // namespace tessera
