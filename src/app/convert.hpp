// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "table/convert.hpp"
#include "tessera/observer.hpp"

namespace tessera {

/// convert_delimited() after a look at what would come in its way.
/// @throws FileError (the input would be overwritten, no input, the output exists), DataError
[[nodiscard]] ConvertReport run_convert(const ConvertOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
