// SPDX-License-Identifier: Apache-2.0
#include "report/customer_map_json.hpp"

namespace tessera {

Json customer_map_json(const CustomerMap& map) {
  if (map.centers.empty()) return nullptr;
  Json json;
  json["sample_rows"] = map.sample_rows;
  json["inside_share"] = map.inside_share;
  json["axes"] = Json::array();
  for (const CustomerMap::Axis& axis : map.axes) {
    Json columns = Json::array();
    for (const CustomerMap::AxisColumn& column : axis.columns) {
      columns.push_back({{"column", column.column}, {"weight", column.weight}});
    }
    json["axes"].push_back({{"columns", std::move(columns)}});
  }
  json["range"] = {{"x", {map.axes[0].low, map.axes[0].high}}, {"y", {map.axes[1].low, map.axes[1].high}}};
  json["cell"] = {{"width", map.cell_width}, {"height", map.cell_height}};
  Json column = Json::array(), row = Json::array(), density = Json::array(), segment = Json::array();
  for (const CustomerMap::Cell& cell : map.cells) {
    column.push_back(cell.column);
    row.push_back(cell.row);
    density.push_back(cell.density);
    segment.push_back(cell.segment);
  }
  json["cells"] = {
      {"column", std::move(column)}, {"row", std::move(row)}, {"density", std::move(density)}, {"segment", std::move(segment)}};
  json["centers"] = Json::array();
  for (const CustomerMap::Center& center : map.centers) {
    json["centers"].push_back({{"segment", center.segment}, {"x", center.x}, {"y", center.y}});
  }
  return json;
}

}  // namespace tessera
