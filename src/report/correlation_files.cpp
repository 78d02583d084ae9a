// SPDX-License-Identifier: Apache-2.0
#include "report/correlation_files.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "report/analysis_json_parts.hpp"
#include "report/csv_row.hpp"
#include "report/staged_file.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// A matrix of a group, its name in every file, and what it is.
struct MatrixField {
  const char* name;
  Matrix<double> CorrelationGroup::*matrix;
  const char* label;
};
constexpr MatrixField kFields[] = {
    {"r", &CorrelationGroup::r, "correlation"},
    {"n", &CorrelationGroup::n, "rows with both values"},
    {"effective_n", &CorrelationGroup::effective_n, "Kish's effective number of rows with both values"},
    {"low", &CorrelationGroup::low, "lower end of the 95 % interval"},
    {"high", &CorrelationGroup::high, "upper end of the 95 % interval"},
    {"p", &CorrelationGroup::p, "two-sided p, not adjusted; NaN: circular or undefined"},
    {"p_adjusted", &CorrelationGroup::p_adjusted, "p, Benjamini-Hochberg over the pairs of the group"},
    {"partial", &CorrelationGroup::partial, "partial correlation, all other columns held constant"},
    {"partial_p", &CorrelationGroup::partial_p, "two-sided p of the partial correlation, not adjusted"},
    {"repaired", &CorrelationGroup::repaired, "nearest positive semidefinite matrix"},
};

std::string group_name(const CorrelationGroup& group) {
  return group.segment < 0 ? "all" : fmt::format("segment_{}", group.segment);
}

const char* method_label(CorrelationMethod method) {
  switch (method) {
    case CorrelationMethod::pearson:
      return "Pearson's correlation";
    case CorrelationMethod::spearman:
      return "Spearman's rank correlation";
    case CorrelationMethod::kendall:
      return "Kendall's tau-b";
    case CorrelationMethod::mixed:
      return "Pearson's correlation; correlation ratio with one category, Cramer's V of two";
  }
  return "";
}

/// What a number of two columns measures.
const char* measure_of(const CorrelationTable& table, const CorrelationVariable& x, const CorrelationVariable& y) {
  if (x.nominal && y.nominal) return "cramers_v";
  if (x.nominal || y.nominal) return "correlation_ratio";
  if (table.method == CorrelationMethod::spearman) return "spearman";
  return table.method == CorrelationMethod::kendall ? "kendall" : "pearson";
}

void write_hdf5(const std::filesystem::path& output, bool force, const CorrelationTable& table) {
  hdf5::FileWriter file(output, {.overwrite = force});
  write_correlation_groups(file, table.method, table.variables, table.groups);
  file.set_attribute("/", "missing", table.listwise ? "listwise" : "pairwise");
  file.set_attribute("/", "rows", table.rows);
  file.set_attribute("/", "rows_used", table.rows_used);
  if (table.method == CorrelationMethod::spearman) {
    file.set_attribute("/", "ranks", table.exact_ranks ? "exact" : "sketch");
    file.set_attribute("/", "rank_error", table.rank_error);
  }
  if (table.method == CorrelationMethod::kendall) file.set_attribute("/", "sample_rows", table.sample_rows);
  file.commit();
}

}  // namespace

void write_correlation_groups(hdf5::FileWriter& file, CorrelationMethod method, std::span<const CorrelationVariable> variables,
                              std::span<const CorrelationGroup> groups) {
  std::vector<std::string> names;
  std::vector<std::uint8_t> used, nominal;
  for (const CorrelationVariable& variable : variables) {
    names.push_back(variable.name);
    used.push_back(variable.used_in_fit ? 1 : 0);
    nominal.push_back(variable.nominal ? 1 : 0);
  }
  file.set_attribute("/", "format", "tessera-correlations");
  file.set_attribute("/", "format_version", fmt::format("{}.{}", kCorrelationsFormatMajor, kCorrelationsFormatMinor));
  file.set_attribute("/", "method", to_string(method));
  file.write_text("columns", names);
  file.write("used_in_fit", used);
  file.write("nominal", nominal);
  for (const CorrelationGroup& group : groups) {
    const std::string folder = group_name(group);
    file.create_group(folder);
    file.set_attribute("/" + folder, "name", group.name);
    file.set_attribute("/" + folder, "rows", group.rows);
    file.set_attribute("/" + folder, "weight", group.weight);
    if (group.repaired.rows() > 0) {
      file.set_attribute("/" + folder, "repair_largest", group.repair_largest);
      file.set_attribute("/" + folder, "repair_distance", group.repair_distance);
    }
    for (const MatrixField& field : kFields) {
      const Matrix<double>& matrix = group.*field.matrix;
      if (matrix.rows() == 0) continue;
      const std::string name = folder + "/" + field.name;
      file.write(name, matrix.view());
      const bool is_r = field.matrix == &CorrelationGroup::r;
      file.set_attribute("/" + name, "label", is_r ? method_label(method) : field.label);
      file.set_attribute("/" + name, "method", to_string(method));
      file.set_attribute("/" + name, "columns", names);
    }
  }
}

