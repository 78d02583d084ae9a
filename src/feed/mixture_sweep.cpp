// SPDX-License-Identifier: Apache-2.0
#include "feed/mixture_sweep.hpp"

#include <cstring>
#include <span>
#include <vector>

namespace tessera {
namespace {

template <typename Visit>
void for_each_sum(MixtureStatistics& statistics, const Visit& visit) {
  visit(std::span(&statistics.log_likelihood, 1));
  visit(std::span(&statistics.completed_log_likelihood, 1));
  visit(std::span(statistics.weights));
  visit(std::span(&statistics.incomplete, 1));
  visit(std::span(statistics.observed));
  for (Matrix<double>* sums : {&statistics.first, &statistics.second, &statistics.levels}) {
    visit(std::span(sums->data(), static_cast<std::size_t>(sums->rows() * sums->columns())));
  }
}

/// Float64 sums depend on their order, so every rank adds up all of them in rank order.
void sum_over_ranks(MixtureStatistics& statistics, Communicator& comm) {
  if (comm.size() == 1) return;
  std::vector<double> own;
  for_each_sum(statistics, [&](std::span<double> sums) { own.insert(own.end(), sums.begin(), sums.end()); });
  std::vector<double> total(own.size()), part(own.size());
  for (const std::vector<std::byte>& bytes : comm.gather(std::as_bytes(std::span(own)))) {
    std::memcpy(part.data(), bytes.data(), bytes.size());
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += part[i];
  }
  auto from = total.begin();
  for_each_sum(statistics, [&](std::span<double> sums) {
    for (double& sum : sums) sum = *from++;
  });
}

}  // namespace

MixtureStatistics sweep(Feeder& feeder, MixturePass& pass, Communicator& comm) {
  feeder.for_each([&](const Chunk& chunk) { pass.consume(chunk, {}); },
                  [&](std::int64_t first_row, std::int64_t rows) { return pass.holds(first_row, rows); });
  MixtureStatistics statistics = pass.finish();
  sum_over_ranks(statistics, comm);
  return statistics;
}

MixtureStatistics sweep(Feeder& feeder, MixturePass& pass, Communicator& comm, std::int64_t probabilities,
                        const MixtureVisit& visit) {
  std::vector<std::int32_t> segment, runner_up;
  std::vector<double> probability, runner_up_probability, distance2;
  std::vector<float> all;
  feeder.for_each([&](const Chunk& chunk) {
    const auto rows = static_cast<std::size_t>(chunk.rows.rows);
    for (auto* values : {&segment, &runner_up}) values->resize(rows);
    for (auto* values : {&probability, &runner_up_probability, &distance2}) values->resize(rows);
    all.resize(rows * static_cast<std::size_t>(probabilities));
    const MixtureOutputs outputs{segment, runner_up, probability, runner_up_probability, distance2, all};
    pass.consume(chunk, outputs);
    visit(chunk, outputs);
  });
  MixtureStatistics statistics = pass.finish();
  sum_over_ranks(statistics, comm);
  return statistics;
}

}  // namespace tessera
