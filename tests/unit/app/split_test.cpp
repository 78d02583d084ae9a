// SPDX-License-Identifier: Apache-2.0
#include "app/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "app/manifest_options.hpp"
#include "app/run_options.hpp"
#include "app/segment.hpp"
#include "hdf5/writer.hpp"
#include "support/table_cells.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::HasSubstr;

constexpr int kCustomers = 900;

bool is_fan(int customer) { return customer % 4 == 0; }

const std::vector<std::string> kBehaviour = {"spend", "visits", "basket", "tenure"};
const std::vector<std::string> kOpinion = {"quality", "service", "recommend"};

std::vector<std::string> features() {
  std::vector<std::string> all = kBehaviour;
  all.insert(all.end(), kOpinion.begin(), kOpinion.end());
  return all;
}

/// Two segments by behaviour. Of the small customers half love the company and half hate it, which k = 2 does not tell. In the
/// twin the same small customers have opinions of the same means and covariance, but of one bell each.
class Split : public ::testing::Test {
 protected:
  void make_run(bool divided, bool with_ids = true) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    std::map<std::string, std::vector<double>> columns;
    TextCells id;
    for (int i = 0; i < kCustomers; ++i) {
      const bool large = i % 2 == 1;
      for (const std::string& name : kBehaviour) columns[name].push_back((large ? 100.0 : 20.0) + 5.0 * normal(random));
      const double attitude = large ? 0.0 : divided ? (is_fan(i) ? 3.0 : -3.0) : 3.0 * normal(random);
      for (const std::string& name : kOpinion) columns[name].push_back(5.0 + attitude + normal(random));
      id.push_back("c" + std::to_string(7 * i));
    }
    hdf5::FileWriter writer(folder_.path() / "t.h5");
    for (const auto& [name, cells] : columns) writer.write("/" + name, cells);
    if (with_ids) {
      writer.create_dataset("/customer_id", {.type = DataType::text, .rows = kCustomers}).append(id);
      writer.set_attribute("/customer_id", "role", "id");
    }
    writer.commit();
    SegmentOptions options;
    options.input = folder_.path() / "t.h5";
    options.output = folder_.path() / "run";
    options.automatic_segments = false;
    options.fit.segments = 2;
    options.engine.threads = 2;
    (void)run_segment(options, observer_, cancel_);
    small_ = std::to_string(static_cast<int>(assigned("run", "segment").numbers.front()));
    split_.run = options.output;
    split_.segment = small_;
    split_.engine.threads = 2;
  }

  [[nodiscard]] nlohmann::json json(const std::string& folder, const char* file = "summary.json") const {
    return nlohmann::json::parse(std::ifstream(folder_.path() / folder / file));
  }
  [[nodiscard]] static testing::ColumnCells read(const std::filesystem::path& file, const std::string& name) {
    const auto table = open_table(file);
    const auto& columns = table->info().columns;
    return testing::read_column(*table,
                                static_cast<int>(std::ranges::find(columns, name, &ColumnSchema::name) - columns.begin()));
  }
  [[nodiscard]] testing::ColumnCells assigned(const std::string& folder, const std::string& column) const {
    return read(folder_.path() / folder / "assignments.h5", column);
  }
  [[nodiscard]] std::string folder_of(const std::string& id) const { return "run." + id; }

  testing::TemporaryFolder folder_;
  SplitOptions split_;
  std::string small_;  ///< number of the segment of small spenders
  SilentObserver observer_;
  CancelToken cancel_;
};

