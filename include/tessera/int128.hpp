// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera {

/// Totals of grid units. Blocks of at most 2^22 rows fit int64; totals need more.
__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

}  // namespace tessera
