// SPDX-License-Identifier: Apache-2.0
#include "app/generate.hpp"

#include <optional>

#include "app/output_check.hpp"
#include "core/job.hpp"
#include "core/thread_count.hpp"

namespace tessera {

GenerateReport run_generate(const GenerateOptions& options, int threads, Observer& observer, const CancelToken& cancel) {
  check_output_file(options.path, options.overwrite);
  const ThreadLimit limit = least_limit(thread_limits(threads > 0 ? std::optional<int>(threads) : std::nullopt));
  ThreadPool pool(limit.threads);
  return generate_table(options, {observer, cancel, pool});
}

}  // namespace tessera
