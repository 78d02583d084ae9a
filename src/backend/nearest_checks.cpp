// SPDX-License-Identifier: Apache-2.0
#include "backend/nearest_checks.hpp"

#include <fmt/format.h>

#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMostSegments = 65535;
constexpr std::int64_t kMostFeatures = 8192;  // what exact::upper_norm is proved for

}  // namespace

void check_task(const NearestTask& task) {
  if (task.centroids.rows < 1 || task.centroids.rows > kMostSegments) {
    throw ConfigError(fmt::format("{} segments are not between 1 and {}", task.centroids.rows, kMostSegments),
                      "choose another number of segments");
  }
  if (task.centroids.columns < 1 || task.centroids.columns > kMostFeatures) {
    throw ConfigError(fmt::format("{} features are not between 1 and {}", task.centroids.columns, kMostFeatures),
                      "choose the features with --features or --ignore");
  }
  if (task.gaps() && std::ssize(task.columns) != task.centroids.columns) {
    throw Error(ErrorCode::internal, "a nearest pass needs to know of every feature where its column begins",
                "please report this");
  }
  const bool counts = task.statistics || task.objective;
  if (counts && (task.units == nullptr || std::ssize(task.units->feature_exponent) != task.centroids.columns)) {
    throw Error(ErrorCode::internal, "a nearest pass that counts needs one grid unit per feature", "please report this");
  }
}

void check_spans(const Chunk& chunk, const RowOutputs& outputs) {
  const auto n = static_cast<std::size_t>(chunk.rows.rows);
  for (const std::size_t size : {outputs.segment.size(), outputs.distance2.size(), outputs.runner_up.size(),
                                 outputs.runner_up_distance2.size(), chunk.weights.size(), chunk.flags.size()}) {
    if (size != 0 && size != n) {
      throw Error(ErrorCode::internal, "row outputs, weights and flags must be empty or as long as the chunk",
                  "please report this");
    }
  }
}

}  // namespace tessera
