// SPDX-License-Identifier: Apache-2.0
// Reads model files that differ from a sound one in what the input says. Whatever the difference, reading ends in an Error or
// in a model that can be described.
//
// The first byte chooses between two kinds of difference; the rest is a list of them.
//  * Values: the raw data and the numeric attributes are changed through HDF5, so that the file stays sound as a file and all
//  the
//    checks of our reader are reached, in this process, where coverage guides the search.
//  * Bytes: anywhere in the file, read as load_model() does, in a child first, because HDF5 itself may crash.
#include <hdf5.h>
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "hdf5/handle.hpp"
#include "input.hpp"
#include "report/model_reader.hpp"
#include "report/summary.hpp"
#include "tessera/error.hpp"
#include "tessera/model.hpp"
#include "unit/report/example.hpp"

namespace {

using namespace tessera;
namespace fs = std::filesystem;

using fuzz::Input;

/// The sound model, and where its copies go.
struct Ground {
  Ground() {
    const fs::path folder = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    path = folder / ("tessera-model-fuzz-" + std::to_string(::getpid()) + ".h5");
    save_model(testing::example_model(), path);
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  ~Ground() { fs::remove(path); }
  void write(const std::string& content) const { std::ofstream(path, std::ios::binary | std::ios::trunc) << content; }

  fs::path path;
  std::string bytes;
};

constexpr std::array kDatasets = {"/centroids",
                                  "/weights",
                                  "/rows",
                                  "/plan/features/grid_exponent",
                                  "/plan/sources/fill",
                                  "/plan/sources/center",
                                  "/plan/sources/scale",
                                  "/plan/sources/block_factor",
                                  "/plan/sources/skew",
                                  "/plan/sources/missing",
                                  "/plan/sources/has_other",
                                  "/plan/sources/fill_level",
                                  "/plan/sources/first_feature",
                                  "/plan/sources/feature_count",
                                  "/plan/sources/level_count",
                                  "/plan/sources/name",
                                  "/plan/sources/kind",
                                  "/plan/sources/transform",
                                  "/plan/levels",
                                  "/plan/features/name"};
constexpr std::array kAttributes = {"inertia", "iterations", "converged", "outlier_quantile", "outlier_distance", "seed"};
constexpr std::array kPlanAttributes = {"weight_exponent", "largest_weight", "as_of_days"};

/// Writes bytes of the input somewhere into the raw data of a dataset.
void change_bytes(hid_t dataset, Input& input) {
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  const auto cells = static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.get())));
  std::vector<char> raw(cells * H5Tget_size(type.get()));
  if (raw.empty() || H5Dread(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0) return;
  const std::size_t offset = input.take<std::uint16_t>() % raw.size();
  const std::size_t count = std::min<std::size_t>(1 + input.take<std::uint8_t>() % 8, raw.size() - offset);
  for (std::size_t i = 0; i < count; ++i) raw[offset + i] = input.take<char>();
  H5Dwrite(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data());
}

/// Sets one cell of a numeric dataset.
void change_number(hid_t dataset, Input& input) {
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
  if (H5Tget_class(type.get()) == H5T_STRING) return change_bytes(dataset, input);
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  const auto cells = static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.get())));
  std::vector<double> values(cells);
  if (cells == 0 || H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) return;
  values[input.take<std::uint8_t>() % cells] = input.take_number();
  H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

void change_attribute(hid_t file, const char* object, const char* name, Input& input) {
  const Hdf5Handle attribute(H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const double value = input.take_number();
  if (attribute) H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, &value);
}

void change_values(const fs::path& path, Input& input) {
  const Hdf5Session session;
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  while (!input.empty()) {
    const auto what = input.take<std::uint8_t>();
    if (what >= 224) {
      change_attribute(file.get(), "/plan", kPlanAttributes[what % kPlanAttributes.size()], input);
    } else if (what >= 192) {
      change_attribute(file.get(), "/", kAttributes[what % kAttributes.size()], input);
    } else {
      const Hdf5Handle dataset(H5Dopen2(file.get(), kDatasets[what % kDatasets.size()], H5P_DEFAULT), H5Dclose);
      if (dataset) what >= 96 ? change_bytes(dataset.get(), input) : change_number(dataset.get(), input);
    }
  }
}

std::string changed_bytes(std::string bytes, Input& input) {
  while (!input.empty()) {
    const std::size_t offset = (input.take<std::uint16_t>() | std::size_t{input.take<std::uint8_t>()} << 16) % bytes.size();
    const auto value = input.take<std::uint8_t>();
    if (value == 0xA5 && offset > 0) {
      bytes.resize(offset);
    } else {
      bytes[offset] = static_cast<char>(bytes[offset] ^ static_cast<char>(value));
    }
  }
  return bytes;
}

}  // namespace

/// An input is a list of changes of some bytes each, so that a search that begins with the shortest inputs would begin with
/// nothing.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  static std::vector<char*> extended(*arguments, *arguments + *count);
  static std::array<char, 15> option = {"-len_control=0"};
  extended.push_back(option.data());
  *count = static_cast<int>(extended.size());
  extended.push_back(nullptr);
  *arguments = extended.data();
  // A child that HDF5 crashes in is no finding.
  ::pthread_atfork(nullptr, nullptr, [] { __sanitizer_set_death_callback(nullptr); });
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Ground ground;
  if (size > 256) return -1;
  Input input(data, size);
  const bool by_value = input.take<std::uint8_t>() < 224;
  if (by_value) {
    ground.write(ground.bytes);
    change_values(ground.path, input);
  } else {
    ground.write(changed_bytes(ground.bytes, input));
  }
  try {
    const Model model = by_value ? read_model(ground.path) : load_model(ground.path);
    if (model_json(model).empty()) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
