// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <functional>
#include <limits>
#include <random>

#include "example.hpp"
#include "files.hpp"
#include "hdf5/attribute.hpp"
#include "hdf5/handle.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"
#include "tessera/model.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using testing::example_model;
using ::testing::HasSubstr;
using testing::read_all;

/// A model file opened to be tampered with.
class Tampering {
 public:
  explicit Tampering(const fs::path& path) : file_(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose) {
    if (!file_) throw std::runtime_error("cannot open " + path.string());
  }
  template <typename Value>
  void set_attribute(const char* object, const char* name, const Value& value) {
    const Hdf5Handle owner(H5Oopen(file_.get(), object, H5P_DEFAULT), H5Oclose);
    H5Adelete(owner.get(), name);
    hdf5::write_attribute(owner.get(), name, value);
  }
  void set_variable_text(const char* object, const char* name, const char* value) {
    const Hdf5Handle owner(H5Oopen(file_.get(), object, H5P_DEFAULT), H5Oclose);
    H5Adelete(owner.get(), name);
    const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), H5T_VARIABLE);
    const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Handle attribute(H5Acreate2(owner.get(), name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    H5Awrite(attribute.get(), type.get(), &value);
  }
  void remove_attribute(const char* object, const char* name) {
    const Hdf5Handle owner(H5Oopen(file_.get(), object, H5P_DEFAULT), H5Oclose);
    H5Adelete(owner.get(), name);
  }
  void remove(const char* name) { H5Ldelete(file_.get(), name, H5P_DEFAULT); }
  /// Sets the first value of a dataset of float64 (converted to its type).
  void set_first(const char* name, double value) {
    const Hdf5Handle dataset(H5Dopen2(file_.get(), name, H5P_DEFAULT), H5Dclose);
    const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose);
    const hsize_t start[2] = {0, 0}, count[2] = {1, 1};
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start, nullptr, count, nullptr);
    const Hdf5Handle one(H5Screate_simple(1, count, nullptr), H5Sclose);
    if (H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, one.get(), space.get(), H5P_DEFAULT, &value) < 0) {
      throw std::runtime_error(name);
    }
  }
  /// Replaces a dataset by another of zeros.
  void replace(const char* name, hid_t type, std::vector<hsize_t> shape) {
    remove(name);
    const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Hdf5Handle dataset(H5Dcreate2(file_.get(), name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  }

 private:
  Hdf5Handle file_;
};

struct ModelFileTest : ::testing::Test {
  testing::TemporaryFolder folder;
  fs::path path = folder.path() / "model.h5";
};

TEST_F(ModelFileTest, ARoundTripGivesAnEqualModel) {
  const Model model = example_model();
  save_model(model, path);
  EXPECT_TRUE(load_model(path) == model);
}

TEST_F(ModelFileTest, ARoundTripKeepsEveryBitOfEveryNumber) {
  Model model = example_model();
  model.plan.sources[0].center = 0.1 + 0.2;
  model.plan.sources[0].scale = std::numeric_limits<double>::denorm_min();
  model.plan.sources[1].fill = -0.0;
  model.centroids(0, 0) = std::numeric_limits<float>::denorm_min();
  model.centroids(1, 0) = -std::numeric_limits<float>::max();
  model.inertia = std::numeric_limits<double>::max();
  model.outlier_distance = std::numeric_limits<float>::infinity();
  model.seed = std::numeric_limits<std::uint64_t>::max();
  save_model(model, path);
  const Model loaded = load_model(path);
  EXPECT_TRUE(loaded == model);
  EXPECT_TRUE(std::signbit(loaded.plan.sources[1].fill));
}

TEST_F(ModelFileTest, EveryPolicyForMissingCellsComesBack) {
  for (const MissingPolicy missing :
       {MissingPolicy::impute, MissingPolicy::error, MissingPolicy::drop_row, MissingPolicy::em, MissingPolicy::partial}) {
    Model model = example_model();
    model.plan.missing = missing;
    save_model(model, path);
    EXPECT_EQ(load_model(path).plan.missing, missing);
  }
}

TEST_F(ModelFileTest, HostileNamesSurvive) {
  Model model = example_model();
  model.plan.sources[0].name = "=HYPERLINK(\"http://x\",\"y\")\n\xE2\x80\xAE" + std::string(10'000, 'x');
  model.plan.sources[4].levels = {"", " padded ", "caf\xE9"};
  model.plan.sources[4].has_other = false;
  model.plan.feature_names[0] = model.plan.sources[0].name;
  model.plan.id_column = std::string(70'000, 'i');
  model.plan.decisions = {};
  save_model(model, path);
  EXPECT_TRUE(load_model(path) == model);
}

TEST_F(ModelFileTest, ModelsOfOneSegmentAndOneFeature) {
  Model model;
  model.plan = testing::plan_of({testing::numeric_source("x", Kind::continuous, 0, 1)});
  model.centroids = Matrix<float>(1, 1);
  model.weights = {0};
  model.rows = {0};
  save_model(model, path);
  EXPECT_TRUE(load_model(path) == model);
}

TEST_F(ModelFileTest, EqualModelsGiveEqualBytes) {
  save_model(example_model(), path);
  save_model(example_model(), folder.path() / "again.h5");
  EXPECT_TRUE(read_all(path) == read_all(folder.path() / "again.h5"));
}

TEST_F(ModelFileTest, ALaterMinorVersionIsReadAndALaterMajorRefused) {
  save_model(example_model(), path);
  {
    Tampering file(path);
    file.set_attribute("/", "format_version", std::string("1.7"));
    file.set_attribute("/", "invented_later", 3.0);
  }
  EXPECT_TRUE(load_model(path) == example_model());
  Tampering(path).set_attribute("/", "format_version", std::string("3.0"));
  try {
    (void)load_model(path);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("3.0"));
    EXPECT_THAT(error.advice(), HasSubstr("later"));
  }
}

TEST_F(ModelFileTest, FilesThatAreNoModels) {
  try {
    (void)load_model(folder.path() / "nowhere.h5");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_input);
  }
  EXPECT_THROW((void)load_model(folder.path()), DataError);
  testing::write_all(path, "");
  EXPECT_THROW((void)load_model(path), Error);
  testing::write_all(path, "junk, and not a little of it");
  EXPECT_THROW((void)load_model(path), Error);
  save_model(example_model(), path);
  Tampering(path).set_attribute("/", "format", std::string("tessera-assignments"));
  EXPECT_THROW((void)load_model(path), DataError);
}

/// Every way to make a model unusable, and what the message has to mention.
struct Damage {
  const char* mentions;
  std::function<void(Tampering&)> make;
};

TEST_F(ModelFileTest, EveryDamagedValueIsFound) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto first = [](const char* name, double value) { return [=](Tampering& f) { f.set_first(name, value); }; };
  const auto root = [](const char* name, double value) { return [=](Tampering& f) { f.set_attribute("/", name, value); }; };
  const std::vector<Damage> damages = {
      {"centroid is not finite", first("/centroids", nan)},
      {"centroid is not finite", first("/centroids", infinity)},
      {"weight is negative", first("/weights", -1)},
      {"number of rows", first("/rows", -1)},
      {"scale", first("/plan/sources/scale", 0)},
      {"scale", first("/plan/sources/scale", -1)},
      {"scale", first("/plan/sources/scale", infinity)},
      {"factor", first("/plan/sources/block_factor", nan)},
      {"center", first("/plan/sources/center", nan)},
      {"fill", first("/plan/sources/fill", infinity)},
      {"missing cells", first("/plan/sources/missing", -5)},
      {"out of order", first("/plan/sources/first_feature", 1)},
      {"out of order", first("/plan/sources/feature_count", 0)},
      {"out of order", first("/plan/sources/feature_count", -2147483648.0)},
      {"differ in number", first("/plan/sources/feature_count", 2147483647.0)},
      {"exactly one feature", first("/plan/sources/has_other", 1)},
      {"fewer levels", first("/plan/sources/level_count", 3)},
      {"fewer levels", first("/plan/sources/level_count", -1)},
      {"fewer levels", first("/plan/sources/level_count", 9e18)},
      {"grid", first("/plan/features/grid_exponent", 5000)},
      {"inertia", root("inertia", nan)},
      {"inertia", root("inertia", -1)},
      {"quantile", root("outlier_quantile", 1.5)},
      {"distance of outliers", root("outlier_distance", -1.0)},
      {"out of range", root("outlier_distance", 1e300)},
      {"attribute 'inertia' is missing", [](Tampering& f) { f.remove_attribute("/", "inertia"); }},
      {"attribute 'scale' is missing", [](Tampering& f) { f.remove_attribute("/plan", "scale"); }},
      {"unknown", [](Tampering& f) { f.set_attribute("/plan", "scale", std::string("cubic")); }},
      {"unknown", [](Tampering& f) { f.set_attribute("/plan", "missing", std::string("")); }},
      {"version", [](Tampering& f) { f.set_attribute("/", "format_version", std::string("one")); }},
      {"largest weight", [](Tampering& f) { f.set_attribute("/plan", "largest_weight", 0.0); }},
      {"out of range", [](Tampering& f) { f.set_attribute("/plan", "weight_exponent", std::int64_t{1} << 40); }},
      {"date", [nan](Tampering& f) { f.set_attribute("/plan", "as_of_days", nan); }},
      {"no such object", [](Tampering& f) { f.remove("/centroids"); }},
      {"no such object", [](Tampering& f) { f.remove("/plan/levels"); }},
      {"differ in number", [](Tampering& f) { f.replace("/weights", H5T_NATIVE_DOUBLE, {2}); }},
      {"differ in number",
       [](Tampering& f) {
         f.replace("/centroids", H5T_NATIVE_FLOAT, {3, 6});
       }},
      {"number of segments",
       [](Tampering& f) {
         f.replace("/centroids", H5T_NATIVE_FLOAT, {0, 7});
       }},
      {"number of segments",
       [](Tampering& f) {
         f.replace("/centroids", H5T_NATIVE_FLOAT, {3, 0});
       }},
      {"dimensions", [](Tampering& f) { f.replace("/centroids", H5T_NATIVE_FLOAT, {21}); }},
      {"wrong type",
       [](Tampering& f) {
         f.replace("/centroids", H5T_NATIVE_DOUBLE, {3, 7});
       }},
      {"wrong type", [](Tampering& f) { f.replace("/plan/levels", H5T_NATIVE_DOUBLE, {2}); }},
      {"larger than the file", [](Tampering& f) { f.replace("/rows", H5T_NATIVE_INT64, {hsize_t{1} << 40}); }},
      {"larger than the file",
       [](Tampering& f) { f.replace("/plan/features/grid_exponent", H5T_NATIVE_INT32, {hsize_t{1} << 50}); }},
      {"length", [](Tampering& f) { f.replace("/plan/sources/skew", H5T_NATIVE_DOUBLE, {4}); }},
  };
  for (std::size_t i = 0; i < damages.size(); ++i) {
    save_model(example_model(), path);
    {
      Tampering file(path);
      damages[i].make(file);
    }
    try {
      (void)load_model(path);
      ADD_FAILURE() << "damage " << i << " went unnoticed: " << damages[i].mentions;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(damages[i].mentions)) << "damage " << i;
      EXPECT_THAT(error.what(), HasSubstr("model.h5")) << "damage " << i;
    }
  }
}

