// SPDX-License-Identifier: Apache-2.0
#include "fit/mixture_stability.hpp"

#include <utility>

#include "fit/mixture_path.hpp"
#include "fit/row_subset.hpp"
#include "stats/adjusted_rand.hpp"

namespace tessera {
namespace {

/// Enough starts to find what the whole sample's search finds, or segments would seem less stable than they are; runs are
/// short, as what moves rows between components comes early.
constexpr MixturePathOptions kRefit = {
    .splits = 2, .starts = 1, .contest = {.short_iterations = 3, .finalists = 1, .iterations = 15}};

}  // namespace

std::vector<double> half_mixture_agreement(const RowCollection& rows, Backend& backend, const MixtureOptions& fit,
                                           const std::vector<double>& floors,
                                           std::span<const std::vector<std::int32_t>> labelings, int number,
                                           const JobContext& job) {
  const std::vector<std::int64_t> order = random_order(rows.values.rows(), fit.seed, static_cast<std::uint32_t>(number / 2));
  const std::size_t middle = order.size() / 2;
  std::vector<double> weights(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto row = static_cast<std::size_t>(order[i]);
    if ((number % 2 == 0) == (i < middle)) weights[row] = rows.weights[row];
  }
  MixtureSample half(rows, std::move(weights), backend, job);
  MixtureFrame frame = measure_frame(half.context(), half.mean(), fit);
  frame.floors = floors;
  MixturePathOptions options = kRefit;
  options.largest = static_cast<int>(labelings.size());
  options.contest.tolerance = fit.tolerance;
  options.number = 1 + static_cast<std::uint32_t>(number);
  const std::vector<MixtureStep> refits = mixture_path(half, frame, fit, options);
  const std::vector<double> units = unit_weights(rows.weights);
  std::vector<double> agreement;
  for (std::size_t k = 0; k < labelings.size(); ++k) {
    agreement.push_back(stats::adjusted_rand_index(labelings[k], refits[k].labels, units));
  }
  return agreement;
}

}  // namespace tessera
