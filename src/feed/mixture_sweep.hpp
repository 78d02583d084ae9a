// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "feed/feeder.hpp"
#include "tessera/communicator.hpp"
#include "tessera/mixture_pass.hpp"

namespace tessera {

/// One sweep: every chunk through `pass`, statistics added up over the ranks in rank order.
[[nodiscard]] MixtureStatistics sweep(Feeder& feeder, MixturePass& pass, Communicator& comm);

/// The same with per-row outputs: `visit` sees each chunk after the pass, with its outputs filled.
/// @param probabilities  components whose probabilities are wanted, one after the other for each row; 0: none
using MixtureVisit = std::function<void(const Chunk&, const MixtureOutputs&)>;
[[nodiscard]] MixtureStatistics sweep(Feeder& feeder, MixturePass& pass, Communicator& comm, std::int64_t probabilities,
                                      const MixtureVisit& visit);

}  // namespace tessera
