// SPDX-License-Identifier: Apache-2.0
#include "app/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

#include "app/earlier_run.hpp"
#include "app/output_check.hpp"
#include "app/run_options.hpp"
#include "app/segment.hpp"
#include "core/edit_distance.hpp"
#include "prepare/cells.hpp"
#include "table/chosen_rows.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;

/// By number, by id, by name: the first that fits.
int find_segment(const EarlierRun& run, const std::string& wanted) {
  int number = -1;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error == std::errc{} && end == wanted.data() + wanted.size() && number >= 0 && number < run.model.segments())
    return number;
  std::vector<std::string> names;
  for (const SegmentName& name : run.names) {
    if (wanted == run.id(name.segment) || wanted == name.name) return name.segment;
    names.push_back(name.name);
  }
  const auto nearest = nearest_name(wanted, names);
  throw ConfigError(fmt::format("the run has no segment '{}'", wanted),
                    nearest ? fmt::format("did you mean '{}'?", *nearest)
                            : fmt::format("give a number from 0 to {}, or a name from names.json", run.model.segments() - 1));
}

fs::path find_input(const SplitOptions& options, const EarlierRun& run) {
  if (!options.input.empty()) return options.input;
  const std::string name = run.manifest.at("input").at("file_name");
  std::error_code failed;
  for (const fs::path& folder : {fs::current_path(), run.folder.parent_path()}) {
    if (fs::is_regular_file(folder / name, failed)) return folder / name;
  }
  throw FileError(ErrorCode::no_input, fmt::format("{} is neither here nor beside the run", name),
                  "name the table that the run was made from with --input");
}

/// The customers of a segment, as rows of the run's assignments and of the table that the run was made from.
struct Members {
  RowBitmap assigned, input;
};

Members members_of(const fs::path& assignments, int segment, std::int64_t input_rows, const CancelToken& cancel) {
  const auto table = open_table(assignments);
  const auto& columns = table->info().columns;
  const auto find = [&](const char* name) {
    return static_cast<int>(std::ranges::find(columns, name, &ColumnSchema::name) - columns.begin());
  };
  const bool is_split = find("row") < std::ssize(columns);  // else row i of both is the same
  std::vector<int> wanted{find("segment")};
  if (wanted.front() == std::ssize(columns)) throw damaged_run(assignments, "the assignments have no segments");
  if (is_split) wanted.push_back(find("row"));
  Members members;
  RawChunk chunk;
  for (std::int64_t first = 0; first < table->info().rows; first += chunk.rows) {
    cancel.check();
    table->read(first, std::min(table->preferred_rows(), table->info().rows - first), wanted, chunk);
    for (std::int64_t i = 0; i < chunk.rows; ++i) {
      const auto cell = [&](std::size_t column) { return chunk.columns[column].data + i * chunk.columns[column].stride_bytes; };
      const bool chosen = load_cell<std::int32_t>(cell(0)) == segment;
      members.assigned.push_back(chosen);
      const std::int64_t row = is_split ? load_cell<std::int64_t>(cell(1)) : first + i;
      if (row < members.input.rows() || row >= input_rows) throw damaged_run(assignments, "the row numbers are not in order");
      while (members.input.rows() < row) members.input.push_back(false);
      members.input.push_back(chosen);
    }
  }
  while (members.input.rows() < input_rows) members.input.push_back(false);
  if (members.input.count() == 0) throw damaged_run(assignments, fmt::format("no customer is in segment {}", segment));
  return members;
}

/// The options of the run, with its columns pinned: what was inferred from all customers would not be from some of them.
SegmentOptions options_for(const SplitOptions& split, const EarlierRun& run, fs::path input, const std::string& id) {
  SegmentOptions options = options_of_run(run.manifest.at("options"));
  const FeaturePlan& plan = run.model.plan;
  options.prepare.features.clear();
  for (const FeatureSource& source : plan.sources) options.prepare.features.push_back(source.name);
  options.prepare.ids.clear();
  if (!plan.id_column.empty()) options.prepare.ids.push_back(plan.id_column);
  options.prepare.weights.clear();
  if (!plan.weight_column.empty()) options.prepare.weights.push_back(plan.weight_column);
  const bool dates = std::ranges::any_of(plan.sources, [](const FeatureSource& s) { return s.kind == Kind::date; });
  if (dates) options.prepare.as_of_days = plan.as_of_days;
  options.input = std::move(input);
  options.output = split.output;
  if (options.output.empty()) {
    const std::string last = id.substr(id.rfind('.') + 1);  // all of it where there is no point
    options.output = run.folder.parent_path() / (run.folder.filename().string() + "." + last);
  }
  options.force = split.force;
  options.csv = split.csv;
  options.automatic_segments = split.automatic_segments;
  options.smallest_segments = split.smallest_segments;
  options.largest_segments = split.largest_segments;
  if (!split.automatic_segments) options.fit.segments = split.segments;
  options.engine = split.engine;
  return options;
}

}  // namespace

SegmentationSummary run_split(const SplitOptions& options, Observer& observer, const CancelToken& cancel) {
  const EarlierRun run = read_run(options.run);
  const int segment = find_segment(run, options.segment);
  const fs::path input = find_input(options, run);
  check_same_input(input, run, "name the right one with --input, or segment this one anew", cancel);
  const fs::path assignments = run.assignments();
  if (!options.output.empty()) check_not_overwritten(assignments, options.output);
  SplitOrigin origin;
  origin.run = run.folder.filename().string();
  origin.segment = segment;
  origin.id = run.id(segment);
  origin.name = run.names[static_cast<std::size_t>(segment)].name;
  const bool nested = run.summary.contains("split");
  origin.input_rows = (nested ? run.summary["split"].at("input_rows") : run.summary.at("rows")).get<std::int64_t>();
  const Members members = members_of(assignments, segment, origin.input_rows, cancel);
  origin.rows = members.assigned.count();
  origin.of_rows = members.assigned.rows();
  ChosenRows ids(open_table(assignments), members.assigned);
  const SegmentPart part{members.input, ids, origin};
  return run_segment(options_for(options, run, input, origin.id), observer, cancel, &part);
}

}  // namespace tessera
