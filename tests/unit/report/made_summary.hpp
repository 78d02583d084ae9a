// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace tessera::testing {

/// How large a made summary is, and how its columns, levels and segments are called.
struct MadeSummary {
  int segments = 3;
  int columns = 4;  ///< every third one is a category
  int levels = 3;
  int kpis = 2;
  int drivers = 3;
  std::function<std::string(std::string)> name = [](std::string plain) { return plain; };
};

namespace made {

using nlohmann::json;

inline json effect(double value, const char* measure = "Cohen's d") {
  return {{"measure", measure}, {"value", value}, {"interval", {value - 0.1, value + 0.1}}, {"notable", value > 0.3}};
}

inline json test() {
  return {{"name", "Welch's t test"}, {"statistic", 4.25},       {"df1", 187.5},      {"df2", nullptr}, {"p", 0.0001},
          {"p_adjusted", 0.0012},     {"family", "all columns"}, {"p_text", "0.0012"}};
}

/// A number that differs from place to place, the same in every run.
inline double value_at(int a, int b) { return ((a * 37 + b * 101) % 200 - 100) / 50.0; }

inline json column(const MadeSummary& made, int c) {
  const bool category = c % 3 == 2;
  json entry = {{"column", made.name(fmt::format("column {}", c))},
                {"kind", category ? "nominal" : "continuous"},
                {"role", "feature"},
                {"used_in_fit", true},
                {"is_category", category},
                {"segments", json::array()},
                {"test", nullptr},
                {"effect", effect(0.2, "eta squared")}};
  const auto group = [&](int s) {
    if (!category) {
      return json{{"n", 100},
                  {"weight", 100.0},
                  {"coverage", 1.0},
                  {"mean", 50.0 + value_at(c, s)},
                  {"sd", 2.0},
                  {"median", 50.0},
                  {"quartile_low", 48.0},
                  {"quartile_high", 52.0},
                  {"z", value_at(c, s)},
                  {"effect", effect(value_at(c, s))},
                  {"test", nullptr},
                  {"suppressed", false}};
    }
    json levels = json::array();
    for (int l = 0; l < made.levels; ++l) {
      levels.push_back({{"n", 30},
                        {"share", 1.0 / made.levels},
                        {"lift", 1.0},
                        {"z", value_at(l, s)},
                        {"effect", effect(value_at(c + l, s), "Cohen's h")},
                        {"suppressed", false}});
    }
    return json{{"n", 100}, {"weight", 100.0}, {"coverage", 1.0}, {"levels", levels}};
  };
  entry["overall"] = group(0);
  if (category) {
    entry["levels"] = json::array();
    for (int l = 0; l < made.levels; ++l) entry["levels"].push_back(made.name(fmt::format("level {}", l)));
  }
  for (int s = 0; s < made.segments; ++s) entry["segments"].push_back(group(s));
  return entry;
}

inline json kpi(const MadeSummary& made, int i) {
  json entry = {{"name", made.name(fmt::format("kpi {}", i))},
                {"column", made.name(fmt::format("column {}", i))},
                {"type", "rate"},
                {"level", "yes"},
                {"formula", "share of " + made.name("kpi") + " = yes"},
                {"reason", "asked for"},
                {"used_in_fit", false},
                {"unit", "share"},
                {"segments", json::array()},
                {"test", test()},
                {"effect", effect(0.2, "Cramer's V")},
                {"pairs", json::array()},
                {"league", json::array()},
                {"trends", json::array()},
                {"survival", json::array()},
                {"lorenz", {0.1, 0.3, 0.6, 1.0}}};
  const auto value = [&](int s) {
    const double rate = 0.25 + value_at(i, s) / 20.0;
    return json{{"segment", s < 0 ? json(nullptr) : json(s)},
                {"n", 100},
                {"coverage", 1.0},
                {"value", rate},
                {"interval", {rate - 0.05, rate + 0.05}},
                {"total", 25.0},
                {"share_of_total", 0.4},
                {"share_of_customers", 0.3},
                {"disproportion", 1.33},
                {"index", 120.0},
                {"effect", effect(0.4, "Cohen's h")},
                {"test", test()},
                {"rank", s + 1},
                {"median", nullptr},
                {"gini", 0.4},
                {"top_fifth_share", 0.5},
                {"promoters", nullptr},
                {"detractors", nullptr},
                {"suppressed", false}};
  };
  entry["overall"] = value(-1);
  for (int s = 0; s < made.segments; ++s) {
    entry["segments"].push_back(value(s));
    entry["league"].push_back(s);
    for (int other = s + 1; other < made.segments; ++other) {
      entry["pairs"].push_back({{"segment", s},
                                {"other", other},
                                {"difference", 0.05},
                                {"interval", {0.01, 0.09}},
                                {"effect", effect(0.3)},
                                {"test", test()}});
    }
    entry["survival"].push_back({{"segment", s}, {"points", {{0.0, 1.0}, {3.0, 0.8}, {9.0, 0.5}}}});
    entry["trends"].push_back({{"segment", s},
                               {"values", {0.2, 0.25}},
                               {"n", {50, 50}},
                               {"slope", 0.05},
                               {"interval", {0.0, 0.1}},
                               {"test", test()}});
  }
  return entry;
}

/// Two periods; the share of the first level rises in the first segment.
inline json period_crosstab(const MadeSummary& made, int c) {
  json entry = {{"row_column", made.name(fmt::format("column {}", c))},
                {"column_column", "segment"},
                {"kpis", json::array()},
                {"rows", json::array()},
                {"columns", json::array()},
                {"periods", json::array()},
                {"trends", json::array()},
                {"missing", 0},
                {"file", "crosstabs/01_by_period.csv"}};
  for (int l = 0; l < made.levels; ++l) entry["rows"].push_back(made.name(fmt::format("level {}", l)));
  for (int s = 0; s < made.segments; ++s) entry["columns"].push_back(made.name(fmt::format("segment {}", s)));
  for (int p = 0; p < 2; ++p) {
    json shares = json::array();
    for (int l = 0; l <= made.levels; ++l)
      shares.push_back(json(std::vector<double>(static_cast<std::size_t>(made.segments) + 1, 0.25 + 0.13 * p)));
    entry["periods"].push_back({{"period", made.name(fmt::format("period {}", p))}, {"column_share", shares}});
  }
  entry["trends"].push_back({{"row", 0}, {"column", 0}, {"slope", 0.13}, {"interval", {0.1, 0.15}}, {"test", test()}});
  return entry;
}

inline json crosstab(const MadeSummary& made, int c) {
  json entry = {{"row_column", made.name(fmt::format("column {}", c))},
                {"column_column", "segment"},
                {"used_in_fit", true},
                {"rows", json::array()},
                {"columns", json::array()},
                {"letters", json::array()},
                {"cells", json::array()},
                {"row_totals", json::array()},
                {"column_totals", json::array()},
                {"kpis", json::array()},
                {"chi_squared", nullptr},
                {"g", nullptr},
                {"monte_carlo", nullptr},
                {"cramers_v", effect(0.3, "Cramer's V")},
                {"cramers_v_corrected", 0.28},
                {"missing", 3},
                {"suppressed_cells", 1},
                {"file", "crosstabs/01.csv"}};
  const json cell = {{"n", 30},
                     {"weight", 30.0},
                     {"row_share", 0.3},
                     {"column_share", 0.25},
                     {"total_share", 0.1},
                     {"residual", 2.5},
                     {"letters", "B"},
                     {"kpi_values", json::array()},
                     {"suppressed", false}};
  for (int s = 0; s < made.segments; ++s) {
    entry["columns"].push_back(std::to_string(s));
    entry["letters"].push_back(std::string(1, static_cast<char>('A' + s % 26)));
  }
  for (int l = 0; l < made.levels; ++l) {
    entry["rows"].push_back(made.name(fmt::format("level {}", l)));
    entry["cells"].push_back(json(static_cast<std::size_t>(made.segments), cell));
    entry["row_totals"].push_back(cell);
  }
  return entry;
}

inline json drivers(const MadeSummary& made) {
  json entry = {{"outcome", made.name("outcome")},
                {"method", "Shapley values of R squared (LMG), exact"},
                {"used_in_fit", false},
                {"columns", json::array()},
                {"groups", json::array()},
                {"differences", json::array()}};
  for (int d = 0; d < made.drivers; ++d) entry["columns"].push_back(made.name(fmt::format("column {}", d)));
  for (int s = -1; s < made.segments; ++s) {
    json group = {{"segment", s < 0 ? json(nullptr) : json(s)},
                  {"n", 90},
                  {"r_squared", 0.4},
                  {"outcome_mean", 7.0},
                  {"gap", -0.5},
                  {"gap_unexplained", -0.1},
                  {"problem", nullptr},
                  {"drivers", json::array()}};
    for (int d = 0; d < made.drivers; ++d) {
      group["drivers"].push_back({{"column", made.name(fmt::format("column {}", d))},
                                  {"rank", d + 1},
                                  {"correlation", 0.4},
                                  {"correlation_interval", {0.3, 0.5}},
                                  {"coefficient", 0.3},
                                  {"share", 1.0 / made.drivers},
                                  {"share_interval", {0.2, 0.4}},
                                  {"importance", 0.1},
                                  {"mean", 5.0},
                                  {"z", value_at(d, s + 1)},
                                  {"quadrant", "keep up"},
                                  {"gap", -0.1},
                                  {"difference", test()}});
    }
    entry["groups"].push_back(group);
  }
  if (made.segments > 1) {
    entry["differences"].push_back({{"column", made.name("column 0")},
                                    {"segment", 0},
                                    {"other", 1},
                                    {"correlation", 0.6},
                                    {"other_correlation", 0.1},
                                    {"test", test()}});
  }
  return entry;
}

inline json correlations(const MadeSummary& made) {
  json entry = {{"columns", json::array()}, {"used_in_fit", json::array()}, {"groups", json::array()}};
  const auto size = static_cast<std::size_t>(std::min(40, made.columns));
  for (std::size_t c = 0; c < size; ++c) entry["columns"].push_back(made.name(fmt::format("column {}", c)));
  for (int s = -1; s < made.segments; ++s) {
    entry["groups"].push_back({{"segment", s < 0 ? json(nullptr) : json(s)},
                               {"r", json(size, json(size, 0.123456789))},
                               {"n", json::array()},
                               {"p", json::array()}});
  }
  return entry;
}

inline json doubt(const MadeSummary& made) {
  json entry = {{"boundary", 12},
                {"outliers", 2},
                {"pairs", json::array()},
                {"bimodality", json::array()},
                {"comparisons", json::array()}};
  entry["keep"] = {{"sample_rows", 2000}, {"refits", 20},
                   {"mean", 0.912},       {"segments", json(static_cast<std::size_t>(made.segments), 0.8765)},
                   {"boundary", 0.61},    {"elsewhere", 0.97},
                   {"below_least", 0.08}, {"least", 0.8}};
  for (int s = 0; s + 1 < made.segments; ++s) {
    entry["pairs"].push_back({{"segment", s},
                              {"other", s + 1},
                              {"rows", 6},
                              {"share", 0.03},
                              {"distance", 2.5},
                              {"overlap", 0.2},
                              {"dip_p", 0.4},
                              {"advice", "one group cut in two: consider merging"}});
  }
  entry["bimodality"].push_back({{"column", made.name("column 0")},
                                 {"segment", 0},
                                 {"method", "Hartigan's dip"},
                                 {"statistic", 0.08},
                                 {"p", 0.001},
                                 {"p_adjusted", 0.01},
                                 {"n", 100},
                                 {"low_mode", 2.0},
                                 {"high_mode", 9.0},
                                 {"low_share", 0.5},
                                 {"bimodal", true},
                                 {"words", made.name("column 0") + " has two humps"}});
  return entry;
}

}  // namespace made

