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

/// One number of every cell, rows and columns with their totals last.
template <typename Value>
Json totalled_json(const CrosstabCells& table, Value value) {
  const std::size_t columns = table.column_totals.size();
  Json json = Json::array();
  for (std::size_t i = 0; i <= table.row_totals.size(); ++i) {
    const bool totals = i == table.row_totals.size();
    Json row = Json::array();
    for (std::size_t j = 0; j < columns; ++j)
      row.push_back(value(totals ? table.column_totals[j] : table.cells[i * columns + j]));
    row.push_back(value(totals ? table.total : table.row_totals[i]));
    json.push_back(std::move(row));
  }
  return json;
}

Json period_json(const std::string& period, const PeriodCrosstab& table, const CrosstabCells& cells) {
  Json json;
  json["period"] = period;
  json["n"] = totalled_json(cells, [](const CrosstabCell& cell) { return cell.suppressed ? Json(nullptr) : Json(cell.n); });
  json["weight"] = totalled_json(cells, [](const CrosstabCell& cell) { return cell.weight; });
  json["row_share"] = totalled_json(cells, [](const CrosstabCell& cell) { return cell.row_share; });
  json["column_share"] = totalled_json(cells, [](const CrosstabCell& cell) { return cell.column_share; });
  json["total_share"] = totalled_json(cells, [](const CrosstabCell& cell) { return cell.total_share; });
  json["kpi_values"] = Json::array();
  for (std::size_t k = 0; k < table.kpis.size(); ++k) {
    json["kpi_values"].push_back(totalled_json(cells, [&](const CrosstabCell& cell) { return cell.kpi_values[k]; }));
  }
  json["suppressed_cells"] = cells.suppressed_cells;
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
    if (!column.is_category) {
      own["rank_test"] = test_json(column.rank_test);
      own["rank_effect"] = effect_json(column.rank_effect);
    }
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

Json period_crosstabs_json(const Analysis& analysis) {
  Json json = Json::array();
  for (const PeriodCrosstab& table : analysis.period_crosstabs) {
    Json own;
    own["row_column"] = table.row_column;
    own["column_column"] = table.column_column;
    own["rows"] = table.rows;
    own["columns"] = table.columns;
    own["kpis"] = table.kpis;
    own["periods"] = Json::array();
    for (std::size_t p = 0; p < table.periods.size(); ++p) {
      own["periods"].push_back(period_json(analysis.periods[p], table, table.periods[p]));
    }
    own["trends"] = Json::array();
    for (const CrosstabTrend& trend : table.trends) {
      own["trends"].push_back({{"row", trend.row},
                               {"column", trend.column < 0 ? Json(nullptr) : Json(trend.column)},
                               {"slope", trend.slope},
                               {"interval", interval_json(trend.interval)},
                               {"test", test_json(trend.test)}});
    }
    own["missing"] = table.missing;
    own["file"] = table.file;
    json.push_back(std::move(own));
  }
  return json;
}

}  // namespace tessera
