// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "report/sections/sections.hpp"
#include "report/text.hpp"

namespace tessera::sections {

document::Document compose(const Subject& subject) {
  document::Document report;
  const std::string file = text(member(subject.summary(), "input"), "file_name");
  report.title = subject.k() == 1 ? "One group of customers" : fmt::format("{} segments of customers", subject.k());
  const std::string created = text(member(subject.summary(), "provenance"), "created");
  report.subtitle = {document::name(file.empty() ? "a table of customers" : file)};
  if (created.size() >= 10) report.subtitle.emplace_back(" · " + text::printable(created.substr(0, 10)));
  report.footer = "Made by Tessera from summary.json and names.json. The report holds everything it needs and loads nothing.";
  report.sections.push_back(verdict_section(subject));
  report.sections.push_back(segments_section(subject));
  report.sections.push_back(map_section(subject));
  report.sections.push_back(profile_section(subject));
  report.sections.push_back(kpis_section(subject));
  report.sections.push_back(crosstabs_section(subject));
  report.sections.push_back(correlations_section(subject));
  report.sections.push_back(drivers_section(subject));
  report.sections.push_back(doubt_section(subject));
  report.sections.push_back(selection_section(subject));
  report.sections.push_back(data_section(subject));
  report.sections.push_back(reproduce_section(subject));
  return report;
}

}  // namespace tessera::sections
