// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/mixture_workspace.hpp"

#include <algorithm>
#include <limits>

#include "backend/cuda/workspace_pool.hpp"
#include "kernels/launch.hpp"
#include "kernels/mixture.hpp"

namespace tessera::cuda {
namespace {

static_assert(kernels::kPanelRows == kWhitenedRows);

constexpr std::int64_t kNoRow = std::numeric_limits<std::int64_t>::max();

/// A matrix as one run of numbers.
std::span<const double> cells_of(const Matrix<double>& matrix) {
  return {matrix.data(), static_cast<std::size_t>(matrix.rows() * matrix.columns())};
}

std::vector<std::int32_t> narrow(const std::vector<int>& values) { return {values.begin(), values.end()}; }

std::vector<kernels::Category> category_table(const std::vector<CategoryBlock>& blocks) {
  std::vector<kernels::Category> table;
  std::int32_t level = 0;
  for (const CategoryBlock& block : blocks) {
    table.push_back({.one = block.one, .first = block.first, .count = block.count, .first_level = level});
    level += block.levels();
  }
  return table;
}

}  // namespace

MixtureModel::MixtureModel(const MixtureTask& task)
    : density(*task.mixture),
      features(task.mixture->features()),
      numbers(narrow(task.mixture->numbers())),
      blocks(task.mixture->categories.empty() ? task.categories : task.mixture->categories),
      categories(category_table(blocks)),
      log_shares(tessera::log_shares(*task.mixture)),
      summed(narrow(number_features(features, blocks))),
      second(task.second),
      statistics(task.statistics) {
  const auto count = static_cast<std::int32_t>(summed.size());
  for (const std::int32_t feature : summed) summed_center.push_back(task.mixture->center[static_cast<std::size_t>(feature)]);
  for (std::int32_t i = 0; i < count && second != SecondMoments::none; ++i) {
    for (std::int32_t j = i; j < (second == SecondMoments::variances ? i + 1 : count); ++j) factors.push_back({i, j});
  }
  for (std::int32_t i = 0; i < count; ++i) factors.push_back({i, count});
  factors.push_back({count, count});
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (int level = 0; level < blocks[b].levels(); ++level) {
      factors.push_back({-1 - static_cast<std::int32_t>(b), categories[b].first_level + level});
    }
  }
  if (statistics) tiles = ProductTiles(components(), std::ssize(factors));
}

MixtureShape MixtureModel::shape(bool results, bool probabilities) const {
  return {.columns = features,
          .components = components(),
          .numbers = density.features,
          .categories = std::ssize(categories),
          .leaf_cells = tiles.size(),
          .results = results,
          .probabilities = probabilities};
}

void MixtureSlot::fetch(const MixtureOutputs& outputs) {
  const cudaStream_t stream = rows.stream.get();
  rows.computed.hold(rows.stream);
  segment.fetch(outputs.segment, stream);
  runner_up.fetch(outputs.runner_up, stream);
  probability.fetch(outputs.probability, stream);
  runner_up_probability.fetch(outputs.runner_up_probability, stream);
  distance2.fetch(outputs.distance2, stream);
  probabilities.fetch(outputs.probabilities, stream);
}

void MixtureSlot::deliver() {
  if (!segment.waits()) return;
  rows.stream.wait();
  for (auto* values : {&segment, &runner_up}) values->deliver();
  for (auto* values : {&probability, &runner_up_probability, &distance2}) values->deliver();
  probabilities.deliver();
}

void MixtureSlot::forget() {
  for (auto* values : {&segment, &runner_up}) values->forget();
  for (auto* values : {&probability, &runner_up_probability, &distance2}) values->forget();
  probabilities.forget();
}

MixtureWorkspace::~MixtureWorkspace() {
  // As in Workspace: nothing may be freed below work under way.
  static_cast<void>(cudaSetDevice(device_.index));
  static_cast<void>(cudaStreamSynchronize(compute_.get()));
  for (const MixtureSlot& slot : slots_) static_cast<void>(cudaStreamSynchronize(slot.rows.stream.get()));
}

