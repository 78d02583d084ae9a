// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/cuda/cuda_devices.hpp"
#include "backend/cuda/leaf_sums.hpp"
#include "backend/cuda/mixture_plan.hpp"
#include "backend/cuda/row_slot.hpp"
#include "backend/mixture_density.hpp"
#include "kernels/mixture_arguments.hpp"
#include "tessera/mixture_pass.hpp"

namespace tessera::cuda {

/// What a mixture pass needs of its task.
struct MixtureModel {
  /// @throws NumericalError if a covariance is not positive definite
  explicit MixtureModel(const MixtureTask& task);

  [[nodiscard]] std::int64_t components() const { return density.components; }
  [[nodiscard]] MixtureShape shape(bool results, bool probabilities) const;

  MixtureDensity density;
  std::int64_t features;                      ///< of a row
  std::vector<std::int32_t> numbers;          ///< features of a row that the density is of
  std::vector<CategoryBlock> blocks;          ///< whose levels are counted
  std::vector<kernels::Category> categories;  ///< the same for kernels
  Matrix<double> log_shares;                  ///< [levels x k]; empty if the mixture has no categories
  std::vector<std::int32_t> summed;           ///< features of a row that have moments
  std::vector<double> summed_center;
  SecondMoments second;
  bool statistics;
  /// The right columns of the products: second moments as MixtureStatistics has them, first ones, 1, levels.
  std::vector<kernels::ProductFactors> factors;
  ProductTiles tiles{0, 0};  ///< of shares by products; none without statistics
};

/// A place for a slab: its rows and what is found of them.
struct MixtureSlot {
  RowSlot rows;
  ResultBuffer<std::int32_t> segment, runner_up;
  ResultBuffer<double> probability, runner_up_probability, distance2;
  ResultBuffer<float> probabilities;

  /// Begins to copy results to the host.
  void fetch(const MixtureOutputs& outputs);
  /// Hands over results that are under way.
  void deliver();
  void forget();
};

/// Streams and memory of one mixture pass; see Workspace.
class MixtureWorkspace {
 public:
  /// @throws DeviceError, AllocationError
  explicit MixtureWorkspace(const Device& device) : device_(device) {}
  ~MixtureWorkspace();
  MixtureWorkspace(const MixtureWorkspace&) = delete;
  MixtureWorkspace& operator=(const MixtureWorkspace&) = delete;

  /// Makes room for a pass, in slabs that are halved until they fit, and brings the model to the device.
  /// @param most_rows  that may lie side by side  @param model  must outlive the pass
  void prepare(const MixtureModel& model, bool results, bool probabilities, std::int64_t most_rows);
  /// Finds what is wanted of the rows of a slab, and adds them to the sums.
  void run(const kernels::Slab& slab, const MixtureSlot& slot);
  /// Waits for everything. @throws DeviceError if anything went wrong on the device
  void wait() const;
  /// What a pass over all slabs came to.
  [[nodiscard]] MixtureStatistics statistics();
  /// Least id of a row that lacks a number, or the greatest number there is.
  [[nodiscard]] std::int64_t bad_row() const;

  [[nodiscard]] const Device& device() const { return device_; }
  [[nodiscard]] const MixturePlan& plan() const { return plan_; }
  [[nodiscard]] std::array<MixtureSlot, 2>& slots() { return slots_; }
  [[nodiscard]] const Stream& compute() const { return compute_; }

 private:
  void reserve();
  void release();
  void upload_model();

  Device device_;
  Stream compute_;
  std::array<MixtureSlot, 2> slots_;
  MixturePlan plan_;
  const MixtureModel* model_ = nullptr;
  bool results_ = false, probabilities_ = false;
  DeviceBuffer<double> whitening_, shift_, log_factor_, center_, log_shares_, summed_center_;
  DeviceBuffer<std::int32_t> numbers_, summed_;
  DeviceBuffer<kernels::Category> categories_;
  DeviceBuffer<kernels::ProductFactors> factors_;
  DeviceBuffer<std::int32_t> levels_;
  DeviceBuffer<double> scratch_, shares_, terms_, term_leaves_;
  DeviceBuffer<std::int64_t> bad_row_;
  ProductSums products_;
  LeafTree term_sums_;
};

}  // namespace tessera::cuda
