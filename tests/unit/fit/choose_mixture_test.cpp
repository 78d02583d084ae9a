// SPDX-License-Identifier: Apache-2.0
#include "fit/choose_mixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "feed/mixture_sweep.hpp"
#include "fit/mixture_path.hpp"
#include "fit/mixture_stability.hpp"
#include "stats/adjusted_rand.hpp"
#include "support/awkward_cases.hpp"
#include "support/mixture_fit.hpp"

namespace tessera {
namespace {

using testing::AwkwardRandom;
using ::testing::HasSubstr;
using ::testing::Not;

/// Long, flat groups that cross: their means are close, their shapes are not.
RowCollection crossed_groups(std::int64_t n) {
  AwkwardRandom random(11);
  RowCollection rows(2);
  for (std::int64_t i = 0; i < n; ++i) {
    const bool steep = random.uniform() < 0.4;
    const double along = 3.0 * random.bell(), across = 0.4 * random.bell();
    const std::vector<float> row = {static_cast<float>(steep ? across + 1.0 : along),
                                    static_cast<float>(steep ? along : across - 1.0)};
    rows.add({0, i, 1.0}, row);
  }
  return rows;
}

/// Squares filled evenly, which components of a mixture can never match.
RowCollection two_squares(std::int64_t n) {
  AwkwardRandom random(5);
  RowCollection rows(2);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::vector<float> row = {static_cast<float>(random.uniform() + (i % 2 == 0 ? 0.0 : 3.0)),
                                    static_cast<float>(random.uniform())};
    rows.add({0, i, 1.0}, row);
  }
  return rows;
}

RowCollection one_cloud(std::int64_t n, std::int64_t d) {
  AwkwardRandom random(21);
  RowCollection rows(d);
  std::vector<float> row(static_cast<std::size_t>(d));
  for (std::int64_t i = 0; i < n; ++i) {
    for (float& value : row) value = static_cast<float>(random.bell());
    rows.add({0, i, 1.0}, row);
  }
  return rows;
}

struct Asked {
  MixtureCriterion criterion = MixtureCriterion::bic;
  int smallest = 1, largest = 4;
  double least_share = 0.01;
};

MixtureChoice choose(const RowCollection& rows, const Asked& asked, const testing::Setting& setting = {"auto", 2, 0}) {
  testing::QuietJob job(setting.threads);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu", .cpu_level = setting.level}, context);
  return choose_mixture(
      rows, *backend, {.restarts = 4},
      {.smallest = asked.smallest, .largest = asked.largest, .least_share = asked.least_share, .criterion = asked.criterion},
      context);
}

const MixtureCriteria& chosen_of(const KSelection& selection) {
  return *std::ranges::find(selection.information, selection.chosen, &MixtureCriteria::segments);
}

TEST(ChooseMixture, FindsTheGroupsThatAreThereAndFindsThemAgain) {
  for (const MixtureCriterion criterion : {MixtureCriterion::bic, MixtureCriterion::icl}) {
    const MixtureChoice choice = choose(crossed_groups(2000), {.criterion = criterion});
    const KSelection& selection = choice.selection;
    EXPECT_EQ(selection.chosen, 2);
    EXPECT_EQ(choice.mixture.components(), 2);
    EXPECT_TRUE(selection.automatic);
    EXPECT_EQ(selection.information.size(), 4U);
    EXPECT_GT(chosen_of(selection).stability, 0.9);
    EXPECT_THAT(selection.verdict, HasSubstr(std::string(to_string(criterion))));
    EXPECT_THAT(selection.verdict, HasSubstr("is found again on halves of the customers (stability 0.9"));
    for (const MixtureCriteria& each : selection.information) EXPECT_GE(each.fit.icl(), each.fit.bic());
  }
}

TEST(ChooseMixture, OneGroupIsALegalAnswer) {
  const KSelection selection = choose(one_cloud(1500, 3), {}).selection;
  EXPECT_EQ(selection.chosen, 1);
  EXPECT_THAT(selection.verdict, HasSubstr("no segments"));
  EXPECT_THAT(selection.verdict, Not(HasSubstr("stability")));
  ASSERT_EQ(selection.information.size(), 4U);
  EXPECT_EQ(selection.information[0].stability, 1.0);
  for (std::size_t k = 1; k < 4; ++k) EXPECT_LT(selection.information[k].stability, kLeastStability);
}

TEST(ChooseMixture, SaysSoWhereTheChoiceIsNotFoundAgain) {
  const KSelection selection = choose(two_squares(400), {.criterion = MixtureCriterion::aic, .largest = 7}).selection;
  EXPECT_GT(selection.chosen, 2);
  EXPECT_LT(chosen_of(selection).stability, kLeastStability);
  EXPECT_GT(selection.information[1].stability, 0.99);
  EXPECT_THAT(selection.verdict, HasSubstr("by AIC"));
  EXPECT_THAT(selection.verdict, HasSubstr("not found again on halves of the customers: stability 0."));
  EXPECT_THAT(selection.verdict, HasSubstr("The nearest number that is: 2 (stability"));
  const KSelection without =
      choose(two_squares(400), {.criterion = MixtureCriterion::aic, .smallest = 4, .largest = 7}).selection;
  ASSERT_EQ(without.information.size(), 4U);
  EXPECT_EQ(without.information.front().segments, 4);
  EXPECT_THAT(without.verdict, HasSubstr("No other number of segments is."));
}

TEST(ChooseMixture, ComponentsOfTooFewRowsForTheirColumnsAreNotChosen) {
  const KSelection selection = choose(one_cloud(70, 12), {.largest = 6, .least_share = 0.0}).selection;
  EXPECT_EQ(selection.chosen, 1);
  int refused = 0;
  for (const MixtureCriteria& each : selection.information) {
    if (each.segments == 1) continue;
    EXPECT_EQ(each.reason.empty(), each.smallest_share >= 26.0 / 70.0) << each.segments;
    refused += each.reason.empty() ? 0 : 1;
  }
  EXPECT_GE(refused, 1);  // 70 rows have no room for 6 components of 26
}

TEST(ChooseMixture, FewRowsHaveNoHalves) {
  const KSelection selection = choose(two_squares(12), {.largest = 2}).selection;
  for (const MixtureCriteria& each : selection.information) EXPECT_TRUE(std::isnan(each.stability));
  EXPECT_THAT(selection.verdict, Not(HasSubstr("stability")));
}

TEST(ChooseMixture, SameForThreadsAndLevels) {
  const RowCollection rows = two_squares(600);
  const MixtureChoice wanted = choose(rows, {}, {"auto", 1, 0});
  for (const testing::Setting& setting : {testing::Setting{"auto", 3, 0}, {"sse4", 2, 0}, {"eigen", 2, 0}}) {
    const MixtureChoice got = choose(rows, {}, setting);
    EXPECT_EQ(got.mixture, wanted.mixture) << setting.level;
    EXPECT_EQ(got.selection.verdict, wanted.selection.verdict);
    for (std::size_t k = 0; k < wanted.selection.information.size(); ++k) {
      EXPECT_EQ(got.selection.information[k].stability, wanted.selection.information[k].stability);
      EXPECT_EQ(got.selection.information[k].fit.log_likelihood, wanted.selection.information[k].fit.log_likelihood);
    }
  }
}

class OnSamples : public ::testing::Test {
 protected:
  testing::QuietJob job_{1};
  JobContext context_ = job_.context();
  std::unique_ptr<Backend> backend_ = open_backend({.device = "cpu"}, context_);

