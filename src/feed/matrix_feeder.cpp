// SPDX-License-Identifier: Apache-2.0
#include "feed/feeder.hpp"
#include "feed/kept_state.hpp"
#include "feed/row_range.hpp"

namespace tessera {
namespace {

class MatrixFeeder final : public Feeder {
 public:
  MatrixFeeder(MatrixView<const float> rows, std::span<const float> weights, std::span<const std::uint8_t> flags,
               std::int64_t chunk_rows, const JobContext& job, RowRange range)
      : rows_(rows),
        weights_(weights),
        flags_(flags),
        chunk_rows_(chunk_rows > 0 ? whole_blocks(chunk_rows) : comfortable_chunk_rows(rows.columns)),
        job_(job),
        range_(range) {}

  [[nodiscard]] std::int64_t rows() const override { return range_.count; }
  [[nodiscard]] std::int64_t total_rows() const override { return rows_.rows; }
  [[nodiscard]] int features() const override { return static_cast<int>(rows_.columns); }
  [[nodiscard]] const char* residency() const override { return "matrix"; }

  using Feeder::for_each;
  void for_each(const std::function<void(const Chunk&)>& visit, const Held&) override {
    for (std::int64_t done = 0; done < range_.count;) {
      job_.cancel.check();
      const std::int64_t first = range_.first + done;
      const std::int64_t count = std::min(chunk_rows_, range_.count - done);
      visit({.first_row = first,
             .rows = rows_.slice(first, count),
             .weights = part(weights_, first, count),
             .flags = part(flags_, first, count),
             .state = state_.of(done, count)});
      done += count;
      job_.observer.progress(done);
    }
  }

  void keep_state(int bytes_per_row) override {
    state_ = {};
    if (bytes_per_row > 0) state_ = KeptState(range_.count, bytes_per_row);
  }

 private:
  template <typename T>
  static std::span<const T> part(std::span<const T> values, std::int64_t first, std::int64_t count) {
    if (values.empty()) return {};
    return values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  }

  MatrixView<const float> rows_;
  std::span<const float> weights_;
  std::span<const std::uint8_t> flags_;
  std::int64_t chunk_rows_;
  JobContext job_;
  RowRange range_;
  KeptState state_;
};

}  // namespace

std::unique_ptr<Feeder> make_matrix_feeder(MatrixView<const float> rows, std::span<const float> weights,
                                           std::span<const std::uint8_t> flags, std::int64_t chunk_rows,
                                           const JobContext& job) {
  return std::make_unique<MatrixFeeder>(rows, weights, flags, chunk_rows, job, RowRange{0, rows.rows});
}

std::unique_ptr<Feeder> make_matrix_feeder(MatrixView<const float> rows, std::span<const float> weights,
                                           std::span<const std::uint8_t> flags, std::int64_t chunk_rows, const JobContext& job,
                                           const Communicator& comm) {
  return std::make_unique<MatrixFeeder>(rows, weights, flags, chunk_rows, job,
                                        rows_of_rank(rows.rows, comm.rank(), comm.size()));
}

}  // namespace tessera
