// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/job.hpp"
#include "hdf5/writer.hpp"
#include "table/convert.hpp"
#include "table/convert_writer.hpp"

namespace tessera {

/// The two passes of convert_delimited(), into a file that the caller commits, or keeps as scratch.
/// Options that concern the output's place are not looked at.
ConvertReport convert_into(hdf5::FileWriter& file, RejectFile& rejects, const ConvertOptions& options, Observer& observer,
                           const CancelToken& cancel);

}  // namespace tessera