  [[nodiscard]] std::vector<MixtureStep> path_of(MixtureSample& sample, const std::vector<double>* floors,
                                                 const MixturePathOptions& options) {
    MixtureFrame frame = measure_frame(sample.context(), sample.mean(), fit_);
    if (floors != nullptr) frame.floors = *floors;
    return mixture_path(sample, frame, fit_, options);
  }

  MixtureOptions fit_;
};

TEST_F(OnSamples, EveryStepOfAPathFitsBetterAndIsWhatItSays) {
  const RowCollection rows = two_squares(300);
  MixtureSample sample(rows, *backend_, context_);
  const std::vector<MixtureStep> path = path_of(sample, nullptr, {.largest = 4, .contest = {.iterations = 100}});
  ASSERT_EQ(path.size(), 4U);
  for (int k = 1; k <= 4; ++k) {
    const MixtureStep& step = path[static_cast<std::size_t>(k - 1)];
    EXPECT_EQ(step.mixture.components(), k);
    EXPECT_EQ(step.labels.size(), 300U);
    EXPECT_EQ(step.fit.parameters, free_parameters(step.mixture));
    if (k == 1) continue;
    EXPECT_GT(step.fit.log_likelihood, path[static_cast<std::size_t>(k - 2)].fit.log_likelihood);
  }
  std::vector<std::int32_t> truth;
  for (std::int32_t i = 0; i < 300; ++i) truth.push_back(i % 2);
  EXPECT_EQ(stats::adjusted_rand_index(truth, path[1].labels), 1.0);
}

TEST_F(OnSamples, RowsOfWeightZeroAreLeftOutButLabelled) {
  const RowCollection rows = crossed_groups(500);
  std::vector<double> weights(500, 1.0);
  RowCollection kept(2);
  for (std::int64_t i = 0; i < 500; ++i) {
    if (i % 3 == 0) weights[static_cast<std::size_t>(i)] = 0.0;
    if (i % 3 != 0) kept.add({0, i, 1.0}, rows.values.row(i));
  }
  MixtureSample part(rows, weights, *backend_, context_), alone(kept, *backend_, context_);
  const MixturePathOptions options = {.largest = 3, .contest = {.iterations = 30}};
  const auto of_part = path_of(part, nullptr, options), of_alone = path_of(alone, nullptr, options);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(of_part[k].labels.size(), 500U);
    EXPECT_NEAR(of_part[k].fit.log_likelihood, of_alone[k].fit.log_likelihood, 1e-9 * std::abs(of_alone[k].fit.log_likelihood));
    std::vector<std::int32_t> labels;
    for (std::size_t i = 0; i < 500; ++i) {
      if (i % 3 != 0) labels.push_back(of_part[k].labels[i]);
    }
    EXPECT_EQ(stats::adjusted_rand_index(labels, of_alone[k].labels), 1.0);
  }
}

