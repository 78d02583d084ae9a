// SPDX-License-Identifier: Apache-2.0
#include "report/provenance.hpp"

namespace tessera {

Json provenance_json(const Manifest& manifest, const TableInfo& table, std::uint64_t seed) {
  Json json;
  json["created"] = manifest.created.empty() ? creation_time() : manifest.created;
  json["command"] = manifest.command;
  json["seed"] = seed;
  json["input"] = {{"file_name", manifest.input.file_name},
                   {"size_bytes", manifest.input.size_bytes},
                   {"fingerprint", {{"method", manifest.input.fingerprint_method}, {"value", manifest.input.fingerprint}}},
                   {"layout", table.layout},
                   {"dataset", table.dataset},
                   {"rows", table.rows},
                   {"columns", table.columns.size()}};
  json["options"] = Json::object();
  for (const auto& [name, value] : manifest.options) {
    std::visit([&, &key = name](const auto& held) { json["options"][key] = held; }, value);
  }
  json["versions"] = Json::object();
  for (const auto& [name, version] : manifest.versions) json["versions"][name] = version;
  return json;
}

}  // namespace tessera