TEST_F(Split, FindsThoseWhoLoveItAndThoseWhoHateItInOneSegment) {
  make_run(true);
  const SegmentationSummary found = run_split(split_, observer_, cancel_);
  EXPECT_EQ(found.model.segments(), 2) << found.k_selection.verdict;
  const nlohmann::json summary = json(folder_of(small_));
  EXPECT_EQ(summary["rows"], kCustomers / 2);
  EXPECT_EQ(summary["split"]["run"], "run");
  EXPECT_EQ(summary["split"]["id"], small_);
  EXPECT_EQ(summary["split"]["of_rows"], kCustomers);
  EXPECT_EQ(summary["split"]["found"], true);
  EXPECT_EQ(summary["segments"][0]["segment"], 0);
  EXPECT_EQ(summary["segments"][0]["id"], small_ + ".0");
  EXPECT_EQ(summary["segments"][1]["id"], small_ + ".1");
  EXPECT_THAT(json(folder_of(small_), "names.json")["segments"][1]["name"], HasSubstr(small_ + ".1 "));
  EXPECT_EQ(json(folder_of(small_), "manifest.json")["command"], "split");
  EXPECT_THAT(render_summary(found), HasSubstr("2 groups in the 450 customers of segment " + small_));

  // Each customer of the segment is there under the own id, and fans are with fans.
  const auto ids = assigned(folder_of(small_), "id"), labels = assigned(folder_of(small_), "segment");
  ASSERT_EQ(std::ssize(ids.text), kCustomers / 2);
  int together = 0;
  for (std::size_t i = 0; i < ids.text.size(); ++i) {
    const int customer = std::stoi(ids.text[i].substr(1)) / 7;
    EXPECT_EQ(customer, 2 * static_cast<int>(i));
    together += (labels.numbers[i] == labels.numbers[0]) == (is_fan(customer) == is_fan(0)) ? 1 : 0;
  }
  EXPECT_GT(together, kCustomers / 2 * 98 / 100);
}

TEST_F(Split, FindsNothingInItsTwinOfOneOpinion) {
  make_run(false);
  const SegmentationSummary found = run_split(split_, observer_, cancel_);
  EXPECT_EQ(found.model.segments(), 1);
  EXPECT_THAT(found.k_selection.verdict, HasSubstr("No segments"));
  const nlohmann::json summary = json(folder_of(small_));
  EXPECT_EQ(summary["split"]["found"], false);
  EXPECT_EQ(summary["segments"][0]["id"], small_);
  EXPECT_THAT(render_summary(found), HasSubstr("No split: the 450 customers of segment " + small_));
}

TEST_F(Split, IsTheRunOfATableOfThoseCustomersAlone) {
  make_run(true);
  const SegmentationSummary found = run_split(split_, observer_, cancel_);
  hdf5::FileWriter writer(folder_.path() / "part.h5");
  std::vector<std::string> names = features();
  std::ranges::sort(names);  // as the whole table has them
  for (const std::string& name : names) {
    std::vector<double> own;
    const std::vector<double> cells = read(folder_.path() / "t.h5", name).numbers;
    for (std::size_t i = 0; i < cells.size(); i += 2) own.push_back(cells[i]);
    writer.write("/" + name, own);
  }
  writer.commit();
  SegmentOptions options;
  options.input = folder_.path() / "part.h5";
  options.output = folder_.path() / "part";
  options.largest_segments = 4;
  options.prepare.features = features();
  const SegmentationSummary alone = run_segment(options, observer_, cancel_);
  EXPECT_EQ(found.model.centroids, alone.model.centroids);
  EXPECT_EQ(found.k_selection.verdict, alone.k_selection.verdict);
  EXPECT_EQ(assigned(folder_of(small_), "distance").numbers, assigned("part", "distance").numbers);
}

TEST_F(Split, KeepsRowNumbersOfTheInputWhereThereAreNoIds) {
  make_run(true, false);
  (void)run_split(split_, observer_, cancel_);
  const auto ids = assigned(folder_of(small_), "id").numbers;
  ASSERT_EQ(std::ssize(ids), kCustomers / 2);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], 2.0 * static_cast<double>(i));
}

TEST_F(Split, ASplitCanBeSplitAndScored) {
  make_run(true);
  const SegmentationSummary first = run_split(split_, observer_, cancel_);
  ScoreOptions score;
  score.model = folder_.path() / folder_of(small_) / "model.h5";
  score.input = folder_.path() / "t.h5";
  score.output = folder_.path() / "scored.h5";
  EXPECT_EQ(score_table(score, observer_, cancel_).rows, kCustomers);

  SplitOptions again = split_;
  again.run = folder_.path() / folder_of(small_);
  again.segment = small_ + ".1";
  again.automatic_segments = false;
  again.segments = 2;
  const SegmentationSummary second = run_split(again, observer_, cancel_);
  EXPECT_EQ(second.split->segment, 1);
  EXPECT_EQ(second.split->label(1, 2), small_ + ".1.1");
  EXPECT_EQ(second.assigned.rows, first.assigned.segment_rows[1]);
  EXPECT_EQ(second.split->of_rows, kCustomers / 2);
  EXPECT_EQ(second.split->input_rows, kCustomers);
  const auto parents = assigned(folder_of(small_), "id").text, ids = assigned(folder_of(small_) + ".1", "id").text;
  const std::set<std::string> known(parents.begin(), parents.end());
  for (const std::string& id : ids) EXPECT_TRUE(known.contains(id)) << id;
  const auto rows = assigned(folder_of(small_) + ".1", "row").numbers;
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ("c" + std::to_string(7 * static_cast<int>(rows[i])), ids[i]);
}