TEST_F(OnSamples, HalvesOfClearGroupsAgreeAndComplementEachOther) {
  const RowCollection rows = two_squares(300);
  MixtureSample sample(rows, *backend_, context_);
  const MixtureFrame frame = measure_frame(sample.context(), sample.mean(), fit_);
  std::vector<std::vector<std::int32_t>> labelings(3, std::vector<std::int32_t>(300));
  AwkwardRandom random(2);
  for (std::size_t i = 0; i < 300; ++i) {
    labelings[1][i] = static_cast<std::int32_t>(i % 2);
    labelings[2][i] = static_cast<std::int32_t>(random.below(3));
  }
  for (int number = 0; number < 4; ++number) {
    const std::vector<double> agreement =
        half_mixture_agreement(rows, *backend_, fit_, frame.floors, labelings, number, context_);
    ASSERT_EQ(agreement.size(), 3U);
    EXPECT_EQ(agreement[0], 1.0);
    EXPECT_EQ(agreement[1], 1.0);
    EXPECT_NEAR(agreement[2], 0.0, 0.1);
  }
}

TEST(Collapse, ComponentsWithoutRoomComeBehind) {
  Mixture mixture;
  mixture.covariance = Covariance::full;
  mixture.weights = {0.5, 0.5};
  mixture.means = Matrix<double>(2, 4);
  mixture.covariances = Matrix<double>(8, 4);
  EXPECT_DOUBLE_EQ(least_sound_share(mixture, 100), 0.1);
  mixture.covariance = Covariance::diag;
  EXPECT_DOUBLE_EQ(least_sound_share(mixture, 100), 0.04);
  mixture.covariance = Covariance::tied;
  EXPECT_EQ(least_sound_share(mixture, 100), 0.0);
}

}  // namespace
}  // namespace tessera
