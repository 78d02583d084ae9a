// SPDX-License-Identifier: Apache-2.0
#include "app/rfm_files.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "analyse/rfm_scores.hpp"
#include "core/dates.hpp"
#include "hdf5/writer.hpp"
#include "report/csv_row.hpp"
#include "report/staged_file.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kBlockRows = std::int64_t{1} << 14;

/// Fixed width where little is padded, as the CSV import decides; 0: variable length.
std::int64_t id_bytes(const RfmIndex& index) {
  constexpr std::size_t kWidest = 32;
  std::size_t longest = 1;
  for (std::int64_t i = 0; i < index.size(); ++i) longest = std::max(longest, index.text_id(i).size());
  return longest <= kWidest ? static_cast<std::int64_t>(longest) : 0;
}

/// The datasets of the file in the order that a reader sees.
class Hdf5Output {
 public:
  Hdf5Output(const RfmTable& table, const RfmOptions& options)
      : table_(table), options_(options), file_(options.output, {.overwrite = options.overwrite}) {
    const bool text = table.index().is_text();
    id_ = &create("customer_id", text ? DataType::text : DataType::int64, text ? id_bytes(table.index()) : 0);
    file_.set_attribute("/customer_id", "role", "id");
  }

  /// One value of every customer, block by block. @param value of RfmCustomer; its type is that of the dataset
  template <typename Value>
  void write(const std::string& name, const char* kind, const char* role, Value value, const char* units = nullptr) {
    using T = std::invoke_result_t<Value, const RfmCustomer&>;
    constexpr bool kText = std::is_same_v<T, std::string>;
    hdf5::DatasetWriter* dataset = nullptr;
    if constexpr (kText) {
      constexpr std::int64_t kLongest = 12;  // "returns only"
      dataset = &create(name, DataType::text, kLongest);
    } else {
      dataset = &create(name, hdf5::data_type_of<T>(), 0);
    }
    file_.set_attribute("/" + name, "kind", kind);
    file_.set_attribute("/" + name, "role", role);
    if (units != nullptr) file_.set_attribute("/" + name, "units", units);
    for_each_block([&](std::int64_t first, std::int64_t end) {
      if constexpr (kText) {
        TextCells cells;
        for (std::int64_t i = first; i < end; ++i) cells.push_back(value(table_.customer(i)));
        dataset->append(cells);
      } else {
        std::vector<T> cells;
        for (std::int64_t i = first; i < end; ++i) cells.push_back(value(table_.customer(i)));
        dataset->append(cells);
      }
    });
  }
  void write_ids() {
    const RfmIndex& index = table_.index();
    for_each_block([&](std::int64_t first, std::int64_t end) {
      TextCells texts;
      std::vector<std::int64_t> numbers;
      for (std::int64_t i = first; i < end; ++i) {
        if (index.is_text())
          texts.push_back(index.text_id(table_.number(i)));
        else
          numbers.push_back(index.number_id(table_.number(i)));
      }
      index.is_text() ? id_->append(texts) : id_->append(numbers);
    });
  }
  void commit() { file_.commit(); }

 private:
  hdf5::DatasetWriter& create(const std::string& name, DataType type, std::int64_t text_bytes) {
    return file_.create_dataset("/" + name,
                                {.type = type, .rows = table_.size(), .compress = options_.compress, .text_bytes = text_bytes});
  }
  template <typename Visit>
  void for_each_block(Visit visit) {
    for (std::int64_t first = 0; first < table_.size(); first += kBlockRows)
      visit(first, std::min(first + kBlockRows, table_.size()));
  }

  const RfmTable& table_;
  const RfmOptions& options_;
  hdf5::FileWriter file_;
  hdf5::DatasetWriter* id_ = nullptr;
};

using Row = const RfmCustomer&;

