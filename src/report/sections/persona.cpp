// SPDX-License-Identifier: Apache-2.0
#include "report/sections/persona.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>

#include "report/text.hpp"

namespace tessera::sections {

using document::Card;
using document::say;

namespace {

constexpr double kLeastStrength = 0.25;
constexpr double kClear = 0.5;
constexpr double kVery = 1.25;
constexpr std::size_t kItemsPerLine = 3;
constexpr std::size_t kTypicalItems = 6;

struct Words {
  Question question;
  std::vector<std::string_view> starts;  ///< of a word of the name
};

/// The first list that fits decides, so the more particular ones stand first.
const std::vector<Words>& vocabulary() {
  static const std::vector<Words> kWords = {
      {Question::why,
       {"satisf", "rating", "score", "nps",      "recommend", "prefer", "attitud", "opinion", "reason", "motiv", "trust",
        "loyal",  "like",   "love",  "interest", "complain",  "expect", "quality", "image",   "yummy",  "tasty", "agree"}},
      {Question::what, {"charge",  "amount", "amt",       "mnt",     "num",     "spend",   "spent",    "purchase",   "price",
                        "revenue", "sales",  "order",     "visit",   "total",   "balance", "credit",   "payment",    "fee",
                        "cost",    "usage",  "frequency", "product", "service", "plan",    "contract", "transaction"}},
      {Question::where,
       {"country",  "city", "town",      "region", "state",  "zip",      "postal",   "postcode", "address", "location",
        "language", "area", "territory", "store",  "branch", "district", "province", "urban",    "rural",   "market"}},
      {Question::when,
       {"date", "dt",    "recency", "tenure", "since", "last", "first",    "month",  "months", "day",    "days",
        "year", "years", "week",    "weeks",  "hour",  "time", "duration", "period", "season", "joined", "signup"}},
      {Question::who,
       {"age",       "gender",  "sex",       "birth",    "born",    "education",  "school",     "degree", "marital",
        "married",   "partner", "dependent", "kid",      "kidhome", "teen",       "teenhome",   "child",  "children",
        "household", "family",  "income",    "salary",   "job",     "occupation", "profession", "title",  "senior",
        "student",   "employ",  "employees", "industry", "sector",  "company",    "size",       "type",   "ethnic"}},
  };
  return kWords;
}

/// "AnnualIncome_k" -> annual, income, k.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool fresh = true;
  char before = ' ';
  for (const char c : name.substr(0, 200)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalpha(byte) == 0) {
      fresh = true;
      before = ' ';
      continue;
    }
    if (std::isupper(byte) != 0 && std::islower(static_cast<unsigned char>(before)) != 0) fresh = true;
    if (fresh) words.emplace_back();
    fresh = false;
    words.back() += static_cast<char>(byte < 0x80 ? std::tolower(byte) : c);
    before = c;
  }
  return words;
}

/// Short words of the vocabulary must be the whole word: "age" is not the start of "agency".
bool fits(const std::string& word, std::string_view start) {
  return start.size() <= 4 ? word == start || word == std::string(start) + "s" : word.starts_with(start);
}

/// "very high income", "mostly Contract: Month-to-month (86%)".
document::Prose in_words(const TraitView& trait) {
  const bool more = trait.strength > 0.0;
  if (!trait.level.empty()) {
    const char* how =
        more ? (trait.value > 0.5 ? "mostly" : "more often") : (trait.value < 0.02 ? "hardly ever" : "less often");
    return say("{} {}: {} ({})", {how, document::name(trait.column), document::name(trait.level), text::percent(trait.value)});
  }
  const double size = std::fabs(trait.strength);
  const std::string how = size >= kVery ? "very " : size >= kClear ? "" : "rather ";
  return say("{} {}", {how + (more ? "high" : "low"), document::name(trait.column)});
}

std::map<std::string, std::string> kinds_of(const Input& summary) {
  std::map<std::string, std::string> kinds;
  for (const Input& source : list(member(summary, "preparation"), "sources"))
    kinds[text(source, "name")] = text(source, "kind");
  for (const Input& column : list(member(summary, "analysis"), "columns")) kinds[text(column, "column")] = text(column, "kind");
  return kinds;
}

/// To two digits: enough to picture a customer, too little to find one.
double rounded(double x) {
  if (x == 0.0 || !std::isfinite(x)) return x;
  const double unit = std::pow(10.0, std::floor(std::log10(std::fabs(x))) - 1.0);
  return std::round(x / unit) * unit;
}