void MixtureWorkspace::prepare(const MixtureModel& model, bool results, bool probabilities, std::int64_t most_rows) {
  model_ = &model;
  results_ = results;
  probabilities_ = probabilities;
  reserve_in_slabs(
      [&](int halvings) {
        plan_ = plan_mixture(model.shape(results, probabilities), device_.limits, most_rows, halvings);
        reserve();
        upload_model();
      },
      [&] { return can_halve(plan_); }, [&] { release(); });
}

void MixtureWorkspace::reserve() {
  const std::int64_t slab_rows = plan_.slab_blocks * kernels::kLeafRows;
  const std::int64_t stage_rows = plan_.stage_blocks * kernels::kLeafRows;
  for (MixtureSlot& slot : slots_) {
    slot.rows.reserve(stage_rows, model_->features);
    if (!results_) continue;
    for (auto* values : {&slot.segment, &slot.runner_up}) values->reserve(stage_rows);
    for (auto* values : {&slot.probability, &slot.runner_up_probability, &slot.distance2}) values->reserve(stage_rows);
    if (probabilities_) slot.probabilities.reserve(stage_rows * model_->components());
  }
  scratch_.reserve(plan_.scratch_doubles);
  levels_.reserve(slab_rows * std::ssize(model_->categories));
  bad_row_.reserve(1);
  if (!model_->statistics) return;
  shares_.reserve(slab_rows * model_->components());
  terms_.reserve(slab_rows * kernels::kTerms);
  term_leaves_.reserve(plan_.slab_blocks * kernels::kTerms);
  products_.start(model_->tiles, 1, plan_.slab_blocks, compute_);
  term_sums_.start(kernels::kTerms, compute_);
}

void MixtureWorkspace::release() {
  compute_.wait();  // tiles may be under way
  for (MixtureSlot& slot : slots_) {
    slot.rows.release();
    for (auto* values : {&slot.segment, &slot.runner_up}) values->release();
    for (auto* values : {&slot.probability, &slot.runner_up_probability, &slot.distance2}) values->release();
    slot.probabilities.release();
  }
  for (auto* numbers : {&scratch_, &shares_, &terms_, &term_leaves_}) numbers->release();
  levels_.release();
  products_.release();
}

void MixtureWorkspace::upload_model() {
  const cudaStream_t stream = compute_.get();
  const MixtureDensity& density = model_->density;
  whitening_.upload(density.whitening, stream);
  shift_.upload(density.shift, stream);
  log_factor_.upload(density.log_factor, stream);
  center_.upload(density.center, stream);
  numbers_.upload(model_->numbers, stream);
  categories_.upload(model_->categories, stream);
  log_shares_.upload(cells_of(model_->log_shares), stream);
  summed_.upload(model_->summed, stream);
  summed_center_.upload(model_->summed_center, stream);
  factors_.upload(model_->factors, stream);
  bad_row_.upload({&kNoRow, 1}, stream);
}

