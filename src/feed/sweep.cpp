// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "feed/feeder.hpp"

namespace tessera {
namespace {

void sum_over_ranks(NearestStatistics& statistics, Communicator& comm) {
  if (comm.size() == 1) return;
  for (Matrix<Int128>* sums : {&statistics.sums, &statistics.gap_sums, &statistics.gap_weights}) {
    comm.sum(std::span(sums->data(), static_cast<std::size_t>(sums->rows() * sums->columns())));
  }
  comm.sum(std::span(statistics.weights));
  comm.sum(std::span(statistics.rows));
  comm.sum(std::span(&statistics.objective, 1));
  comm.sum(std::span(&statistics.reference_rows, 1));
}

/// Room for the row outputs of one chunk; grows to the largest chunk and is then reused.
class OutputBuffers {
 public:
  explicit OutputBuffers(WantedOutputs wanted) : wanted_(wanted) {}

  [[nodiscard]] RowOutputs outputs(std::int64_t rows) {
    RowOutputs outputs;
    if (wanted_.segment) outputs.segment = sized(segment_, rows);
    if (wanted_.distance2) outputs.distance2 = sized(distance2_, rows);
    if (wanted_.runner_up) {
      outputs.runner_up = sized(runner_up_, rows);
      outputs.runner_up_distance2 = sized(runner_up_distance2_, rows);
    }
    return outputs;
  }

 private:
  template <typename T>
  static std::span<T> sized(std::vector<T>& values, std::int64_t rows) {
    const auto count = static_cast<std::size_t>(rows);
    if (values.size() < count) values.resize(count);
    return std::span(values).first(count);
  }

  WantedOutputs wanted_;
  std::vector<std::int32_t> segment_, runner_up_;
  std::vector<double> distance2_, runner_up_distance2_;
};

}  // namespace

NearestStatistics sweep(Feeder& feeder, NearestPass& pass, Communicator& comm) {
  feeder.for_each([&](const Chunk& chunk) { pass.consume(chunk, {}); },
                  [&](std::int64_t first_row, std::int64_t rows) { return pass.holds(first_row, rows); });
  NearestStatistics statistics = pass.finish();
  sum_over_ranks(statistics, comm);
  return statistics;
}

NearestStatistics sweep(Feeder& feeder, NearestPass& pass, Communicator& comm, WantedOutputs wanted, const RowVisit& visit) {
  OutputBuffers buffers(wanted);
  feeder.for_each([&](const Chunk& chunk) {
    const RowOutputs outputs = buffers.outputs(chunk.rows.rows);
    pass.consume(chunk, outputs);
    visit(chunk, outputs);
  });
  NearestStatistics statistics = pass.finish();
  sum_over_ranks(statistics, comm);
  return statistics;
}

}  // namespace tessera
