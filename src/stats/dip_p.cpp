// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "stats/dip.hpp"

namespace tessera::stats {
namespace {

/// Chances of a larger dip, for which the table has sqrt(n) * dip.
constexpr std::array<double, 18> kUpper = {0.99, 0.95, 0.9,  0.8,  0.7,  0.6,   0.5,   0.4,   0.3,
                                           0.2,  0.1,  0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0001};

struct Size {
  double n;
  std::array<double, kUpper.size()> quantiles;
};

/// From up to a million samples of n uniform values each: made by tests/calibrate/calibrate_dip.cpp.
constexpr std::array<Size, 18> kSizes = {{
    {4,
     {0.25000, 0.25000, 0.25000, 0.25000, 0.25000, 0.25000, 0.25000, 0.25000, 0.26512, 0.31513, 0.37526, 0.41470, 0.44780,
      0.46358, 0.47453, 0.48392, 0.48867, 0.49640}},
    {5,
     {0.22361, 0.22361, 0.22361, 0.22361, 0.22361, 0.24307, 0.27175, 0.30019, 0.32943, 0.36009, 0.39524, 0.41674, 0.43305,
      0.43944, 0.44321, 0.44553, 0.44638, 0.44713}},
    {6,
     {0.20412, 0.20412, 0.20412, 0.22632, 0.25438, 0.27877, 0.30133, 0.32297, 0.34405, 0.36590, 0.38971, 0.40355, 0.43933,
      0.47070, 0.49555, 0.52188, 0.53744, 0.57241}},
    {7,
     {0.18898, 0.19229, 0.21654, 0.24911, 0.27337, 0.29373, 0.31187, 0.32881, 0.34516, 0.36165, 0.38240, 0.42350, 0.46433,
      0.48669, 0.50548, 0.52446, 0.53582, 0.55593}},
    {8,
     {0.17678, 0.20888, 0.23187, 0.26102, 0.28189, 0.29893, 0.31392, 0.32781, 0.34098, 0.35502, 0.40138, 0.43554, 0.46923,
      0.48914, 0.50572, 0.52665, 0.54860, 0.60537}},
    {9,
     {0.18412, 0.22025, 0.24139, 0.26715, 0.28514, 0.29977, 0.31240, 0.32393, 0.33741, 0.36843, 0.40909, 0.43956, 0.47095,
      0.49259, 0.51824, 0.54759, 0.56514, 0.60694}},
    {10,
     {0.19245, 0.22724, 0.24664, 0.26979, 0.28568, 0.29830, 0.30918, 0.32306, 0.34760, 0.37574, 0.41272, 0.44176, 0.47673,
      0.50445, 0.52775, 0.55337, 0.57032, 0.62153}},
    {12,
     {0.20399, 0.23456, 0.25079, 0.26948, 0.28204, 0.29578, 0.31553, 0.33543, 0.35666, 0.38133, 0.41610, 0.45026, 0.48974,
      0.51508, 0.53662, 0.56513, 0.58552, 0.64284}},
    {15,
     {0.21128, 0.23620, 0.24878, 0.26800, 0.28849, 0.30649, 0.32356, 0.34107, 0.36041, 0.38569, 0.42591, 0.45949, 0.49849,
      0.52604, 0.55025, 0.58027, 0.60059, 0.65970}},
    {20,
     {0.21218, 0.23580, 0.25398, 0.27743, 0.29531, 0.31142, 0.32806, 0.34732, 0.36896, 0.39526, 0.43508, 0.47040, 0.51163,
      0.54006, 0.56684, 0.59818, 0.61991, 0.68479}},
    {30,
     {0.21659, 0.24351, 0.25966, 0.28297, 0.30190, 0.31921, 0.33662, 0.35563, 0.37763, 0.40515, 0.44663, 0.48333, 0.52626,
      0.55578, 0.58334, 0.61805, 0.64118, 0.71315}},
    {50,
     {0.22208, 0.24961, 0.26674, 0.29045, 0.30946, 0.32734, 0.34554, 0.36509, 0.38759, 0.41599, 0.45873, 0.49665, 0.54179,
      0.57332, 0.60210, 0.63761, 0.66221, 0.74061}},
    {100,
     {0.22829, 0.25657, 0.27410, 0.29815, 0.31771, 0.33598, 0.35470, 0.37482, 0.39801, 0.42710, 0.47129, 0.51072, 0.55798,
      0.59060, 0.62094, 0.65803, 0.68766, 0.76376}},
    {200,
     {0.23330, 0.26188, 0.27974, 0.30417, 0.32407, 0.34277, 0.36168, 0.38208, 0.40569, 0.43554, 0.48056, 0.52088, 0.56880,
      0.60251, 0.63438, 0.67338, 0.70038, 0.79011}},
    {500,
     {0.23805, 0.26683, 0.28479, 0.30975, 0.32995, 0.34876, 0.36797, 0.38874, 0.41251, 0.44270, 0.48885, 0.53025, 0.57979,
      0.61436, 0.64686, 0.68628, 0.71597, 0.80932}},
    {1000,
     {0.24033, 0.26960, 0.28771, 0.31266, 0.33281, 0.35185, 0.37119, 0.39209, 0.41615, 0.44672, 0.49324, 0.53499, 0.58465,
      0.61994, 0.65217, 0.69215, 0.72011, 0.81033}},
    {2000,
     {0.24242, 0.27150, 0.28991, 0.31503, 0.33540, 0.35459, 0.37414, 0.39515, 0.41924, 0.45006, 0.49667, 0.53901, 0.58925,
      0.62477, 0.65809, 0.69827, 0.72778, 0.81811}},
    {5000,
     {0.24465, 0.27332, 0.29175, 0.31673, 0.33699, 0.35657, 0.37589, 0.39733, 0.42161, 0.45295, 0.50029, 0.54189, 0.59281,
      0.62685, 0.65948, 0.70315, 0.72872, 0.83874}},
}};

/// Quantiles for any size, linear in 1 / sqrt(n) between those of the table.
std::array<double, kUpper.size()> quantiles_of(double n) {
  const auto above = std::ranges::lower_bound(kSizes, n, {}, &Size::n);
  if (above == kSizes.end()) return kSizes.back().quantiles;
  if (above == kSizes.begin()) return kSizes.front().quantiles;
  const Size& small = *(above - 1);
  const double from = 1.0 / std::sqrt(small.n);
  const double along = (1.0 / std::sqrt(n) - from) / (1.0 / std::sqrt(above->n) - from);
  std::array<double, kUpper.size()> quantiles{};
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    quantiles[i] = small.quantiles[i] + along * (above->quantiles[i] - small.quantiles[i]);
  }
  return quantiles;
}

}  // namespace

double dip_p(double dip, double n) {
  const double reached = std::sqrt(n) * dip;
  if (!(n >= kSizes.front().n) || std::isnan(reached)) return kUndefined;
  const std::array<double, kUpper.size()> quantiles = quantiles_of(n);
  if (reached <= quantiles.front()) return 1.0;
  // log p is close to linear in the square, as in a Gaussian tail; beyond the table the last stretch goes on.
  const auto above = static_cast<std::size_t>(std::ranges::upper_bound(quantiles, reached) - quantiles.begin());
  const std::size_t i = std::min(above, quantiles.size() - 1);
  const double low = quantiles[i - 1] * quantiles[i - 1];
  const double high = quantiles[i] * quantiles[i];
  const double along = (reached * reached - low) / (high - low);
  const double log_p = std::log(kUpper[i - 1]) + along * std::log(kUpper[i] / kUpper[i - 1]);
  return std::max(kLeastDipP, std::exp(log_p));
}

}  // namespace tessera::stats
