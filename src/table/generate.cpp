// SPDX-License-Identifier: Apache-2.0
#include "table/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "hdf5/writer.hpp"
#include "table/generate_rows.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kBlockBytes = std::int64_t{1} << 24;
constexpr std::int64_t kMostBlockRows = 1 << 16;
constexpr std::int64_t kTaskRows = 256;

/// A block of rows in the making.
struct Block {
  std::vector<std::int32_t> segments;
  std::vector<std::int64_t> ids;
  std::vector<float> features;
  std::vector<std::vector<double>> kpis;
  std::vector<std::vector<std::string_view>> nominals;
};

std::vector<std::string> numbered(const char* stem, int count) {
  std::vector<std::string> names;
  for (int i = 1; i <= count; ++i) names.push_back(fmt::format("{}_{}", stem, i));
  return names;
}

/// The datasets of the file, in the order that a reader sees.
class Datasets {
 public:
  Datasets(hdf5::FileWriter& file, const GenerateOptions& options) {
    const auto create = [&](const std::string& name, DataType type, std::int64_t columns = 0, std::int64_t text_bytes = 0) {
      return &file.create_dataset(
          name,
          {.type = type, .rows = options.rows, .columns = columns, .compress = options.compress, .text_bytes = text_bytes});
    };
    features_ = create("/features", DataType::float32, options.features);
    file.set_attribute("/features", "feature_names", numbered("feature", options.features));
    ids_ = create("/id", DataType::int64);
    file.set_attribute("/id", "role", "id");
    segments_ = create("/segment", DataType::int32);
    file.set_attribute("/segment", "role", "ignore");
    for (const std::string& name : numbered("nominal", options.nominals)) {
      nominals_.push_back(create("/" + name, DataType::text, 0, 5));
      file.set_attribute("/" + name, "kind", "nominal");
    }
    for (const std::string& name : numbered("kpi", options.kpis)) {
      kpis_.push_back(create("/" + name, DataType::float64));
      file.set_attribute("/" + name, "role", "kpi");
    }
  }

  void append(const Block& block) {
    features_->append(block.features);
    ids_->append(block.ids);
    segments_->append(block.segments);
    for (std::size_t i = 0; i < nominals_.size(); ++i)
      nominals_[i]->append(std::span<const std::string_view>(block.nominals[i]));
    for (std::size_t i = 0; i < kpis_.size(); ++i) kpis_[i]->append(block.kpis[i]);
  }

 private:
  hdf5::DatasetWriter* features_ = nullptr;
  hdf5::DatasetWriter* ids_ = nullptr;
  hdf5::DatasetWriter* segments_ = nullptr;
  std::vector<hdf5::DatasetWriter*> nominals_;
  std::vector<hdf5::DatasetWriter*> kpis_;
};

std::int64_t block_rows(const GenerateOptions& options) {
  const std::int64_t row_bytes = 4 * std::int64_t{options.features} + 8 * options.kpis + 16 * options.nominals + 12;
  return std::min(options.rows, std::clamp<std::int64_t>(kBlockBytes / row_bytes, 1, kMostBlockRows));
}

void resize(Block& block, const GenerateOptions& options, std::int64_t rows) {
  const auto count = static_cast<std::size_t>(rows);
  block.segments.resize(count);
  block.ids.resize(count);
  block.features.resize(count * static_cast<std::size_t>(options.features));
  block.kpis.resize(static_cast<std::size_t>(options.kpis));
  block.nominals.resize(static_cast<std::size_t>(options.nominals));
  for (auto& column : block.kpis) column.resize(count);
  for (auto& column : block.nominals) column.resize(count);
}

void fill_row(Block& block, const RowGenerator& generator, std::int64_t row, std::size_t at) {
  const std::int32_t segment = generator.segment(row);
  block.segments[at] = segment;
  block.ids[at] = row + 1;
  const auto d = static_cast<std::size_t>(generator.centers().columns());
  generator.features(row, segment, std::span(block.features).subspan(at * d, d));
  for (std::size_t i = 0; i < block.kpis.size(); ++i) block.kpis[i][at] = generator.kpi(row, segment, static_cast<int>(i));
  for (std::size_t i = 0; i < block.nominals.size(); ++i) {
    block.nominals[i][at] = generator.nominal(row, segment, static_cast<int>(i));
  }
}

void count(const Block& block, GenerateReport& report) {
  for (const std::int32_t segment : block.segments) {
    ++(segment < 0 ? report.noise_rows : report.segment_rows[static_cast<std::size_t>(segment)]);
  }
}

}  // namespace

GenerateReport generate_table(const GenerateOptions& options, const JobContext& job) {
  check_options(options);
  hdf5::FileWriter file(options.path, {.overwrite = options.overwrite});
  const RowGenerator generator(options);
  GenerateReport report;
  report.segment_rows.assign(static_cast<std::size_t>(options.segments), 0);
  report.least_separation = least_distance(generator.centers().view());

  Datasets datasets(file, options);
  Block block;
  const std::int64_t step = block_rows(options);
  job.observer.stage("write", options.rows);
  for (std::int64_t first = 0; first < options.rows; first += step) {
    job.cancel.check();
    const std::int64_t rows = std::min(step, options.rows - first);
    resize(block, options, rows);
    job.threads.run((rows + kTaskRows - 1) / kTaskRows, [&](int, std::int64_t task) {
      for (std::int64_t i = task * kTaskRows; i < std::min(rows, (task + 1) * kTaskRows); ++i) {
        fill_row(block, generator, first + i, static_cast<std::size_t>(i));
      }
    });
    datasets.append(block);
    count(block, report);
    job.observer.progress(first + rows);
  }
  file.commit();
  std::error_code unknown;
  report.bytes = static_cast<std::int64_t>(std::filesystem::file_size(options.path, unknown));
  return report;
}

}  // namespace tessera
