// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/analysis.hpp"

namespace tessera {

/// Takes out what is said of fewer than analysis.min_cell customers. In every table of counts, cells that the margins would
/// give away are taken out with them (hidden_cells.hpp). Differences between tables are not looked at. Tables by period are
/// suppressed when they are made, since their trends are of what is shown.
void suppress_small(Analysis& analysis);

}  // namespace tessera
