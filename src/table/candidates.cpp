// SPDX-License-Identifier: Apache-2.0
#include "table/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "hdf5/attribute.hpp"
#include "hdf5/dataset.hpp"
#include "table/table_parts.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::size_t kMostObjects = 100'000;
constexpr int kDeepest = 32;
constexpr const char* kWhatIsRead =
    "a table is a 2-D dataset of numbers (one row per customer), a group of equally long 1-D datasets, a compound dataset, a "
    "pandas "
    "frame, or an AnnData file; see docs/formats.md";

Shape shape_of(const hdf5::Dataset& dataset) {
  using Form = hdf5::ElementType::Form;
  const hdf5::ElementType& type = dataset.type();
  const std::size_t rank = dataset.shape().size();
  if (rank == 1 && type.form == Form::record) return Shape::record;
  if (rank == 1 && (type.is_number() || type.is_text())) return Shape::vector;
  if (rank != 2 || !type.is_number() || dataset.shape()[1] < 1) return Shape::other;
  const bool named = hdf5::has_attribute(dataset.id(), "columns") || hdf5::has_attribute(dataset.id(), "feature_names");
  return dataset.shape()[1] == 1 && !named ? Shape::vector : Shape::matrix;
}

DatasetSummary summarize(const hdf5::InputFile& file, const std::string& path) {
  const hdf5::Dataset dataset(file, path);
  return {hdf5::base_name(path), path, shape_of(dataset), dataset.shape(), dataset.type().is_text(), dataset.description()};
}

/// What the attributes of a group say that it is; nullopt for a plain group.
std::optional<Layout> declared_layout(const hdf5::InputFile& file, const std::string& path) {
  const Hdf5Handle group = hdf5::open_group(file, path);
  if (const auto pandas = hdf5::read_string_attribute(group.get(), "pandas_type")) {
    return pandas->ends_with("_table") ? Layout::pandas_table : Layout::pandas_fixed;
  }
  const auto encoding = hdf5::read_string_attribute(group.get(), "encoding-type");
  if (!encoding) return std::nullopt;
  if (*encoding == "anndata") return Layout::anndata;
  if (*encoding == "dataframe") return Layout::dataframe;
  if (*encoding == "csr_matrix" || *encoding == "csc_matrix") return Layout::sparse;
  return std::nullopt;
}

std::string describe_layout(Layout layout) {
  switch (layout) {
    case Layout::pandas_fixed:
      return "pandas frame (fixed)";
    case Layout::pandas_table:
      return "pandas frame (table)";
    case Layout::anndata:
      return "AnnData";
    case Layout::dataframe:
      return "AnnData data frame";
    case Layout::sparse:
      return "sparse matrix";
    default:
      return "group";
  }
}

/// Vectors of one length make a table each; the one that the lengths favour is named by the group, else each by its first
/// vector.
void add_vectors(const GroupSurvey& survey, std::vector<Candidate>& found) {
  std::map<std::int64_t, std::vector<const DatasetSummary*>> by_length;
  for (const DatasetSummary& dataset : survey.datasets) {
    if (dataset.shape == Shape::vector && !holds_names(dataset)) by_length[dataset.rows()].push_back(&dataset);
  }
  const std::optional<std::int64_t> common = common_length(survey);
  for (const auto& [length, datasets] : by_length) {
    if (common && length != *common) continue;
    std::vector<std::string> names;
    for (const DatasetSummary* dataset : datasets) names.push_back(dataset->name);
    found.push_back({Layout::vectors, common ? survey.path : datasets.front()->path,
                     fmt::format("{} 1-D dataset{} of {} rows: {}", names.size(), names.size() == 1 ? "" : "s", length,
                                 list_names(names, 4)),
                     length});
  }
}

void add_tables_of(const GroupSurvey& survey, std::vector<Candidate>& found) {
  // ann-benchmarks: the other matrices are queries and their answers, not rows of the table.
  const bool benchmark =
      survey.find("train") != nullptr && (survey.find("neighbors") != nullptr || survey.find("distances") != nullptr);
  for (const DatasetSummary& dataset : survey.datasets) {
    if (dataset.shape == Shape::matrix && (!benchmark || dataset.name == "train")) {
      const char* what = benchmark ? "ann-benchmarks" : "2-D dataset";
      found.push_back({benchmark ? Layout::ann_benchmarks : Layout::matrix, dataset.path,
                       fmt::format("{}, {}", what, dataset.description), dataset.rows()});
    } else if (dataset.shape == Shape::record) {
      found.push_back({Layout::record, dataset.path, "compound table, " + dataset.description, dataset.rows()});
    }
  }
  if (!survey.has(Shape::matrix) && !survey.has(Shape::record)) add_vectors(survey, found);
}

/// Collects the tables in a group and below it.
class Search {
 public:
  explicit Search(const hdf5::InputFile& file) : file_(file) {}

  void search(const std::string& path, int depth = 0) {
    const hdf5::Member group = hdf5::find_object(file_, path);
    if (!seen_.insert(group.address).second || depth > kDeepest) return;
    if (const auto layout = declared_layout(file_, path)) {
      found.push_back({*layout, path, describe_layout(*layout), -1});
      return;
    }
    const GroupSurvey survey = survey_group(file_, path);
    objects_ += survey.datasets.size() + survey.groups.size();
    if (objects_ > kMostObjects) {
      throw DataError(fmt::format("there are more than {} objects in it", kMostObjects),
                      {.path = file_.path, .dataset = {}, .column = {}}, "name the table with --dataset PATH");
    }
    add_tables_of(survey, found);
    for (const std::string& child : survey.groups) search(child, depth + 1);
  }

