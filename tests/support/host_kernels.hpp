// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/accumulate.hpp"
#include "kernels/decide.hpp"
#include "kernels/gaps.hpp"
#include "kernels/leaf_tree.hpp"
#include "kernels/mixture.hpp"
#include "kernels/moments_arguments.hpp"
#include "kernels/next_centroids.hpp"
#include "kernels/objective.hpp"
#include "kernels/product_sums.hpp"
#include "kernels/screen.hpp"
#include "kernels/settled.hpp"
#include "kernels/tally.hpp"
#include "kernels/tensor_decide.hpp"
#include "kernels/tensor_probe.hpp"
#include "kernels/tensor_screen.hpp"
#include "kernels/tensor_shapes.hpp"
#include "kernels/wide_screen.hpp"

// The code of the CUDA kernels run on the host, block by block and thread by thread. `backwards` is the order of the threads.
namespace tessera::testing {

template <int kTile, bool kPair>
void run_screen_tiles(const kernels::ScreenArguments& arguments, bool backwards) {
  using Shape = kernels::ScreenShape<kTile>;
  const auto memory = std::make_unique<kernels::ScreenMemory<kTile, kPair>>();
  for (int block = 0; block * Shape::kRows < arguments.list.size(arguments.slab); ++block) {
    kernels::HostTeam<kernels::ScreenState<kTile, kPair>> team(Shape::kThreads, backwards);
    kernels::screen_rows<kTile, kPair>(team, arguments, block, *memory);
  }
}

inline void run_screen(const kernels::ScreenArguments& arguments, bool pair, bool backwards) {
  if (arguments.centroids.tile == 64) {
    pair ? run_screen_tiles<64, true>(arguments, backwards) : run_screen_tiles<64, false>(arguments, backwards);
  } else {
    pair ? run_screen_tiles<16, true>(arguments, backwards) : run_screen_tiles<16, false>(arguments, backwards);
  }
}

template <std::size_t kSteps, std::size_t kTile>
void run_tensor_tiles(const kernels::TensorScreenArguments& arguments, bool backwards) {
  const auto memory = std::make_unique<kernels::TensorScreenMemory<kSteps, kTile>>();
  for (int block = 0; block * kernels::kTensorRows < arguments.screen.list.size(arguments.screen.slab); ++block) {
    kernels::HostTeam<kernels::TensorScreenState<kSteps, kTile>> team(kernels::kTensorThreads, backwards);
    kernels::screen_on_tensors<kSteps, kTile>(team, arguments, block, *memory);
  }
}

template <std::size_t kRows, std::size_t kTile>
void run_wide_tiles(const kernels::TensorScreenArguments& arguments, bool backwards) {
  using Shape = kernels::WideShape<kRows, kTile>;
  const auto memory = std::make_unique<kernels::WideScreenMemory<kRows, kTile>>();
  std::vector<kernels::WideStep> rows(static_cast<std::size_t>(arguments.shape.steps) * Shape::kRowWarps);
  for (int block = 0; block * static_cast<int>(kRows) < arguments.screen.list.size(arguments.screen.slab); ++block) {
    kernels::HostTeam<kernels::WideScreenState<kRows, kTile>> team(Shape::kThreads, backwards);
    kernels::screen_wide_rows<kRows, kTile>(team, arguments, block, rows.data(), *memory);
  }
}

/// @return whether there is a kernel for the shape
inline bool run_tensor_screen(const kernels::TensorScreenArguments& arguments, bool backwards) {
  return kernels::call_tensor_screen(
      arguments.shape, arguments.screen.centroids.tile,
      [&](auto steps, auto tile) { run_tensor_tiles<steps.value, tile.value>(arguments, backwards); },
      [&](auto rows, auto tile) { run_wide_tiles<rows.value, tile.value>(arguments, backwards); });
}

template <std::size_t kSteps, std::size_t kTile>
void run_tensor_decide_tiles(const kernels::TensorDecideArguments& arguments, bool backwards) {
  const auto memory = std::make_unique<kernels::TensorDecideMemory<kSteps, kTile>>();
  for (int first = 0; first < *arguments.decide.open.count; first += kernels::kTensorDecideThreads) {
    kernels::HostTeam<kernels::TensorDecideState<kSteps>> team(kernels::kTensorDecideThreads, backwards);
    kernels::decide_on_tensors<kSteps, kTile>(team, arguments, first, *memory);
  }
}

template <std::size_t kTile>
void run_wide_decide_tiles(const kernels::TensorDecideArguments& arguments, bool backwards) {
  using Shape = kernels::WideShape<kernels::kWideDecideRows, kTile>;
  const auto memory = std::make_unique<kernels::WideDecideMemory<kTile>>();
  std::vector<kernels::WideStep> rows(static_cast<std::size_t>(arguments.screened.shape.steps) * Shape::kRowWarps);
  for (int first = 0; first < *arguments.decide.open.count; first += static_cast<int>(kernels::kWideDecideRows)) {
    kernels::HostTeam<kernels::WideDecideState<kTile>> team(Shape::kThreads, backwards);
    kernels::decide_wide_rows<kTile>(team, arguments, first, rows.data(), *memory);
  }
}

/// @return whether there is a kernel for the shape
inline bool run_tensor_decide(const kernels::TensorDecideArguments& arguments, bool backwards) {
  return kernels::call_tensor_screen(
      arguments.screened.shape, arguments.screened.screen.centroids.tile,
      [&](auto steps, auto tile) { run_tensor_decide_tiles<steps.value, tile.value>(arguments, backwards); },
      [&](auto, auto tile) { run_wide_decide_tiles<tile.value>(arguments, backwards); });
}

inline void run_tensor_probe(const kernels::TensorProbeArguments& arguments, bool backwards) {
  for (std::int32_t block = 0; block < arguments.count; ++block) {
    kernels::HostTeam<kernels::TensorProbeState> team(kernels::kWarp, backwards);
    kernels::probe_product(team, arguments, block);
  }
}

template <int kTile>
void run_decide_tiles(const kernels::DecideArguments& arguments, bool backwards) {
  using Shape = kernels::ScreenShape<kTile>;
  const auto memory = std::make_unique<kernels::DecideMemory<kTile>>();
  for (int first = 0; first < *arguments.open.count; first += Shape::kRows) {
    kernels::HostTeam<kernels::ScreenState<kTile, false>> team(Shape::kThreads, backwards);
    kernels::decide_rows<kTile>(team, arguments, first, *memory);
  }
}

inline void run_decide(const kernels::DecideArguments& arguments, bool backwards) {
  arguments.centroids.tile == 64 ? run_decide_tiles<64>(arguments, backwards) : run_decide_tiles<16>(arguments, backwards);
}

inline void run_next_centroids(const kernels::NextCentroidsArguments& arguments, bool backwards) {
  for (std::int64_t cell = 0; cell < std::int64_t{arguments.k} * arguments.d; ++cell) kernels::find_mean(arguments, cell);
  kernels::PackMemory memory;
  for (std::int32_t block = 0; block < arguments.blocks; ++block) {
    kernels::HostTeam<kernels::PackState> team(kernels::kPackThreads, backwards);
    kernels::pack_centroids(team, arguments, block, memory);
  }
}

inline void run_measure_moves(const kernels::DriftArguments& arguments, bool backwards) {
  kernels::DriftMemory memory{};
  for (int block = 0; block < kernels::measuring_blocks(arguments); ++block) {
    kernels::HostTeam<kernels::DriftState> team(kernels::kDriftThreads, backwards);
    kernels::measure_moves(team, arguments, block, memory);
  }
}

inline void run_add_drift(const kernels::DriftArguments& arguments, bool backwards) {
  kernels::DriftMemory memory{};
  kernels::HostTeam<kernels::DriftState> team(kernels::kDriftThreads, backwards);
  kernels::add_drift(team, arguments, memory);
}

inline void run_list_unsettled(const kernels::UnsettledArguments& arguments, bool backwards) {
  kernels::SettledMemory memory{};
  for (std::int64_t block = 0; block * kernels::kSettledRows < arguments.slab.n; ++block) {
    kernels::HostTeam<kernels::SettledState> team(kernels::kSettledThreads, backwards);
    kernels::list_unsettled(team, arguments, block, memory);
  }
}

inline void run_measure(const kernels::MeasureArguments& arguments) {
  for (std::int64_t row = 0; row < arguments.slab.n; ++row) kernels::measure_row(arguments, row);
}

inline void run_mark_gaps(const kernels::MarkGapsArguments& arguments) {
  for (std::int64_t row = 0; row < arguments.n; ++row) kernels::mark_gaps(arguments, row);
}

template <int kTile>
void run_label_gaps_by_tiles(const kernels::GapsArguments& arguments, bool backwards) {
  const auto memory = std::make_unique<kernels::GapMemory<kTile>>();
  for (std::int64_t first = 0; first < *arguments.gaps.count; first += kernels::GapShape<kTile>::kRows) {
    kernels::HostTeam<kernels::GapState> team(kernels::kGapThreads, backwards);
    kernels::label_gaps<kTile>(team, arguments, first, *memory);
  }
}

inline void run_label_gaps(const kernels::GapsArguments& arguments, bool backwards) {
  kernels::gap_tile(arguments.k) == 64 ? run_label_gaps_by_tiles<64>(arguments, backwards)
                                       : run_label_gaps_by_tiles<16>(arguments, backwards);
}

inline void run_accumulate_gaps(const kernels::AccumulateArguments& arguments, std::int32_t blocks, bool backwards) {
  kernels::MoveMemory moves{};
  for (std::int32_t block = 0; block < blocks; ++block) {
    kernels::HostTeam<kernels::AccumulateState> team(kernels::kAccumulateThreads, backwards);
    kernels::accumulate_gaps(team, arguments, block, blocks, moves);
  }
}

/// @param shared_bytes of the sums on chip; 0: sums go to device memory
inline void run_accumulate(const kernels::AccumulateArguments& arguments, std::int64_t shared_bytes, std::int32_t blocks,
                           bool backwards) {
  kernels::MoveMemory moves{};
  std::vector<std::int64_t> partials(static_cast<std::size_t>(shared_bytes) / sizeof(std::int64_t), 77);
  for (std::int32_t block = 0; block < blocks; ++block) {
    kernels::HostTeam<kernels::AccumulateState> team(kernels::kAccumulateThreads, backwards);
    if (shared_bytes > 0) {
      kernels::accumulate_on_chip(team, arguments, block, blocks, moves, partials.data());
    } else {
      kernels::accumulate_in_memory(team, arguments, block, blocks, moves);
    }
  }
}

inline void run_objective(const kernels::ObjectiveArguments& arguments, std::int32_t blocks, bool backwards) {
  kernels::ObjectiveMemory memory;
  for (std::int32_t block = 0; block < blocks; ++block) {
    kernels::HostTeam<kernels::ObjectiveState> team(kernels::kObjectiveThreads, backwards);
    kernels::add_objective(team, arguments, block, blocks, memory);
  }
}

/// @param blocks  grid; with scratch there is memory for so many
inline void run_expect(const kernels::ExpectArguments& arguments, std::int64_t shared_bytes, std::int32_t blocks,
                       bool backwards) {
  const std::int64_t doubles = kernels::expect_doubles(arguments.density);
  std::vector<double> shared(static_cast<std::size_t>(shared_bytes) / sizeof(double), 77.0);
  for (std::int32_t block = 0; block < blocks; ++block) {
    kernels::HostTeam<kernels::ExpectState> team(kernels::kExpectThreads, backwards);
    kernels::expect_rows(team, arguments, block, blocks,
                         shared_bytes > 0 ? shared.data() : arguments.scratch + block * doubles);
  }
}

inline void run_terms(const kernels::TermArguments& arguments, std::int32_t leaves, bool backwards) {
  kernels::TermMemory memory;
  for (std::int32_t leaf = 0; leaf < leaves; ++leaf) {
    kernels::HostTeam<kernels::TermState> team(kernels::kTermThreads, backwards);
    kernels::sum_terms(team, arguments, leaf, memory);
  }
}

template <int kHeight, typename Source>
void run_products_of(const kernels::ProductArguments& arguments, const Source& source, bool backwards) {
  const auto memory = std::make_unique<kernels::ProductMemory<Source>>();
  const std::int64_t blocks = std::int64_t{arguments.leaves} * arguments.panel_count;
  for (std::int64_t block = 0; block < blocks; ++block) {
    kernels::HostTeam<kernels::ProductState<kHeight>> team(kernels::kProductThreads, backwards);
    kernels::sum_products<kHeight>(team, arguments, source, block, *memory);
  }
}

template <typename Source>
void run_products(const kernels::ProductArguments& arguments, const Source& source, int height, bool backwards) {
  height == 8 ? run_products_of<8>(arguments, source, backwards) : run_products_of<4>(arguments, source, backwards);
}

inline void run_tally(const kernels::TallyArguments& arguments, bool backwards) {
  const auto memory = std::make_unique<kernels::TallyMemory>();
  for (std::int64_t block = 0; block < std::int64_t{arguments.table_count} * arguments.parts; ++block) {
    kernels::HostTeam<kernels::TallyState> team(kernels::kTallyThreads, backwards);
    kernels::tally_rows(team, arguments, block, *memory);
  }
}

inline void run_fold(const kernels::FoldArguments& arguments) {
  for (std::int64_t i = 0; i < arguments.cells + arguments.gap_cells; ++i) kernels::fold_cell(arguments, i);
  kernels::conclude_counters(arguments);
}

}  // namespace tessera::testing
