// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/document/document.hpp"

namespace tessera::document {

/// The document as one HTML file that needs nothing else: style, scripts, Chart.js and the charts' numbers are in it, and its
/// content security policy lets nothing in but these. Without scripts the tables behind the charts are there.
[[nodiscard]] std::string render_html(const Document& document);

/// The same document as Markdown: the charts' tables instead of the charts.
[[nodiscard]] std::string render_markdown(const Document& document);

}  // namespace tessera::document
