// SPDX-License-Identifier: Apache-2.0
#include "analyse/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyse/words.hpp"

namespace tessera {
namespace {

/// A sentence and how much it matters.
struct Finding {
  double strength = 0.0;
  std::string words;
};

class Finder {
 public:
  explicit Finder(const Analysis& analysis) : analysis_(analysis) {}

  std::vector<std::string> run() {
    for (const KpiResult& kpi : analysis_.kpis) look_at(kpi);
    for (const DriverAnalysis& drivers : analysis_.drivers) look_at(drivers);
    look_at_bimodality();
    for (const BoundaryPair& pair : analysis_.doubt.pairs) {
      if (!analysis_.by.empty() || !pair.advice.ends_with("merging")) continue;
      add(0.25, fmt::format("No gap is seen between \"{}\" and \"{}\": they may be one group, cut in two.", name(pair.segment),
                            name(pair.other)));
    }
    for (const SegmentationComparison& comparison : analysis_.doubt.comparisons) add(0.5, comparison.words);
    std::stable_sort(found_.begin(), found_.end(), [](const Finding& a, const Finding& b) { return a.strength > b.strength; });
    constexpr std::size_t kMost = 12;
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < std::min(found_.size(), kMost); ++i) sentences.push_back(std::move(found_[i].words));
    return sentences;
  }

 private:
  void add(double strength, std::string words) { found_.push_back({strength, std::move(words)}); }
  [[nodiscard]] const std::string& name(int segment) const {
    return analysis_.segments[static_cast<std::size_t>(segment)].name;
  }

  /// Results that fall apart in two matter more than features that do; the clearest are enough.
  void look_at_bimodality() {
    constexpr int kMost = 3;
    int said = 0;
    for (const bool kpis : {true, false}) {
      for (const BimodalityFinding& finding : analysis_.doubt.bimodality) {
        const bool is_kpi = std::any_of(analysis_.kpis.begin(), analysis_.kpis.end(),
                                        [&](const KpiResult& kpi) { return kpi.column == finding.column; });
        if (finding.bimodal && is_kpi == kpis && said++ < kMost) add(kpis ? 0.45 : 0.2, finding.words + ".");
      }
    }
  }

  void look_at(const KpiResult& kpi) {
    if (kpi.column == analysis_.by) return;  // what made the segments says nothing of them
    // The highest and the lowest tell the story; what lies between is in the table.
    const KpiSegment *highest = nullptr, *lowest = nullptr;
    for (const KpiSegment& own : kpi.segments) {
      const bool significant = kpi.used_in_fit || own.test.p_adjusted < 0.05;
      if (!own.effect.notable || !significant) continue;
      if (own.effect.value > 0.0 && (highest == nullptr || own.effect.value > highest->effect.value)) highest = &own;
      if (own.effect.value < 0.0 && (lowest == nullptr || own.effect.value < lowest->effect.value)) lowest = &own;
    }
    for (const KpiSegment* own : {highest, lowest}) {
      if (own == nullptr) continue;
      const double strength = std::fabs(own->effect.value);
      std::string words = fmt::format("{} in \"{}\" is {} against {} overall", kpi.name, name(own->segment),
                                      kpi_words(kpi.type, own->value), kpi_words(kpi.type, kpi.overall.value));
      if (std::isnan(own->value) || std::isnan(kpi.overall.value)) {
        // A median that fewer than half have reached.
        words = fmt::format("{} in \"{}\" is {} than among the other customers", kpi.name, name(own->segment),
                            own->effect.value > 0.0 ? "longer" : "shorter");
      }
      if (kpi.type == KpiType::sum) {
        words = fmt::format("\"{}\" brings {} of {} with {} of the customers", name(own->segment),
                            percent_words(own->share_of_total), kpi.name, percent_words(own->share_of_customers));
      } else if (own->disproportion > 1.25 && !std::isnan(own->share_of_total)) {
        words += fmt::format(": {} of the customers, {} of the total", percent_words(own->share_of_customers),
                             percent_words(own->share_of_total));
      }
      add(strength, words + ".");
    }
  }

  void look_at(const DriverAnalysis& drivers) {
    const auto strongest = [](const DriverGroup& group) -> const DriverShare* {
      for (const DriverShare& driver : group.drivers) {
        if (driver.rank == 1) return &driver;
      }
      return nullptr;
    };
    if (drivers.groups.empty()) return;
    const DriverShare* const overall = strongest(drivers.groups.front());
    if (overall == nullptr || drivers.groups.front().r_squared < 0.02) return;
    const auto direction = [](const DriverShare& driver) { return driver.correlation < 0.0 ? "falls" : "rises"; };
    const double r_squared = drivers.groups.front().r_squared;
    constexpr double kTooGood = 0.98;
    add(0.4,
        fmt::format("{} {} with {} most ({} of what {} explain, R squared {:.2f}{}).", drivers.outcome, direction(*overall),
                    overall->column, percent_words(overall->share), columns_words(drivers.columns.size()), r_squared,
                    r_squared > kTooGood ? ": too good to be true, one of them may be the outcome in disguise" : ""));
    for (std::size_t g = 1; g < drivers.groups.size(); ++g) {
      const DriverShare* const own = strongest(drivers.groups[g]);
      if (own == nullptr || own->column == overall->column || drivers.groups[g].r_squared < 0.02) continue;
      // Another rank is not enough: its share must have grown, and its correlation must differ from that of all the others.
      constexpr double kLeastGain = 0.1;
      const double share = share_of(drivers.groups.front(), own->column);
      if (own->share - share < kLeastGain || !(own->difference.p_adjusted < 0.05)) continue;
      add(0.6, fmt::format("In \"{}\" {} {} with {} most ({} of what is explained, against {} overall).",
                           name(drivers.groups[g].segment), drivers.outcome, direction(*own), own->column,
                           percent_words(own->share), percent_words(share)));
    }
  }

  static std::string columns_words(std::size_t count) { return count == 1 ? "1 column" : fmt::format("{} columns", count); }

  static double share_of(const DriverGroup& group, const std::string& column) {
    for (const DriverShare& driver : group.drivers) {
      if (driver.column == column) return driver.share;
    }
    return kNoValue;
  }

  const Analysis& analysis_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<std::string> find_findings(const Analysis& analysis) { return Finder(analysis).run(); }

}  // namespace tessera
