// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/apply.hpp"
#include "prepare/learn.hpp"
#include "tessera/prepare.hpp"

namespace tessera::testing {

/// A job without an audience, for tests.
class QuietJob {
 public:
  explicit QuietJob(int threads = 1) : pool_(threads) {}
  [[nodiscard]] const JobContext& context() const { return context_; }
  [[nodiscard]] ThreadPool& threads() { return pool_; }

 private:
  SilentObserver observer_;
  CancelToken cancel_;
  ThreadPool pool_;
  JobContext context_{observer_, cancel_, pool_};
};

/// Enough for any test to be read in one go.
inline constexpr std::int64_t kTestMemory = std::int64_t{1} << 30;

inline std::vector<ColumnProfile> profile(Table& table, const PrepareOptions& options = {}, int threads = 1,
                                          std::int64_t memory = kTestMemory) {
  const QuietJob job(threads);
  return profile_columns(table, options, job.context(), memory);
}

inline FeaturePlan learn(Table& table, const PrepareOptions& options = {}, int threads = 1, std::int64_t memory = kTestMemory) {
  const QuietJob job(threads);
  std::vector<ColumnTally> tallies;
  const auto profiles = profile_columns(table, options, job.context(), memory, &tallies);
  return learn_plan(table, profiles, options, job.context(), memory, tallies);
}

struct PreparedTable {
  Matrix<float> rows;
  std::vector<float> weights;  ///< empty if the preparer is not weighted
  std::vector<std::uint8_t> flags;
};

/// The whole table through apply(), in chunks of `chunk_rows` (0: one chunk).
inline PreparedTable apply(const FeaturePlan& plan, Table& table, int threads = 1, std::int64_t chunk_rows = 0) {
  QuietJob job(threads);
  const Preparer preparer(plan, table.info());
  const std::int64_t rows = table.info().rows;
  PreparedTable out{Matrix<float>(rows, plan.features()), {}, std::vector<std::uint8_t>(static_cast<std::size_t>(rows), 0xFF)};
  if (preparer.weighted()) out.weights.resize(static_cast<std::size_t>(rows), -1.0F);
  RawChunk raw;
  for (std::int64_t first = 0; first<rows; first += chunk_rows> 0 ? chunk_rows : rows) {
    const std::int64_t count = std::min(chunk_rows > 0 ? chunk_rows : rows, rows - first);
    table.read(first, count, preparer.columns(), raw);
    const auto part = [&](auto& whole) {
      std::span all(whole);
      return all.empty() ? all : all.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    };
    preparer.apply(raw, out.rows.view().slice(first, count), part(out.weights), part(out.flags), job.threads());
  }
  return out;
}

inline const ColumnProfile& column(const std::vector<ColumnProfile>& profiles, std::string_view name) {
  const auto found = std::find_if(profiles.begin(), profiles.end(), [&](const ColumnProfile& p) { return p.name == name; });
  if (found == profiles.end()) throw std::out_of_range("no profile of " + std::string(name));
  return *found;
}

inline const FeatureSource& source(const FeaturePlan& plan, std::string_view name) {
  const auto found =
      std::find_if(plan.sources.begin(), plan.sources.end(), [&](const FeatureSource& s) { return s.name == name; });
  if (found == plan.sources.end()) throw std::out_of_range("no source " + std::string(name));
  return *found;
}

/// True if one of the sentences contains `part`.
inline bool says(const std::vector<std::string>& sentences, std::string_view part) {
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const std::string& s) { return s.find(part) != std::string::npos; });
}

}  // namespace tessera::testing