/// A summary.json as docs/formats.md describes it, with numbers that mean nothing.
inline nlohmann::json made_summary(const MadeSummary& made = {}) {
  using nlohmann::json;
  json summary = {
      {"format", "tessera-summary"},
      {"format_version", "1.0"},
      {"k", made.segments},
      {"verdict", "The data support " + made.name("them") + "."},
      {"rows", 1000},
      {"rows_rejected", 2},
      {"rows_incomplete", 5},
      {"input", {{"file_name", made.name("table.csv")}, {"layout", "CSV"}, {"dataset", ""}, {"columns", made.columns}}},
      {"assignment", {{"boundary", 120}, {"boundary_margin", 0.1}, {"outliers", 3}, {"outlier_quantile", 0.999}}},
      {"device", "cpu"},
      {"timings_ms", {{"read", 12.5}}},
      {"notes", {{{"level", "warning"}, {"code", "column"}, {"message", made.name("note")}}}}};
  summary["k_selection"] = {{"automatic", true},   {"chosen", made.segments},
                            {"verdict", "chosen"}, {"best_in_business_window", 4},
                            {"sample_rows", 1000}, {"criteria", json::array()}};
  for (int k = 1; k <= 5; ++k) {
    summary["k_selection"]["criteria"].push_back({{"k", k},
                                                  {"gain", 1.5 * k},
                                                  {"gain_threshold", 4.5},
                                                  {"stability", 0.9},
                                                  {"adjusted_silhouette", 0.2},
                                                  {"smallest_share", 0.1},
                                                  {"admissible", k < 4},
                                                  {"reason", made.name("no")}});
  }
  summary["preparation"] = {{"decisions", {made.name("income") + ": log1p taken"}},
                            {"sources", json::array()},
                            {"other_columns", {{{"name", made.name("id")}, {"role", "id"}, {"reason", "unique"}}}}};
  json& analysis = summary["analysis"];
  analysis = {{"by", nullptr},
              {"rows", 998},
              {"min_cell", 10},
              {"periods", {made.name("2024"), "2025"}},
              {"segments", json::array()},
              {"columns", json::array()},
              {"kpis", json::array()},
              {"crosstabs", json::array()},
              {"share_trends", json::array()},
              {"drivers", {made::drivers(made)}},
              {"correlations", made::correlations(made)},
              {"doubt", made::doubt(made)},
              {"findings", {made.name("finding")}},
              {"notes", {made.name("note")}}};
  summary["segments"] = json::array();
  for (int s = 0; s < made.segments; ++s) {
    const std::string name = made.name(fmt::format("segment {}", s));
    const json trait = {{"column", made.name("column 0")},
                        {"level", nullptr},
                        {"value", 60.0},
                        {"overall", 50.0},
                        {"effect", made::effect(0.9)},
                        {"words", made.name("column 0") + ": 60 against 50 overall"}};
    analysis["segments"].push_back({{"segment", s},
                                    {"label", nullptr},
                                    {"default_name", name},
                                    {"name", name},
                                    {"rows", 100},
                                    {"weight", 100.0},
                                    {"share", 1.0 / made.segments},
                                    {"suppressed", false},
                                    {"traits", {trait}}});
    summary["segments"].push_back({{"segment", s},
                                   {"name", name},
                                   {"size", 100},
                                   {"share", 1.0 / made.segments},
                                   {"boundary", 12},
                                   {"boundary_share", 0.12},
                                   {"centroid", json::object()},
                                   {"distinguished_by", json::array()}});
    analysis["share_trends"].push_back({{"column", "segment"},
                                        {"level", std::to_string(s)},
                                        {"segment", s},
                                        {"shares", {0.3, 0.4}},
                                        {"n", {500, 500}},
                                        {"slope", 0.1},
                                        {"interval", {0.0, 0.2}},
                                        {"test", made::test()}});
  }
  for (int c = 0; c < made.columns; ++c) {
    analysis["columns"].push_back(made::column(made, c));
    summary["preparation"]["sources"].push_back({{"name", made.name(fmt::format("column {}", c))},
                                                 {"kind", "continuous"},
                                                 {"missing", c},
                                                 {"transform", "none"},
                                                 {"fill", 1.5}});
    if (c % 3 == 2) analysis["crosstabs"].push_back(made::crosstab(made, c));
    if (c % 3 == 2) analysis["period_crosstabs"].push_back(made::period_crosstab(made, c));
  }
  for (int i = 0; i < made.kpis; ++i) analysis["kpis"].push_back(made::kpi(made, i));
  summary["customer_map"] = {
      {"sample_rows", 900},
      {"inside_share", 0.99},
      {"axes", {{{"columns", {{{"column", made.name("column 0")}, {"weight", 0.9}}}}}, {{"columns", json::array()}}}},
      {"range", {{"x", {-2.0, 2.0}}, {"y", {-1.5, 1.5}}}},
      {"cell", {{"width", 0.1}, {"height", 0.1}}},
      {"cells", {{"column", {10, 11}}, {"row", {7, 7}}, {"density", {1.0, 0.5}}, {"segment", {0, 0}}}},
      {"centers", {{{"segment", 0}, {"x", 0.5}, {"y", 0.25}}}}};
  summary["provenance"] = {
      {"created", "2026-01-02T03:04:05Z"},
      {"command", "segment"},
      {"seed", 7},
      {"input", {{"file_name", made.name("table.csv")}, {"fingerprint", {{"method", "sha256"}, {"value", "abc123"}}}}},
      {"options", {{"kpi", {made.name("kpi 0")}}, {"segments", "auto"}}},
      {"versions", {{"tessera", "0.1.0"}}}};
  return summary;
}

}  // namespace tessera::testing