Json correlation_groups_json(std::span<const CorrelationGroup> groups, std::int64_t most) {
  Json json = Json::array();
  for (const CorrelationGroup& group : groups) {
    Json own;
    own["segment"] = group.segment < 0 ? Json(nullptr) : Json(group.segment);
    if (!group.name.empty()) own["name"] = group.name;
    own["rows"] = group.rows;
    own["weight"] = group.weight;
    if (group.repaired.rows() > 0)
      own["repair"] = {{"largest_change", group.repair_largest}, {"distance", group.repair_distance}};
    for (const MatrixField& field : kFields) {
      const Matrix<double>& matrix = group.*field.matrix;
      if (matrix.rows() > 0) own[field.name] = matrix_json(matrix, most);
    }
    json.push_back(std::move(own));
  }
  return json;
}

std::filesystem::path correlations_csv_path(const std::filesystem::path& output) {
  return std::filesystem::path(output).replace_extension(".csv");
}
std::filesystem::path correlations_json_path(const std::filesystem::path& output) {
  return std::filesystem::path(output).replace_extension(".json");
}

std::string correlations_csv(const CorrelationTable& table) {
  CsvRows rows("segment,name,x,y,measure,r,n,effective_n,low,high,p,p_adjusted,partial,partial_p,repaired");
  for (const CorrelationGroup& group : table.groups) {
    const PlainCell segment{group.segment < 0 ? "all" : std::to_string(group.segment)};
    for (std::int64_t i = 0; i < group.r.rows(); ++i) {
      const CorrelationVariable& x = table.variables[static_cast<std::size_t>(i)];
      for (std::int64_t j = i + 1; j < group.r.rows(); ++j) {
        const CorrelationVariable& y = table.variables[static_cast<std::size_t>(j)];
        const auto at = [&](const Matrix<double>& matrix) { return matrix.rows() > 0 ? matrix(i, j) : std::nan(""); };
        rows.row(segment, group.name, x.name, y.name, measure_of(table, x, y), group.r(i, j), group.n(i, j),
                 at(group.effective_n), at(group.low), at(group.high), at(group.p), at(group.p_adjusted), at(group.partial),
                 at(group.partial_p), at(group.repaired));
      }
    }
  }
  return rows.take();
}

std::string correlations_json(const CorrelationTable& table, const Json& provenance) {
  Json json;
  json["format"] = "tessera-correlations";
  json["format_version"] = fmt::format("{}.{}", kCorrelationsFormatMajor, kCorrelationsFormatMinor);
  json["method"] = to_string(table.method);
  json["missing"] = table.listwise ? "listwise" : "pairwise";
  json["weighted"] = table.weighted;
  json["by"] = table.by.empty() ? Json(nullptr) : Json(table.by);
  json["rows"] = table.rows;
  json["rows_used"] = table.rows_used;
  if (table.method == CorrelationMethod::spearman) {
    json["ranks"] = table.exact_ranks ? "exact" : "sketch";
    json["rank_error"] = table.rank_error;
  }
  if (table.method == CorrelationMethod::kendall) json["sample_rows"] = table.sample_rows;
  json["columns"] = Json::array();
  for (const CorrelationVariable& variable : table.variables) {
    json["columns"].push_back({{"name", variable.name},
                               {"kind", variable.nominal ? "category" : "number"},
                               {"missing", variable.missing},
                               {"used_in_fit", variable.used_in_fit}});
  }
  json["left_out"] = Json::array();
  for (const auto& [name, reason] : table.left_out) json["left_out"].push_back({{"column", name}, {"reason", reason}});
  json["groups"] = correlation_groups_json(table.groups, std::ssize(table.variables));
  json["notes"] = table.notes;
  json["provenance"] = provenance;
  return to_text(json);
}

void write_correlation_files(const std::filesystem::path& output, bool force, const CorrelationTable& table,
                             const std::string& json) {
  StagedFile csv(correlations_csv_path(output), force), own_json(correlations_json_path(output), force);
  write_file(csv.path(), correlations_csv(table));
  write_file(own_json.path(), json);
  write_hdf5(output, force, table);
  csv.commit();
  own_json.commit();
}

}  // namespace tessera
