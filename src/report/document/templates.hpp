// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Files that the build puts into the library: src/report/templates, and Chart.js.
namespace tessera::embedded {

std::string_view report_html();
std::string_view report_css();
std::string_view report_js();
std::string_view chart_js();
std::string_view chart_notice();

}  // namespace tessera::embedded
