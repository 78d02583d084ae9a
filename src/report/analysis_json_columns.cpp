// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/dates.hpp"
#include "report/analysis_json_parts.hpp"
#include "stats/column_letters.hpp"

namespace tessera {
namespace {

Json value_json(const ColumnAnalysis& column, double value) {
  if (column.kind != Kind::date || std::isnan(value)) return value;
  return format_iso_date(std::floor(value));
}

Json summary_of(const ColumnAnalysis& column, const NumberSummary& summary) {
  return {{"n", summary.n},
          {"weight", summary.weight},
          {"coverage", summary.coverage},
          {"mean", value_json(column, summary.mean)},
          {"sd", summary.sd},
          {"quartile_low", value_json(column, summary.quartile_low)},
          {"median", value_json(column, summary.median)},
          {"quartile_high", value_json(column, summary.quartile_high)},
          {"suppressed", summary.suppressed}};
}

Json summary_of(const CategorySummary& summary, bool compared) {
  Json json = {{"n", summary.n}, {"weight", summary.weight}, {"coverage", summary.coverage}, {"levels", Json::array()}};
  for (const LevelShare& level : summary.levels) {
    Json own = {
        {"n", level.suppressed ? Json(nullptr) : Json(level.n)}, {"share", level.share}, {"suppressed", level.suppressed}};
    if (compared) {
      own["lift"] = level.lift;
      own["z"] = level.z;
      own["effect"] = effect_json(level.effect);
    }
    json["levels"].push_back(std::move(own));
  }
  return json;
}

Json cell_json(const CrosstabCell& cell) {
  return {{"n", cell.suppressed ? Json(nullptr) : Json(cell.n)},
          {"weight", cell.weight},
          {"row_share", cell.row_share},
          {"column_share", cell.column_share},
          {"total_share", cell.total_share},
          {"residual", cell.residual},
          {"letters", cell.letters},
          {"kpi_values", cell.kpi_values},
          {"suppressed", cell.suppressed}};
}

Json cells_json(const std::vector<CrosstabCell>& cells) {
  Json json = Json::array();
  for (const CrosstabCell& cell : cells) json.push_back(cell_json(cell));
  return json;
}

}  // namespace

Json columns_json(const std::vector<ColumnAnalysis>& columns) {
  Json json = Json::array();
  for (const ColumnAnalysis& column : columns) {
    Json own;
    own["column"] = column.column;
    own["kind"] = to_string(column.kind);
    own["role"] = to_string(column.role);
    own["used_in_fit"] = column.used_in_fit;
    own["is_category"] = column.is_category;
    if (column.is_category) own["levels"] = column.levels;
    own["overall"] = column.is_category ? summary_of(column.category_overall, false) : summary_of(column, column.overall);
    own["segments"] = Json::array();
    for (const CategorySummary& segment : column.category_segments) own["segments"].push_back(summary_of(segment, true));
    for (const NumberSummary& segment : column.segments) {
      Json summary = summary_of(column, segment);
      summary["z"] = segment.z;
      summary["effect"] = effect_json(segment.effect);
      summary["test"] = test_json(segment.test);
      own["segments"].push_back(std::move(summary));
    }
    own["test"] = test_json(column.test);
    own["effect"] = effect_json(column.effect);
    json.push_back(std::move(own));
  }
  return json;
}

Json crosstabs_json(const std::vector<Crosstab>& tables) {
  Json json = Json::array();
  for (const Crosstab& table : tables) {
    Json own;
    own["row_column"] = table.row_column;
    own["column_column"] = table.column_column;
    own["used_in_fit"] = table.used_in_fit;
    own["rows"] = table.rows;
    own["columns"] = table.columns;
    own["letters"] = Json::array();
    for (std::size_t j = 0; j < table.columns.size(); ++j) {
      own["letters"].push_back(stats::column_letter(static_cast<std::int64_t>(j)));
    }
    own["cells"] = Json::array();
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      Json row = Json::array();
      for (std::size_t j = 0; j < table.columns.size(); ++j)
        row.push_back(cell_json(table.cells[i * table.columns.size() + j]));
      own["cells"].push_back(std::move(row));
    }
    own["row_totals"] = cells_json(table.row_totals);
    own["column_totals"] = cells_json(table.column_totals);
    own["total"] = cell_json(table.total);
    own["kpis"] = table.kpis;
    own["chi_squared"] = test_json(table.chi_squared);
    own["g"] = test_json(table.g);
    own["monte_carlo"] = test_json(table.monte_carlo);
    own["cramers_v"] = effect_json(table.cramers_v);
    own["cramers_v_corrected"] = table.cramers_v_corrected;
    own["missing"] = table.missing;
    own["suppressed_cells"] = table.suppressed_cells;
    own["file"] = table.file;
    json.push_back(std::move(own));
  }
  return json;
}

}  // namespace tessera
