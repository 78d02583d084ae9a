// SPDX-License-Identifier: Apache-2.0
#include "stats/dip.hpp"

namespace tessera::stats {
double dip_p(double, double) { return kUndefined; }
}  // namespace tessera::stats
