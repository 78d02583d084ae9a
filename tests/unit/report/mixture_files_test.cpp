// SPDX-License-Identifier: Apache-2.0
// What a mixture adds to the model and to the assignments.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "example.hpp"
#include "prepare/category_blocks.hpp"
#include "report/mixture_units.hpp"
#include "report/summary.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

Model soft_model(Covariance covariance) {
  Model model = testing::example_model();
  const std::int64_t k = model.segments(), d = model.centroids.columns();
  Mixture mixture;
  mixture.covariance = covariance;
  mixture.categories = category_blocks(model.plan);
  const std::int64_t g = std::ssize(number_features(d, mixture.categories));
  mixture.center.assign(static_cast<std::size_t>(d), 0.125);
  mixture.weights.assign(static_cast<std::size_t>(k), 1.0 / static_cast<double>(k));
  mixture.means = Matrix<double>(k, d);
  for (std::int64_t i = 0; i < k * d; ++i) mixture.means.data()[i] = double{model.centroids.data()[i]} + 1e-9;
  const std::int64_t matrices = covariance == Covariance::full ? k : covariance == Covariance::tied ? 1 : 0;
  mixture.covariances =
      matrices > 0 ? Matrix<double>(matrices * g, g) : Matrix<double>(k, covariance == Covariance::diag ? g : 1, 0.75);
  for (std::int64_t i = 0; i < matrices * g; ++i) {
    for (std::int64_t j = 0; j < g; ++j) mixture.covariances(i, j) = i % g == j ? 2.0 : 0.25;
  }
  model.mixture = mixture;
  return model;
}

class MixtureFiles : public ::testing::TestWithParam<Covariance> {
 protected:
  testing::TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Covariances, MixtureFiles,
                         ::testing::Values(Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(MixtureFiles, AModelReadsBackAsItWas) {
  const Model model = soft_model(GetParam());
  save_model(model, folder_.path() / "model.h5");
  EXPECT_EQ(load_model(folder_.path() / "model.h5"), model);
}

TEST_P(MixtureFiles, PartsThatDoNotFitAreDamage) {
  const auto refuses = [&](auto damage) {
    Model model = soft_model(GetParam());
    damage(*model.mixture);
    save_model(model, folder_.path() / "model.h5");
    EXPECT_THROW((void)load_model(folder_.path() / "model.h5"), DataError);
  };
  refuses([](Mixture& mixture) { mixture.covariances.resize_rows(mixture.covariances.rows() + 1); });
  refuses([](Mixture& mixture) { mixture.covariances(0, 0) = std::nan(""); });
  refuses([](Mixture& mixture) { mixture.weights.front() = -1.0; });
  refuses([](Mixture& mixture) { mixture.weights.pop_back(); });
  refuses([](Mixture& mixture) { mixture.center.pop_back(); });
  refuses([](Mixture& mixture) { mixture.means(0, 0) = HUGE_VAL; });
}

TEST_P(MixtureFiles, OriginalUnitsUndoTheScaling) {
  const Model model = soft_model(GetParam());
  const MomentsInUnits original = in_original_units(model.plan, *model.mixture);
  std::int64_t g = 0;
  for (const FeatureSource& source : model.plan.sources) {
    const double factor = source.scale / source.block_factor;
    for (std::int64_t j = source.first_feature; j < source.first_feature + source.feature_count; ++j) {
      const double offset = source.levels.empty() ? source.center : 0.0;
      EXPECT_NEAR(original.means(0, j), offset + factor * model.mixture->means(0, j),
                  1e-9 * (1.0 + std::abs(original.means(0, j))));
    }
    if (!source.levels.empty() || source.kind == Kind::binary) continue;
    const bool matrices = GetParam() == Covariance::full || GetParam() == Covariance::tied;
    const double prepared = matrices                         ? model.mixture->covariances(g, g)
                            : GetParam() == Covariance::diag ? model.mixture->covariances(0, g)
                                                             : model.mixture->covariances(0, 0);
    EXPECT_NEAR(original.covariances(matrices ? g : 0, g), prepared * factor * factor, 1e-9 * prepared * factor * factor);
    ++g;
  }
  EXPECT_EQ(original.covariances.columns(), g);
  EXPECT_LT(g, model.centroids.columns()) << "the example has categories";
}

TEST_P(MixtureFiles, ModelJsonHoldsBothUnits) {
  const nlohmann::json json = nlohmann::json::parse(model_json(soft_model(GetParam())));
  EXPECT_EQ(json["format_version"], "2.0");
  EXPECT_EQ(json["mixture"]["covariance"], to_string(GetParam()));
  for (const char* units : {"prepared", "original"}) {
    EXPECT_EQ(json["mixture"][units]["means"].size(), json["k"].get<std::size_t>());
    EXPECT_FALSE(json["mixture"][units]["covariances"].empty());
  }
}

TEST(PlainModels, KeepTheirFormat) {
  testing::TemporaryFolder folder;
  const nlohmann::json json = nlohmann::json::parse(model_json(testing::example_model()));
  EXPECT_EQ(json["format_version"], "1.0");
  EXPECT_FALSE(json.contains("mixture"));
}

}  // namespace
}  // namespace tessera