  std::vector<Candidate> found;

 private:
  const hdf5::InputFile& file_;
  std::set<std::uint64_t> seen_;
  std::size_t objects_ = 0;
};

/// Empty datasets are left out where another has rows.
void drop_empty(std::vector<Candidate>& found) {
  const bool any = std::any_of(found.begin(), found.end(), [](const Candidate& candidate) { return candidate.rows != 0; });
  if (any) std::erase_if(found, [](const Candidate& candidate) { return candidate.rows == 0; });
}

Candidate only(std::vector<Candidate> found, const hdf5::InputFile& file, const std::string& where) {
  drop_empty(found);
  if (found.size() == 1) return found.front();
  const DataLocation location = {.path = file.path, .dataset = where, .column = {}};
  if (found.empty()) throw DataError("there is no table in it", location, kWhatIsRead);
  std::string list;
  constexpr std::size_t kMostListed = 20;
  for (std::size_t i = 0; i < std::min(found.size(), kMostListed); ++i) {
    list += fmt::format("{} {} ({})", i == 0 ? "" : ";", found[i].path, found[i].description);
  }
  if (found.size() > kMostListed) list += fmt::format("; and {} more", found.size() - kMostListed);
  throw DataError(fmt::format("there are {} tables in it:{}", found.size(), list), location,
                  "choose one with --dataset PATH, for example --dataset " + found.front().path);
}

Candidate choose_dataset(const hdf5::InputFile& file, const std::string& path) {
  const std::string group = hdf5::parent_path(path);
  if (const auto layout = declared_layout(file, group)) {
    // The datasets of a pandas frame mean nothing one by one.
    if (*layout == Layout::pandas_fixed || *layout == Layout::pandas_table)
      return {*layout, group, describe_layout(*layout), -1};
  }
  const DatasetSummary summary = summarize(file, path);
  switch (summary.shape) {
    case Shape::matrix:
      return {Layout::matrix, path, "2-D dataset, " + summary.description, summary.rows()};
    case Shape::record:
      return {Layout::record, path, "compound table, " + summary.description, summary.rows()};
    case Shape::vector:
      return {Layout::vectors, path, "1-D datasets", summary.rows()};
    default:
      throw DataError("it is not a table: " + summary.description, {.path = file.path, .dataset = path, .column = {}},
                      kWhatIsRead);
  }
}

std::string absolute(std::string path) {
  if (path.empty() || path.front() != '/') path.insert(path.begin(), '/');
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

const DatasetSummary* GroupSurvey::find(const std::string& name) const {
  const auto at = std::find_if(datasets.begin(), datasets.end(), [&](const DatasetSummary& one) { return one.name == name; });
  return at == datasets.end() ? nullptr : &*at;
}

bool GroupSurvey::has(Shape shape) const {
  return std::any_of(datasets.begin(), datasets.end(), [&](const DatasetSummary& one) { return one.shape == shape; });
}

GroupSurvey survey_group(const hdf5::InputFile& file, const std::string& path) {
  GroupSurvey survey;
  survey.path = path;
  const Hdf5Handle group = hdf5::open_group(file, path);
  hdf5::Listing listing = hdf5::list_group(group.get(), file.path, path);
  survey.elsewhere = std::move(listing.elsewhere);
  for (const hdf5::Member& member : listing.members) {
    const std::string member_path = hdf5::join_path(path, member.name);
    if (member.is_alias && member.kind == hdf5::ObjectKind::dataset) {
      survey.aliases.push_back(member.name);
      continue;
    }
    if (member.kind == hdf5::ObjectKind::dataset) survey.datasets.push_back(summarize(file, member_path));
    // PyTables keeps its indexes in groups whose names begin like this.
    if (member.kind == hdf5::ObjectKind::group && !member.name.starts_with("_i_")) survey.groups.push_back(member_path);
  }
  return survey;
}

bool holds_names(const DatasetSummary& dataset) {
  return dataset.text && dataset.shape == Shape::vector && (dataset.name == "columns" || dataset.name == "feature_names");
}

std::optional<std::int64_t> common_length(const GroupSurvey& survey) {
  std::map<std::int64_t, int> counts;
  for (const DatasetSummary& dataset : survey.datasets) {
    if (dataset.shape == Shape::vector && dataset.rows() > 0 && !holds_names(dataset)) ++counts[dataset.rows()];
  }
  std::optional<std::int64_t> common;
  int most = 0;
  for (const auto& [length, count] : counts) {
    if (count == most) common.reset();
    if (count > most) {
      most = count;
      common = length;
    }
  }
  return common;
}

Candidate choose_table(const hdf5::InputFile& file, const std::string& dataset) {
  Search search(file);
  const std::string path = absolute(dataset);
  if (!dataset.empty() && hdf5::find_object(file, path).kind != hdf5::ObjectKind::group) return choose_dataset(file, path);
  search.search(path);
  return only(std::move(search.found), file, dataset.empty() ? "" : path);
}

}  // namespace tessera
