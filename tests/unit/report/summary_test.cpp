// SPDX-License-Identifier: Apache-2.0
#include "report/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "example.hpp"
#include "files.hpp"
#include "report/portrait.hpp"
#include "report/text.hpp"
#include "support/temporary_folder.hpp"

namespace tessera {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::example_model;
using testing::example_summary;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::nominal_source;
using ::testing::Not;
using testing::numeric_source;
using testing::plan_of;
using ::testing::SizeIs;
using ::testing::StartsWith;

using Json = nlohmann::ordered_json;

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

/// Every string of 10,000 characters, control characters, formulas and text in the other direction, where a name can be.
SegmentationSummary hostile_summary() {
  const std::string evil = "=HYPERLINK(\"http://x\",\"y\")\n\r\t\x1b[31m\xE2\x80\xAE\xFF, \"quoted\"";
  SegmentationSummary summary = example_summary();
  summary.model.plan.sources[0].name = evil;
  summary.model.plan.sources[1].name = std::string(10'000, 'x');
  summary.model.plan.sources[4].levels = {evil, "other"};
  summary.model.plan.feature_names[0] = evil;
  summary.model.plan.decisions = {evil};
  summary.table.path = "/tmp/" + evil;
  summary.table.layout = evil;
  summary.k_selection.verdict = evil;
  summary.remarks = {{"code", evil, true}};
  summary.manifest.input.file_name = evil;
  return summary;
}

TEST(Portrait, SaysWhatSetsASegmentApart) {
  const SegmentationSummary summary = example_summary();
  const Portraits portraits = describe_segments(summary.model, summary.assigned, {});
  ASSERT_THAT(portraits.segments, SizeIs(3));
  // Overall income: 52,000 + 20,000 * (0.5 * -0.9 + 0.3 * 1.5 + 0.2 * 0).
  EXPECT_THAT(portraits.overall[0].value, DoubleNear(52000, 0.01));
  EXPECT_THAT(portraits.overall[4].shares, ElementsAre(DoubleNear(0.6, 1e-6), DoubleNear(0.3, 1e-6), DoubleNear(0.1, 1e-6)));

  const SegmentPortrait& rich = portraits.segments[1];
  EXPECT_EQ(rich.size_rows, 30);
  EXPECT_DOUBLE_EQ(rich.share, 0.3);
  EXPECT_DOUBLE_EQ(rich.boundary_share, 1.0 / 30.0);
  EXPECT_THAT(rich.centroid[0].value, DoubleNear(82000, 0.01));
  ASSERT_THAT(rich.traits, SizeIs(5));
  EXPECT_EQ(rich.traits[0].words(), "city is Rome: 100% against 30% overall");
  EXPECT_THAT(rich.traits[0].difference, DoubleNear(0.7, 1e-6));
  EXPECT_EQ(rich.traits[1].words(), "income: 82,000 against 52,000 overall");
  EXPECT_THAT(rich.traits[1].difference, DoubleNear(1.5, 1e-6));
  EXPECT_EQ(rich.name, "mostly city Rome, very high income");
  for (const SegmentPortrait& portrait : portraits.segments) {
    for (std::size_t i = 1; i < portrait.traits.size(); ++i) {
      EXPECT_GE(portrait.traits[i - 1].strength, portrait.traits[i].strength);
    }
  }
}

TEST(Portrait, TransformsBinariesAndDatesReadAsPeopleExpect) {
  const SegmentationSummary summary = example_summary();
  const Portraits portraits = describe_segments(summary.model, summary.assigned, {});
  std::map<std::string, Trait> traits;
  for (const Trait& trait : portraits.segments[2].traits) traits[trait.feature] = trait;
  // log1p: expm1(log(10) + 0.5 * prepared).
  EXPECT_THAT(traits.at("visits").value, DoubleNear(10 * std::exp(-0.15) - 1, 1e-4));
  // churn: the overall share is 0.5 * 0.1 + 0.3 * 0.2 + 0.2 * 0.6 = 0.23.
  EXPECT_EQ(traits.at("churn").words(), "churn: 60% against 23% overall");
  EXPECT_THAT(traits.at("churn").difference, DoubleNear(0.37 / std::sqrt(0.23 * 0.77), 1e-5));
  // since: 100 + 50 * 1.75 = 187.5 days before 2022-01-08; earlier than overall, therefore negative.
  EXPECT_THAT(traits.at("since").words(), StartsWith("since: 2021-07-04 against "));
  EXPECT_LT(traits.at("since").difference, 0);
}

TEST(Portrait, DifferencesDoNotDependOnScaleOrBlocks) {
  // The same two segments at 10 and 30 (sd 10 in the data), standardized, unscaled, and with a block that counts four times.
  const auto difference = [](ScalePolicy scale, double center, double unit, double block) {
    Model model;
    model.plan = plan_of({numeric_source("x", Kind::continuous, center, unit)});
    model.plan.sources[0].block_factor = block;
    model.plan.scale = scale;
    model.centroids = Matrix<float>(2, 1);
    model.centroids(0, 0) = static_cast<float>((10 - center) / unit * block);
    model.centroids(1, 0) = static_cast<float>((30 - center) / unit * block);
    model.weights = {1, 1};
    model.rows = {1, 1};
    ColumnProfile profile;
    profile.name = "x";
    profile.sd = 10;
    const Portraits portraits = describe_segments(model, {}, {profile});
    EXPECT_EQ(portraits.segments[1].traits[0].words(), "x: 30 against 20 overall");
    return portraits.segments[1].traits[0].difference;
  };
  EXPECT_THAT(difference(ScalePolicy::standard, 20, 10, 1), DoubleNear(1, 1e-6));
  EXPECT_THAT(difference(ScalePolicy::standard, 20, 10, 2), DoubleNear(1, 1e-6));
  EXPECT_THAT(difference(ScalePolicy::none, 0, 1, 1), DoubleNear(1, 1e-6));
  EXPECT_THAT(difference(ScalePolicy::robust, 20, 4, 1), DoubleNear(1, 1e-6));
}

TEST(Portrait, OneSegmentIsEverybody) {
  Model model;
  model.plan = plan_of({numeric_source("x", Kind::continuous, 5, 2), nominal_source("c", {"a", "b"}, false)});
  model.centroids = Matrix<float>(1, 3);
  model.weights = {10};
  model.rows = {10};
  const Portraits portraits = describe_segments(model, {}, {});
  EXPECT_EQ(portraits.segments[0].name, "all customers");
  EXPECT_EQ(portraits.segments[0].share, 1.0);
  for (const Trait& trait : portraits.segments[0].traits) EXPECT_EQ(trait.strength, 0.0);
}

TEST(SummaryJson, IsCompleteAndExact) {
  const SegmentationSummary summary = example_summary();
  const Json json = Json::parse(summary_json(summary));
  EXPECT_EQ(json["format"], "tessera-summary");
  EXPECT_EQ(json["format_version"], "1.0");
  EXPECT_EQ(json["k"], 3);
  EXPECT_EQ(json["rows"], 101);
  EXPECT_EQ(json["rows_rejected"], 1);
  EXPECT_THAT(json["features"].get<std::vector<std::string>>(), ElementsAre("income", "visits", "churn", "since", "city"));
  EXPECT_EQ(json["objective"]["inertia"].get<double>(), 123.456789012345);
  EXPECT_EQ(json["objective"]["iterations"], 12);
  EXPECT_EQ(json["objective"]["converged"], true);
  EXPECT_EQ(json["objective"]["stop_reason"], "fixed point");
  EXPECT_THAT(json["k_selection"]["criteria"], SizeIs(3));
  EXPECT_TRUE(json["k_selection"]["criteria"][0]["stability"].is_null());  // NaN
  EXPECT_EQ(json["k_selection"]["criteria"][1]["reason"], "not stable: 0.70 is below 0.80");
  EXPECT_EQ(json["device"], "cpu (AVX2, 2 threads)");
  EXPECT_EQ(json["threads"], 2);
  EXPECT_EQ(json["timings_ms"]["fit"], 1500.0);
  EXPECT_EQ(json["assignment"]["simplified_silhouette"], 0.61);
  EXPECT_THAT(json["notes"], SizeIs(3));
  EXPECT_EQ(json["notes"][1]["level"], "warning");

  const Json& visits = json["preparation"]["sources"][1];
  EXPECT_EQ(visits["transform"], "log1p");
  EXPECT_EQ(visits["center"].get<double>(), std::log1p(9.0));
  EXPECT_EQ(visits["zero_share"], 0.125);
  const Json& city = json["preparation"]["sources"][4];
  EXPECT_THAT(city["levels"].get<std::vector<std::string>>(), ElementsAre("Paris", "Rome"));
  EXPECT_EQ(city["fill"], "Paris");
  EXPECT_EQ(city["missing"], 7);
  EXPECT_EQ(json["preparation"]["as_of"], "2022-01-08");

  ASSERT_THAT(json["segments"], SizeIs(3));
  const Json& rich = json["segments"][1];
  EXPECT_EQ(rich["segment"], 1);
  EXPECT_EQ(rich["size"], 30);
  EXPECT_EQ(rich["share"], 0.3);
  EXPECT_EQ(rich["boundary"], 1);
  EXPECT_THAT(keys_of(rich["centroid"]), ElementsAre("income", "visits", "churn", "since", "city"));
  EXPECT_THAT(rich["centroid"]["income"].get<double>(), DoubleNear(82000, 0.01));
  EXPECT_THAT(keys_of(rich["centroid"]["city"]), ElementsAre("Paris", "Rome", "other"));
  EXPECT_EQ(rich["distinguished_by"][1]["words"], "income: 82,000 against 52,000 overall");
}

TEST(SummaryJson, SaysNothingOfTheMachineOrTheUser) {
  const SegmentationSummary summary = example_summary();
  for (const std::string& text :
       {summary_json(summary), manifest_json(summary), segments_csv(summary), model_json(summary.model)}) {
    EXPECT_THAT(text, Not(HasSubstr("/home")));
    EXPECT_THAT(text, Not(HasSubstr("someone")));
  }
}

TEST(SummaryJson, HostileNamesStayData) {
  const SegmentationSummary summary = hostile_summary();
  const Json json = Json::parse(summary_json(summary));
  EXPECT_THAT(json["segments"][0]["centroid"], SizeIs(5));
  EXPECT_THAT(json["features"][0].get<std::string>(), StartsWith("=HYPERLINK(\"http://x\",\"y\")\n\r\t\x1b[31m"));
  EXPECT_EQ(json["features"][1].get<std::string>().size(), 10'000U);
  // A level that is called "other" and the other levels are two things.
  EXPECT_THAT(keys_of(json["segments"][0]["centroid"].back()), ElementsAre(::testing::_, "other", "(other levels)"));
  EXPECT_FALSE(Json::parse(model_json(summary.model)).empty());
  EXPECT_FALSE(Json::parse(manifest_json(summary)).empty());
}

TEST(SummaryJson, ColumnsOfOneNameAreBothThere) {
  Json object = Json::object();
  SegmentationSummary summary = example_summary();
  summary.model.plan.sources[1].name = "income";
  const Json json = Json::parse(summary_json(summary));
  EXPECT_THAT(keys_of(json["segments"][0]["centroid"]), ElementsAre("income", "income (2)", "churn", "since", "city"));
}

TEST(ModelJson, HoldsTheModel) {
  const Model model = example_model();
  const Json json = Json::parse(model_json(model));
  EXPECT_EQ(json["format"], "tessera-model");
  EXPECT_EQ(json["seed"].get<std::uint64_t>(), model.seed);
  for (std::int64_t s = 0; s < 3; ++s) {
    const Json& segment = json["segments"][static_cast<std::size_t>(s)];
    for (std::int64_t j = 0; j < 7; ++j) {
      EXPECT_EQ(segment["prepared_centroid"][static_cast<std::size_t>(j)].get<float>(), model.centroids(s, j));
    }
  }
  EXPECT_EQ(json["preparation"]["sources"][0]["scale"].get<double>(), 20000.0);
  EXPECT_EQ(json["preparation"]["sources"][4]["prepared_features"][2]["grid_exponent"], -38);
}

/// Cells of a CSV text by RFC 4180.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& cell = rows.back().back();
    if (text[i] == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      cell += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      rows.back().emplace_back();
    } else if (text[i] == '\n' && !quoted) {
      rows.emplace_back(1, std::string());
    } else {
      cell += text[i];
    }
  }
  rows.pop_back();
  return rows;
}

TEST(SegmentsCsv, HasOneRowForEachSegmentAndOneForAll) {
  const auto rows = parse_csv(segments_csv(example_summary()));
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_THAT(rows[0], ElementsAre("segment", "name", "size", "share", "weight", "boundary", "boundary_share", "income",
                                   "visits", "churn", "since", "city=Paris", "city=Rome", "city=other"));
  for (const auto& row : rows) EXPECT_THAT(row, SizeIs(14));
  EXPECT_EQ(rows[2][0], "1");
  EXPECT_EQ(rows[2][2], "30");
  EXPECT_EQ(rows[2][3], "0.3");
  EXPECT_THAT(std::stod(rows[2][7]), DoubleNear(82000, 0.01));
  EXPECT_EQ(rows[4][0], "all");
  EXPECT_EQ(rows[4][2], "100");
}

TEST(SegmentsCsv, HostileNamesStayInTheirCells) {
  const auto rows = parse_csv(segments_csv(hostile_summary()));
  ASSERT_THAT(rows, SizeIs(5));
  for (const auto& row : rows) EXPECT_THAT(row, SizeIs(14));
  EXPECT_THAT(rows[0][7], StartsWith("'=HYPERLINK"));
}

TEST(Manifest, SaysHowTheRunCameAbout) {
  ::setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
  const std::string text = manifest_json(example_summary());
  ::unsetenv("SOURCE_DATE_EPOCH");
  const Json json = Json::parse(text);
  EXPECT_EQ(json["format"], "tessera-manifest");
  EXPECT_EQ(json["created"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(json["command"], "segment");
  EXPECT_EQ(json["seed"].get<std::uint64_t>(), 18446744073709551557ULL);
  EXPECT_EQ(json["input"]["file_name"], "customers.csv");
  EXPECT_EQ(json["input"]["fingerprint"]["method"], "sha256");
  EXPECT_EQ(json["input"]["rows"], 101);
  EXPECT_EQ(json["options"]["seed"], 7);
  EXPECT_EQ(json["options"]["strict-k"], false);
  EXPECT_THAT(json["options"]["features"].get<std::vector<std::string>>(), ElementsAre("income", "visits"));
  EXPECT_THAT(keys_of(json["options"]), ElementsAre("seed", "scale", "features", "tol", "strict-k"));
  EXPECT_EQ(json["versions"]["hdf5"], "1.10.8");
}

TEST(Manifest, CreationTimeIgnoresNonsense) {
  for (const char* nonsense : {"", "yesterday", "12x", "-5", "99999999999999999999"}) {
    ::setenv("SOURCE_DATE_EPOCH", nonsense, 1);
    EXPECT_THAT(creation_time(), AllOf(StartsWith("20"), ::testing::EndsWith("Z"), SizeIs(20))) << nonsense;
  }
  ::unsetenv("SOURCE_DATE_EPOCH");
}

TEST(Manifest, InputsAreIdentifiedByContent) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.csv";
  const CancelToken cancel;
  testing::write_all(path, "abc");
  const InputIdentity whole = identify_input(path, cancel);
  EXPECT_EQ(whole.file_name, "a.csv");
  EXPECT_EQ(whole.size_bytes, 3);
  EXPECT_EQ(whole.fingerprint_method, "sha256");
  // printf abc | sha256sum
  EXPECT_EQ(whole.fingerprint, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

  // A large file: a change at its start, at its end or of its length shows in the sampled fingerprint.
  std::string large(5 << 20, 'x');
  const auto sampled = [&] {
    testing::write_all(path, large);
    return identify_input(path, cancel, 1000);
  };
  const InputIdentity first = sampled();
  EXPECT_THAT(first.fingerprint_method, HasSubstr("64 blocks"));
  EXPECT_EQ(sampled().fingerprint, first.fingerprint);
  large.front() = 'y';
  EXPECT_NE(sampled().fingerprint, first.fingerprint);
  large.front() = 'x';
  large.back() = 'y';
  EXPECT_NE(sampled().fingerprint, first.fingerprint);
  large.back() = 'x';
  large += 'x';
  EXPECT_NE(sampled().fingerprint, first.fingerprint);
}

int widest_line(const std::string& text) {
  int widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, text::display_width(line));
  return widest;
}

TEST(RenderSummary, TellsAnAnalystWhatMatters) {
  const std::string text = render_summary(example_summary(), false, 200);
  EXPECT_THAT(text, StartsWith("3 segments in 101 customers\n"));
  EXPECT_THAT(text, HasSubstr("The data support 3 segments."));
  EXPECT_THAT(text, HasSubstr("income: 82,000 against 52,000 overall"));
  EXPECT_THAT(text, HasSubstr("5 customers (5.0%) could go either way"));
  EXPECT_THAT(text, HasSubstr("2 customers are unlike any segment"));
  EXPECT_THAT(text, HasSubstr("1 row was rejected"));
  EXPECT_THAT(text, HasSubstr("> 3"));
  EXPECT_THAT(text, HasSubstr("always possible"));
  EXPECT_THAT(text, HasSubstr("not stable: 0.70 is below 0.80"));
  EXPECT_THAT(text, HasSubstr("4 would be best"));
  EXPECT_THAT(text, HasSubstr("! income: -999 looks odd"));
  EXPECT_THAT(text, HasSubstr("7 missing cells were filled"));
  EXPECT_THAT(text, HasSubstr("Results in run"));
  EXPECT_THAT(text, Not(HasSubstr("assignments.csv")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(text.back(), '\n');
  EXPECT_THAT(render_summary(example_summary(), true), HasSubstr("\x1b[1m"));
}

TEST(RenderSummary, KeepsToTheWidth) {
  for (const int width : {60, 72, 100, 160}) {
    EXPECT_LE(widest_line(render_summary(example_summary(), false, width)), width);
    EXPECT_LE(widest_line(render_summary(hostile_summary(), false, width)), width);
  }
}

TEST(RenderSummary, HostileNamesCannotSteerTheTerminal) {
  const std::string text = render_summary(hostile_summary(), false, 100);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xE2\x80\xAE")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(RenderSummary, OneSegment) {
  SegmentationSummary summary = example_summary();
  summary.model = {};
  summary.model.plan = plan_of({numeric_source("x", Kind::continuous, 5, 2)});
  summary.model.centroids = Matrix<float>(1, 1);
  summary.model.weights = {101};
  summary.model.rows = {101};
  summary.k_selection.chosen = 1;
  summary.assigned.segment_rows = {101};
  summary.assigned.segment_boundary = {0};
  summary.assigned.boundary = 0;
  summary.assigned.simplified_silhouette = std::nan("");
  const std::string text = render_summary(summary);
  EXPECT_THAT(text, StartsWith("No segments: 101 customers form one group\n"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EXPECT_TRUE(Json::parse(summary_json(summary))["assignment"]["simplified_silhouette"].is_null());
}

TEST(RunFiles, AreAllThereWithEqualBytes) {
  const testing::TemporaryFolder folder;
  ::setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
  for (const char* name : {"one", "two"}) {
    RunDirectory run(folder.path() / name, false);
    write_run_files(run, example_summary());
    run.commit();
  }
  ::unsetenv("SOURCE_DATE_EPOCH");
  const auto names = testing::names_in(folder.path() / "one");
  EXPECT_THAT(names, ElementsAre("manifest.json", "model.h5", "model.json", "names.json", "report.html", "report.md",
                                 "segments.csv", "summary.json"));
  for (const std::string& name : names) {
    EXPECT_EQ(testing::read_all(folder.path() / "one" / name), testing::read_all(folder.path() / "two" / name)) << name;
    struct stat status = {};
    ASSERT_EQ(::stat((folder.path() / "one" / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0600U, 0600U) << name;
    EXPECT_EQ(status.st_mode & 0111U, 0U) << name;
  }
  EXPECT_TRUE(load_model(folder.path() / "one" / "model.h5") == example_model());
}

}  // namespace
}  // namespace tessera
