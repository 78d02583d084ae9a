// SPDX-License-Identifier: Apache-2.0
#include "prepare/column_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "core/edit_distance.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80; }

std::string joined(std::string_view name) {
  std::string all;
  for (const std::string& word : name_words(name)) all += word;
  return all;
}

constexpr std::array<std::string_view, 34> kEntities = {
    "customer",   "cust",      "client",  "member",  "user",        "account",  "acct",  "person",   "subscriber",
    "respondent", "household", "contact", "policy",  "card",        "contract", "case",  "record",   "row",
    "guest",      "patient",   "visitor", "profile", "participant", "employee", "party", "consumer", "shopper",
    "buyer",      "donor",     "student", "company", "business",    "loyalty",  "crm"};

/// "clientnum", "customerno", "accountnumber": an entity and a word for number, run together or not.
bool is_entity_number(std::string_view all) {
  constexpr std::array<std::string_view, 7> kSuffixes = {"id", "no", "nr", "num", "number", "key", "ref"};
  for (const std::string_view entity : kEntities) {
    if (all.starts_with(entity) && contains(kSuffixes, all.substr(entity.size()))) return true;
  }
  return false;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<ColumnMatch> match_columns(std::span<const std::string> patterns, std::span<const std::string> names,
                                       std::string_view option) {
  std::vector<ColumnMatch> matches;
  const auto take = [&](std::size_t column, bool by_name) {
    const auto known = std::find_if(matches.begin(), matches.end(),
                                    [&](const ColumnMatch& m) { return m.column == static_cast<int>(column); });
    if (known == matches.end()) {
      matches.push_back({static_cast<int>(column), by_name});
    } else {
      known->by_name = known->by_name || by_name;
    }
  };
  for (const std::string& pattern : patterns) {
    const auto exact = std::find(names.begin(), names.end(), pattern);
    bool found = exact != names.end();
    if (found) {
      take(static_cast<std::size_t>(exact - names.begin()), true);
    } else if (pattern.find_first_of("*?") != std::string::npos) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (!glob_match(pattern, names[i])) continue;
        take(i, false);
        found = true;
      }
    }
    if (found) continue;
    const auto nearest = nearest_name(pattern, names);
    const auto shown = names.first(std::min<std::size_t>(names.size(), 12));
    throw ConfigError(
        fmt::format("no column is called '{}' ({})", pattern, option),
        nearest ? fmt::format("did you mean '{}'?", *nearest)
                : fmt::format("the columns are: {}{}", fmt::join(shown, ", "), names.size() > shown.size() ? ", ..." : ""));
  }
  std::sort(matches.begin(), matches.end(), [](const ColumnMatch& a, const ColumnMatch& b) { return a.column < b.column; });
  return matches;
}

std::vector<std::string> name_words(std::string_view name) {
  std::vector<std::string> words;
  char previous = ' ';
  for (const char c : name) {
    if (is_word(c)) {
      if (words.empty() || !is_word(previous) || (is_lower(previous) && is_upper(c))) words.emplace_back();
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    previous = c;
  }
  return words;
}

bool named_like_id(std::string_view name) {
  constexpr std::array<std::string_view, 10> kAlone = {"id",    "ids", "uid",      "uuid",     "guid",
                                                       "rowid", "pk",  "rownames", "unnamed0", "index"};
  constexpr std::array<std::string_view, 4> kLast = {"id", "uuid", "guid", "uid"};
  const std::vector<std::string> words = name_words(name);
  if (words.empty()) return false;
  const std::string all = joined(name);
  return contains(kAlone, all) || contains(kLast, words.back()) || is_entity_number(all);
}

bool named_like_code(std::string_view name) {
  constexpr std::array<std::string_view, 4> kLast = {"code", "id", "zip", "plz"};
  const std::vector<std::string> words = name_words(name);
  return !words.empty() && contains(kLast, words.back());
}

bool named_like_grouping(std::string_view name) {
  constexpr std::array<std::string_view, 14> kNames = {"label",   "labels",    "class",       "classlabel",  "target",
                                                       "truth",   "ytrue",     "groundtruth", "cluster",     "clusterid",
                                                       "segment", "segmentid", "truelabel",   "clusterlabel"};
  return contains(kNames, joined(name));
}

bool named_like_outcome(std::string_view name) {
  constexpr std::array<std::string_view, 12> kWords = {"churn",    "churned",   "attrition", "attrited",
                                                       "response", "responded", "converted", "cancelled",
                                                       "canceled", "defaulted", "outcome",   "nps"};
  const std::vector<std::string> words = name_words(name);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return contains(kWords, word); });
}

bool named_like_weight(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {"sampleweight", "samplingweight", "surveyweight",    "caseweight",
                                                      "rowweight",    "freqweight",     "frequencyweight", "expansionfactor"};
  return contains(kNames, joined(name));
}

}  // namespace tessera