void MixtureWorkspace::run(const kernels::Slab& slab, const MixtureSlot& slot) {
  const cudaStream_t stream = compute_.get();
  const MixtureDensity& density = model_->density;
  const auto categories = static_cast<std::int32_t>(model_->categories.size());
  const std::int64_t room = plan_.slab_blocks * kernels::kLeafRows;
  if (categories > 0) {
    check(kernels::launch_levels({slab, categories_.data(), categories, levels_.data()}, stream), "launch of levels");
  }
  const kernels::ExpectArguments expect{.slab = slab,
                                        .density = {.whitening = whitening_.data(),
                                                    .shift = shift_.data(),
                                                    .log_factor = log_factor_.data(),
                                                    .center = center_.data(),
                                                    .numbers = numbers_.data(),
                                                    .panel_size = density.panel_size,
                                                    .k = static_cast<std::int32_t>(density.components),
                                                    .features = static_cast<std::int32_t>(density.features),
                                                    .padded = static_cast<std::int32_t>(density.padded),
                                                    .triangular = density.triangular,
                                                    .shared = density.shared},
                                        .levels = levels_.data(),
                                        .categories = categories,
                                        .log_shares = model_->log_shares.rows() > 0 ? log_shares_.data() : nullptr,
                                        .scratch = scratch_.data(),
                                        .room = room,
                                        .shares = model_->statistics ? shares_.data() : nullptr,
                                        .terms = terms_.data(),
                                        .results = {.segment = results_ ? slot.segment.data() : nullptr,
                                                    .runner_up = slot.runner_up.data(),
                                                    .probability = slot.probability.data(),
                                                    .runner_up_probability = slot.runner_up_probability.data(),
                                                    .distance2 = slot.distance2.data(),
                                                    .probabilities = probabilities_ ? slot.probabilities.data() : nullptr},
                                        .bad_row = bad_row_.data()};
  const std::int64_t tiles = (slab.n + kernels::kExpectRows - 1) / kernels::kExpectRows;
  check(kernels::launch_expect(expect, plan_.shared_bytes,
                               static_cast<std::int32_t>(std::min<std::int64_t>(tiles, plan_.expect_blocks)), stream),
        "launch of expect");
  if (!model_->statistics) return;
  const std::int64_t blocks = (slab.n + kernels::kLeafRows - 1) / kernels::kLeafRows;
  const auto levels = static_cast<std::int32_t>(level_count(model_->blocks));
  const kernels::MixtureSource source{.shares = shares_.data(),
                                      .room = room,
                                      .k = static_cast<std::int32_t>(density.components),
                                      .factors = factors_.data(),
                                      .products = static_cast<std::int32_t>(model_->factors.size()),
                                      .rows = slab.rows,
                                      .d = slab.d,
                                      .summed = summed_.data(),
                                      .center = summed_center_.data(),
                                      .features = static_cast<std::int32_t>(model_->summed.size()),
                                      .levels = levels_.data(),
                                      .categories = categories};
  if (const kernels::MixtureNumbers numbers{source, levels}; numbers.count() <= kernels::MixtureNumbers::kMost) {
    products_.add(numbers, slab.n, blocks, {}, compute_);
  } else {
    products_.add(source, slab.n, blocks, {}, compute_);
  }
  check(kernels::launch_terms({terms_.data(), room, slab.n, term_leaves_.data()}, static_cast<std::int32_t>(blocks), stream),
        "launch of terms");
  term_sums_.add(term_leaves_.data(), blocks, compute_);
}

void MixtureWorkspace::wait() const {
  compute_.wait();
  for (const MixtureSlot& slot : slots_) slot.rows.stream.wait();
}

std::int64_t MixtureWorkspace::bad_row() const { return bad_row_.download(1, compute_.get()).front(); }

MixtureStatistics MixtureWorkspace::statistics() {
  const std::int64_t k = model_->components();
  const std::int64_t features = std::ssize(model_->summed);
  const std::int64_t levels = level_count(model_->blocks);
  const std::int64_t products = std::ssize(model_->factors);
  MixtureStatistics statistics;
  statistics.weights.resize(static_cast<std::size_t>(k));
  statistics.first = Matrix<double>(k, features);
  statistics.second = Matrix<double>(k, products - features - 1 - levels);
  statistics.levels = Matrix<double>(k, levels);
  statistics.observed.resize(static_cast<std::size_t>(features));
  if (!model_->statistics) return statistics;
  const std::vector<double> sums = products_.total(compute_);
  const std::vector<double> terms = term_sums_.total(compute_);
  for (std::int64_t c = 0; c < k; ++c) {
    std::int64_t product = 0;
    const auto copy = [&](std::span<double> to) {
      for (double& sum : to) sum = sums[static_cast<std::size_t>(products_.tiles().place(c, product++))];
    };
    copy(statistics.second.row(c));
    copy(statistics.first.row(c));
    copy(std::span(&statistics.weights[static_cast<std::size_t>(c)], 1));
    copy(statistics.levels.row(c));
  }
  std::ranges::fill(statistics.observed, terms[kernels::kTermWeight]);
  statistics.log_likelihood = terms[kernels::kTermLikelihood];
  statistics.completed_log_likelihood = terms[kernels::kTermCompleted];
  return statistics;
}

}  // namespace tessera::cuda
