// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/document/document.hpp"
#include "report/sections/subject.hpp"

namespace tessera::sections {

/// What moves within the cross-tabs from period to period: of each, the rows whose share changes most beyond chance.
void add_period_crosstabs(document::Section& section, const Subject& subject);

}  // namespace tessera::sections
