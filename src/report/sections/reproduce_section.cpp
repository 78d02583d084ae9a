// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/dates.hpp"
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
constexpr std::size_t kLongestLine = 4'000;

std::string scalar_words(const Input& value, const char* separator = ", ") {
  if (value.is_string()) return text(value);
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_integer()) return value.dump();
  if (value.is_number()) return fmt::format("{}", number(value));
  if (!value.is_array()) return {};
  std::string words;
  for (const Input& each : value) {
    words += (words.empty() ? "" : separator) + scalar_words(each);
  }
  return words;
}

/// A word as a shell takes it literally.
std::string quoted(const std::string& word) {
  const bool plain =
      !word.empty() &&
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:/=-+@%") == std::string::npos;
  if (plain) return word;
  std::string result = "'";
  for (const char c : text::printable(word)) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// The command line that the options stand for; empty if the summary does not say.
std::string command_line(const Input& provenance) {
  const std::string command = text(provenance, "command"), file = text(member(provenance, "input"), "file_name");
  const Input& options = member(provenance, "options");
  if (command.empty() || file.empty() || !options.is_object()) return {};
  if (const std::string run = text(options, "run"); command == "split" && !run.empty()) {
    return fmt::format("tessera split {} --segment {}", quoted(run), quoted(scalar_words(member(options, "segment"))));
  }
  std::string line = fmt::format("tessera {} {} -o run/", quoted(command), quoted(file));
  for (const auto& [key, value] : options.items()) {
    if (value.is_boolean()) {
      if (value.get<bool>()) line += " --" + key;
      continue;
    }
    const bool date = key == "as-of-days";
    if (date && !(std::fabs(number(value)) < 1e6)) continue;
    const std::string words = date ? format_iso_date(number(value)) : scalar_words(value, ",");
    if (words.empty()) continue;
    line += fmt::format(" --{} {}", date ? "as-of" : key, quoted(words));
    if (line.size() > kLongestLine) return {};
  }
  return line;
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
  add("Fingerprint of the input",
      text(fingerprint, "value").empty() ? "" : text(fingerprint, "method") + " " + text(fingerprint, "value"));
  add("Seed", scalar_words(member(provenance, "seed")));
  add("Made", text(provenance, "created"));
  const Input& versions = member(provenance, "versions");
  if (versions.is_object()) {
    std::string words;
    for (const auto& [what, version] : versions.items())
      words += (words.empty() ? "" : ", ") + what + " " + scalar_words(version);
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
  section.say(say(
      "The same table, options and seed give the same numbers, bit for bit, on any machine and with any number of threads."));
  const std::string line = command_line(provenance);
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
