// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "tessera/communicator.hpp"

namespace tessera {

/// Runs `rank_main` once per rank, each on a thread of its own with a communicator that joins them, and waits for all.
/// Ranks share nothing else: give each its own table, feeder, backend and thread pool.
///
/// When a rank throws, the others are woken from (or stopped at) their next collective call, and the failure of the lowest rank
/// that failed by itself is rethrown here. A rank that returns while another still waits for it is a failure too.
/// @param ranks at least 1
void run_ranks(int ranks, const std::function<void(Communicator&)>& rank_main);

}  // namespace tessera