/// Splits "income: 82,000 against 52,000 overall" behind the column's name, which may have colons of its own.
void split_words(const std::string& words, TraitView& trait) {
  const std::size_t from = words.starts_with(trait.column) ? trait.column.size() : 0;
  const std::size_t colon = words.find(": ", from);
  trait.label = colon == std::string::npos ? trait.column : words.substr(0, colon);
  trait.figures = colon == std::string::npos ? words : words.substr(colon + 2);
}

}  // namespace

Question question_of(std::string_view column, std::string_view kind) {
  const std::vector<std::string> words = words_of(column);
  for (const Words& entry : vocabulary()) {
    for (const std::string& word : words) {
      if (std::any_of(entry.starts.begin(), entry.starts.end(), [&](std::string_view s) { return fits(word, s); })) {
        // A year of birth says who, not when.
        const bool birth = std::find_if(words.begin(), words.end(), [](const std::string& w) {
                             return w.starts_with("birth") || w == "born";
                           }) != words.end();
        return birth ? Question::who : entry.question;
      }
    }
  }
  return kind == "date" ? Question::when : Question::what;
}

std::vector<TraitView> traits_of(const Input& analysed_segment, const Input& fitted_segment) {
  std::vector<TraitView> traits;
  const bool analysed = !list(analysed_segment, "traits").empty();
  for (const Input& entry : analysed ? list(analysed_segment, "traits") : list(fitted_segment, "distinguished_by")) {
    TraitView trait;
    trait.column = text(entry, analysed ? "column" : "feature");
    trait.level = text(entry, "level");
    trait.value = number(entry, "value");
    trait.strength = analysed ? number(member(entry, "effect"), "value")
                              : std::copysign(number(entry, "strength"), number(entry, "difference"));
    if (trait.column.empty() || !(std::fabs(trait.strength) >= kLeastStrength)) continue;
    split_words(text(entry, "words"), trait);
    traits.push_back(std::move(trait));
  }
  std::stable_sort(traits.begin(), traits.end(),
                   [](const TraitView& a, const TraitView& b) { return std::fabs(a.strength) > std::fabs(b.strength); });
  return traits;
}

std::vector<Card::Line> persona_lines(const std::vector<TraitView>& traits, const Input& summary) {
  static constexpr std::array<const char*, 5> kTitles = {"Who", "Where", "What", "When", "Why"};
  const std::map<std::string, std::string> kinds = kinds_of(summary);
  std::array<Card::Line, kTitles.size()> lines;
  for (const TraitView& trait : traits) {
    const auto kind = kinds.find(trait.column);
    Card::Line& line = lines[static_cast<std::size_t>(question_of(trait.column, kind == kinds.end() ? "" : kind->second))];
    if (line.items.size() < kItemsPerLine) line.items.push_back(in_words(trait));
  }
  std::vector<Card::Line> answered;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].items.empty()) continue;
    lines[i].title = kTitles[i];
    answered.push_back(std::move(lines[i]));
  }
  return answered;
}

Card::Line typical_line(const Input& analysed_segment, const std::vector<TraitView>& traits, const Input& summary) {
  const std::map<std::string, std::string> kinds = kinds_of(summary);
  std::vector<const Input*> values;
  for (const Input& value : list(member(analysed_segment, "typical"), "values")) values.push_back(&value);
  const auto rank = [&](const Input* value) {
    const std::string column = text(*value, "column");
    return std::find_if(traits.begin(), traits.end(), [&](const TraitView& trait) { return trait.column == column; });
  };
  std::stable_sort(values.begin(), values.end(), [&](const Input* a, const Input* b) { return rank(a) < rank(b); });
  Card::Line line{"Typical", {}};
  for (const Input* value : values) {
    if (line.items.size() == kTypicalItems) break;
    const std::string column = text(*value, "column"), level = text(*value, "value");
    const double x = number(*value, "value");
    const auto kind = kinds.find(column);
    if (!level.empty()) {
      line.items.push_back(say("{} {}", {document::name(column), document::name(level)}));
    } else if (kind == kinds.end() || kind->second != "date") {
      line.items.push_back(say("{} {}", {document::name(column), text::number(rounded(x))}));
    }
  }
  return line;
}

}  // namespace tessera::sections