// Recency, frequency and money make the segments; the rest describes them. The scores and the cell repeat the three in another
// form, so that neither the fit nor the description should count them again.
void write_columns(Hdf5Output& file) {
  const char* const kDays = "days since 1970-01-01";
  file.write_ids();
  file.write("recency_days", "continuous", "feature", [](Row c) { return static_cast<std::int32_t>(c.values.recency_days); });
  file.write("frequency", "count", "feature", [](Row c) { return c.values.frequency; });
  file.write("monetary", "continuous", "feature", [](Row c) { return c.values.monetary; });
  file.write("tenure_days", "continuous", "kpi", [](Row c) { return static_cast<std::int32_t>(c.values.tenure_days); });
  file.write("average_order_value", "continuous", "kpi", [](Row c) { return c.values.average_order_value; });
  file.write("mean_gap_days", "continuous", "kpi", [](Row c) { return c.values.mean_gap_days; });
  file.write("returned", "continuous", "kpi", [](Row c) { return c.values.returned; });
  file.write("return_rows", "count", "ignore", [](Row c) { return c.values.return_rows; });
  file.write(
      "first_purchase", "date", "ignore", [](Row c) { return static_cast<std::int32_t>(c.values.first_day); }, kDays);
  file.write(
      "last_purchase", "date", "ignore", [](Row c) { return static_cast<std::int32_t>(c.values.last_day); }, kDays);
  file.write("r_score", "ordinal", "ignore", [](Row c) { return static_cast<std::int8_t>(c.recency_score); });
  file.write("f_score", "ordinal", "ignore", [](Row c) { return static_cast<std::int8_t>(c.frequency_score); });
  file.write("m_score", "ordinal", "ignore", [](Row c) { return static_cast<std::int8_t>(c.monetary_score); });
  file.write("rfm_cell", "nominal", "ignore",
             [](Row c) { return rfm_cell(c.recency_score, c.frequency_score, c.monetary_score); });
  file.write("stage", "nominal", "kpi", [](Row c) { return std::string(to_string(c.stage)); });
}

PlainCell date_cell(std::int64_t day) { return {format_iso_date(static_cast<double>(day))}; }

std::string csv_lines(const RfmTable& table, std::int64_t first, std::int64_t end) {
  CsvRows rows(first == 0
                   ? "customer_id,recency_days,frequency,monetary,tenure_days,average_order_value,mean_gap_days,returned,"
                     "return_rows,first_purchase,last_purchase,r_score,f_score,m_score,rfm_cell,stage"
                   : "");
  const auto add = [&](const auto& id, Row c) {
    const RfmValues& v = c.values;
    rows.row(id, v.recency_days, v.frequency, v.monetary, v.tenure_days, v.average_order_value, v.mean_gap_days, v.returned,
             v.return_rows, date_cell(v.first_day), date_cell(v.last_day), c.recency_score, c.frequency_score, c.monetary_score,
             PlainCell{rfm_cell(c.recency_score, c.frequency_score, c.monetary_score)}, to_string(c.stage));
  };
  for (std::int64_t i = first; i < end; ++i) {
    const RfmIndex& index = table.index();
    if (index.is_text())
      add(index.text_id(table.number(i)), table.customer(i));
    else
      add(index.number_id(table.number(i)), table.customer(i));
  }
  std::string text = rows.take();
  return first == 0 ? text : text.substr(1);  // without the empty header
}

void write_csv(const RfmTable& table, const StagedFile& staged, const CancelToken& cancel) {
  std::ofstream stream(staged.path(), std::ios::binary);
  for (std::int64_t first = 0; first < table.size() && stream; first += kBlockRows) {
    cancel.check();
    stream << csv_lines(table, first, std::min(first + kBlockRows, table.size()));
  }
  stream.close();
  if (!stream) throw file_error("write", staged.target().string(), errno);
}

}  // namespace

std::filesystem::path rfm_csv_path(const std::filesystem::path& output) {
  return std::filesystem::path(output).replace_extension(".csv");
}

void write_rfm_files(const RfmTable& table, const RfmOptions& options, Observer& observer, const CancelToken& cancel,
                     RfmReport& report) {
  observer.stage("write", table.size());
  for (std::int64_t i = 0; i < table.size(); ++i) ++report.stage_customers[static_cast<std::size_t>(table.customer(i).stage)];
  std::optional<StagedFile> csv;
  if (options.csv) {
    csv.emplace(rfm_csv_path(options.output), options.overwrite);
    write_csv(table, *csv, cancel);
  }
  Hdf5Output file(table, options);
  write_columns(file);
  cancel.check();
  file.commit();
  if (csv) csv->commit();
}

}  // namespace tessera