TEST_F(Split, TakesTheSegmentByItsNameAndTheTableFromElsewhere) {
  make_run(true);
  nlohmann::json names = json("run", "names.json");
  names["segments"][static_cast<std::size_t>(std::stoi(small_))]["name"] = "Savers";
  std::ofstream(folder_.path() / "run" / "names.json") << names;
  std::filesystem::create_directory(folder_.path() / "else");
  std::filesystem::rename(folder_.path() / "t.h5", folder_.path() / "else" / "moved.h5");
  split_.segment = "Savers";
  EXPECT_THROW((void)run_split(split_, observer_, cancel_), FileError) << "the table is not there";
  split_.input = folder_.path() / "else" / "moved.h5";
  const SegmentationSummary found = run_split(split_, observer_, cancel_);
  EXPECT_EQ(found.split->name, "Savers");
  EXPECT_EQ(std::to_string(found.split->segment), small_);
}

TEST_F(Split, RefusesWhatIsNoSegmentNoRunOrAnotherTable) {
  make_run(true);
  SplitOptions wrong = split_;
  wrong.segment = "2";
  EXPECT_THROW((void)run_split(wrong, observer_, cancel_), ConfigError);
  wrong = split_;
  wrong.run = folder_.path() / "no-run";
  EXPECT_THROW((void)run_split(wrong, observer_, cancel_), FileError);
  wrong = split_;
  std::filesystem::copy(folder_.path() / "t.h5", folder_.path() / "other.h5");
  std::ofstream(folder_.path() / "other.h5", std::ios::app) << "x";
  wrong.input = folder_.path() / "other.h5";
  EXPECT_THROW((void)run_split(wrong, observer_, cancel_), DataError);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / folder_of(small_)));
}

nlohmann::json written(const SegmentOptions& options) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, value] : manifest_options(options)) {
    std::visit([&, &key = name](const auto& held) { json[key] = held; }, value);
  }
  return json;
}

TEST(RunOptions, AreThoseThatTheManifestWasWrittenFrom) {
  SegmentOptions options;
  EXPECT_EQ(written(options_of_run(written(options))), written(options)) << "defaults";
  options.dataset = "/customers";
  options.prepare.features = {"a", "b c"};
  options.prepare.kpis = {"churn=Yes", "revenue/orders"};
  options.prepare.ids = {"id"};
  options.prepare.weights = {"w"};
  options.prepare.ignored = {"x*"};
  options.prepare.categories = {"code"};
  options.prepare.missing = MissingPolicy::drop_row;
  options.prepare.scale = ScalePolicy::robust;
  options.prepare.transform = TransformPolicy::listed;
  options.prepare.log1p_columns = {"spend", "b c"};
  options.prepare.blocks = {{"attitudes", 0.3, {"q1", "q2"}}, {"odd=name:here", 2.0, {"z"}}};
  options.prepare.top_levels = 7;
  options.prepare.as_of_days = 20'000.5;
  options.automatic_segments = false;
  options.fit.segments = 6;
  options.fit.seed = 18'446'744'073'709'551'615ULL;
  options.fit.restarts = 3;
  options.fit.tolerance = 0.125;
  options.fit.max_iterations = 11;
  options.fit.strict_segments = true;
  options.outlier_quantile = 0.9;
  options.analysis.outcomes = {"churn"};
  options.analysis.find_drivers = false;
  options.analysis.drivers = {"d*"};
  options.analysis.compare = {"old"};
  options.analysis.hidden = {"email"};
  options.analysis.period = "year";
  options.analysis.min_cell = 3;
  EXPECT_EQ(written(options_of_run(written(options))), written(options));
  options.prepare.missing = MissingPolicy::error;
  options.prepare.scale = ScalePolicy::none;
  options.prepare.transform = TransformPolicy::none;
  options.analyse = false;
  options.automatic_segments = true;
  options.smallest_segments = 2;
  options.largest_segments = 5;
  options.least_share = 0.05;
  EXPECT_EQ(written(options_of_run(written(options))), written(options));
}

}  // namespace
}  // namespace tessera
