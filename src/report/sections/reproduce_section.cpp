// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Code;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr std::size_t kMostRows = 60;

std::string scalar_words(const Input& value) {
  if (value.is_string()) return text(value);
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number()) return text::number(number(value), 15);
  if (!value.is_array()) return {};
  std::string words;
  for (const Input& each : value) {
    if (words.size() > 400) return words + ", …";
    words += (words.empty() ? "" : ", ") + scalar_words(each);
  }
  return words;
}

void add_rows(Table& table, const Input& object) {
  if (!object.is_object()) return;
  for (const auto& [key, value] : object.items()) {
    const std::string words = scalar_words(value);
    if (words.empty() || table.rows.size() == kMostRows) continue;
    table.rows.push_back({text_cell({document::name(key)}), text_cell({document::sentence(words)})});
  }
}

Table facts(const Input& summary, const Input& provenance) {
  Table table;
  table.caption = say("What this run was made with");
  table.columns = {{say("What"), false}, {say("Which"), false}};
  const auto add = [&](const char* what, const std::string& which) {
    if (!which.empty()) table.rows.push_back({text_cell({what}), text_cell({document::sentence(which)})});
  };
  const Input& input = member(provenance, "input");
  add("Input", text(input, "file_name").empty() ? text(member(summary, "input"), "file_name") : text(input, "file_name"));
  const Input& fingerprint = member(input, "fingerprint");
  add("Fingerprint of the input", text(fingerprint, "value").empty() ? "" : text(fingerprint, "method") + " " + text(fingerprint, "value"));
  add("Seed", scalar_words(member(provenance, "seed")));
  add("Made", text(provenance, "created"));
  const Input& versions = member(provenance, "versions");
  if (versions.is_object()) {
    std::string words;
    for (const auto& [what, version] : versions.items()) words += (words.empty() ? "" : ", ") + what + " " + scalar_words(version);
    add("Versions", words);
  }
  add("Device", text(summary, "device"));
  const Input& timings = member(summary, "timings_ms");
  if (timings.is_object()) {
    double total = 0.0;
    for (const auto& [stage, value] : timings.items()) total += std::isnan(number(value)) ? 0.0 : number(value);
    add("Time", text::duration(total));
  }
  return table;
}

}  // namespace

Section reproduce_section(const Subject& subject) {
  Section section("reproduce", "How to repeat this");
  const Input& provenance = member(subject.summary(), "provenance");
  section.say(say("The same table, options and seed give the same segments, bit for bit, on any machine and with any number of threads."));
  const std::string line = text(provenance, "command_line");
  if (!line.empty()) section.add(Code{line});
  section.add(facts(subject.summary(), provenance));
  Table options;
  options.caption = say("Options as they were resolved");
  options.collapsed = true;
  options.columns = {{say("Option"), false}, {say("Value"), false}};
  add_rows(options, member(provenance, "options"));
  if (!options.rows.empty()) section.add(std::move(options));
  section.hint(say("{} has all of this for programs; {} every number of this report in full precision.",
                   {document::code("manifest.json"), document::code("summary.json")}));
  return section;
}

}  // namespace tessera::sections