/// Reading variable-length text from a damaged file is what crashes HDF5 most easily, so there is none and none is read.
TEST_F(ModelFileTest, TextOfVariableLengthIsNotRead) {
  save_model(example_model(), path);
  EXPECT_EQ(read_all(path).find("GCOL"), std::string::npos);  // the signature of HDF5's heap
  {
    Tampering file(path);
    file.set_variable_text("/", "format", "tessera-model");
  }
  EXPECT_THROW((void)load_model(path), DataError);
}

TEST_F(ModelFileTest, LevelsThatRepeatAreFound) {
  Model model = example_model();
  model.plan.sources[4].levels = {"Paris", "Paris"};
  save_model(model, path);
  EXPECT_THROW((void)load_model(path), DataError);
}

TEST_F(ModelFileTest, NamesThatRepeatAreFound) {
  Model model = example_model();
  model.plan.sources[1].name = "income";
  save_model(model, path);
  EXPECT_THROW((void)load_model(path), DataError);
}

/// Loads and uses whatever it is: an Error, or a model that can be described.
void load_and_use(const fs::path& path) {
  try {
    const Model model = load_model(path);
    EXPECT_FALSE(model_json(model).empty());
  } catch (const Error&) {
  }
}

TEST_F(ModelFileTest, TruncatedFilesEndInAnError) {
  save_model(example_model(), path);
  const std::string whole = read_all(path);
  std::mt19937 random(1);
  for (int i = 0; i < 60; ++i) {
    testing::write_all(path, whole.substr(0, random() % whole.size()));
    EXPECT_THROW((void)load_model(path), Error) << i;
  }
}

TEST_F(ModelFileTest, FlippedBytesEndInAnErrorOrAUsableModel) {
  save_model(example_model(), path);
  const std::string whole = read_all(path);
  std::mt19937 random(2);
  for (int i = 0; i < 200; ++i) {
    std::string damaged = whole;
    for (auto flips = 1 + random() % 3; flips > 0; --flips) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1U << (random() % 8));
    }
    testing::write_all(path, damaged);
    load_and_use(path);
  }
}

}  // namespace
}  // namespace tessera
