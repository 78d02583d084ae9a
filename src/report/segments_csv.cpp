// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/dates.hpp"
#include "report/csv_text.hpp"
#include "report/portrait.hpp"
#include "report/summary.hpp"

namespace tessera {
namespace {

void append_header(std::string& csv, const FeaturePlan& plan) {
  csv += "segment,name,size,share,weight,boundary,boundary_share";
  for (const FeatureSource& source : plan.sources) {
    for (std::size_t level = 0; level < static_cast<std::size_t>(source.feature_count); ++level) {
      csv += ',';
      append_csv_text(csv, source.levels.empty() ? source.name : source.name + "=" + level_name(source, level));
    }
  }
  csv += '\n';
}

void append_values(std::string& csv, const FeaturePlan& plan, const std::vector<SourceValue>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (const double share : values[i].shares) {
      csv += ',';
      append_csv_number(csv, share);
    }
    if (!values[i].shares.empty()) continue;
    csv += ',';
    if (plan.sources[i].kind == Kind::date) {
      csv += format_iso_date(std::floor(values[i].value));
    } else {
      append_csv_number(csv, values[i].value);
    }
  }
  csv += '\n';
}

}  // namespace

std::string segments_csv(const SegmentationSummary& summary) {
  const FeaturePlan& plan = summary.model.plan;
  const Portraits portraits = describe_segments(summary.model, summary.assigned, summary.profiles);
  std::string csv;
  append_header(csv, plan);
  const auto append_sizes = [&](std::int64_t size, double share, double weight, std::int64_t boundary, double boundary_share) {
    append_csv_number(csv, size);
    csv += ',';
    append_csv_number(csv, share);
    csv += ',';
    append_csv_number(csv, weight);
    csv += ',';
    append_csv_number(csv, boundary);
    csv += ',';
    append_csv_number(csv, boundary_share);
  };
  std::int64_t size = 0, boundary = 0;
  double weight = 0.0;
  for (const SegmentPortrait& portrait : portraits.segments) {
    append_csv_number(csv, std::int64_t{portrait.segment});
    csv += ',';
    append_csv_text(csv, portrait.name);
    csv += ',';
    append_sizes(portrait.size_rows, portrait.share, portrait.weight, portrait.boundary_rows, portrait.boundary_share);
    append_values(csv, plan, portrait.centroid);
    size += portrait.size_rows;
    boundary += portrait.boundary_rows;
    weight += portrait.weight;
  }
  csv += "all,all customers,";
  append_sizes(size, 1.0, weight, boundary, size > 0 ? static_cast<double>(boundary) / static_cast<double>(size) : 0.0);
  append_values(csv, plan, portraits.overall);
  return csv;
}

}  // namespace tessera
