// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/dates.hpp"
#include "report/analysis_files.hpp"
#include "report/csv_row.hpp"

namespace tessera {
namespace {

/// "0", "1", ..., "all".
PlainCell segment_cell(int segment) { return {segment < 0 ? "all" : std::to_string(segment)}; }

std::string name_of(const Analysis& analysis, int segment) {
  return segment < 0 ? "all customers" : analysis.segments[static_cast<std::size_t>(segment)].name;
}

std::string_view used_text(bool used_in_fit) { return used_in_fit ? "used in fit" : ""; }
double count_of(std::int64_t n, bool suppressed) { return suppressed ? kNoValue : static_cast<double>(n); }

PlainCell value_cell(const ColumnAnalysis& column, double value) {
  PlainCell cell;
  if (column.kind == Kind::date && !std::isnan(value)) {
    cell.text = format_iso_date(std::floor(value));
  } else {
    append_csv_number(cell.text, value);
  }
  return cell;
}

void add_number(CsvRows& rows, const Analysis& analysis, const ColumnAnalysis& column, int segment, const NumberSummary& own) {
  rows.row(segment_cell(segment), name_of(analysis, segment), column.column, std::string_view(),
           count_of(own.n, own.suppressed), own.coverage, value_cell(column, own.mean), own.sd,
           value_cell(column, own.quartile_low), value_cell(column, own.median), value_cell(column, own.quartile_high),
           kNoValue, kNoValue, own.z, own.effect.measure, own.effect.value, own.effect.interval.low, own.effect.interval.high,
           own.test.name, own.test.statistic, own.test.df1, own.test.p, own.test.p_adjusted, used_text(column.used_in_fit),
           own.suppressed);
}

void add_category(CsvRows& rows, const Analysis& analysis, const ColumnAnalysis& column, int segment,
                  const CategorySummary& own) {
  for (std::size_t l = 0; l < own.levels.size(); ++l) {
    const LevelShare& level = own.levels[l];
    rows.row(segment_cell(segment), name_of(analysis, segment), column.column, column.levels[l],
             count_of(level.n, level.suppressed), own.coverage, kNoValue, kNoValue, kNoValue, kNoValue, kNoValue, level.share,
             level.lift, level.z, level.effect.measure, level.effect.value, level.effect.interval.low,
             level.effect.interval.high, std::string_view(), kNoValue, kNoValue, kNoValue, kNoValue,
             used_text(column.used_in_fit), level.suppressed);
  }
}

void add_kpi(CsvRows& rows, const Analysis& analysis, const KpiResult& kpi, std::string_view type, const KpiSegment& own) {
  rows.row(kpi.name, type, kpi.level, segment_cell(own.segment), name_of(analysis, own.segment),
           count_of(own.n, own.suppressed), own.coverage, own.value, own.interval.low, own.interval.high, own.total,
           own.share_of_total, own.share_of_customers, own.disproportion, own.index, count_of(own.rank, own.rank == 0),
           own.median, own.gini, own.top_fifth_share, own.promoters, own.detractors, own.effect.measure, own.effect.value,
           own.effect.interval.low, own.effect.interval.high, own.effect.notable, own.test.name, own.test.statistic,
           own.test.df1, own.test.p, own.test.p_adjusted, own.suppressed);
}

std::string_view kpi_type(KpiType type) {
  constexpr std::string_view kWords[] = {"mean", "sum", "ratio", "rate", "nps", "csat", "duration"};
  return kWords[static_cast<std::size_t>(type)];
}

}  // namespace

std::string profiles_csv(const Analysis& analysis) {
  CsvRows rows(
      "segment,name,column,level,n,coverage,mean,sd,quartile_low,median,quartile_high,share,lift,z,effect,effect_value,effect_"
      "low,"
      "effect_high,test,statistic,df,p,p_adjusted,note,suppressed");
  const int k = static_cast<int>(analysis.segments.size());
  for (int segment = -1; segment < k; ++segment) {
    const auto s = static_cast<std::size_t>(std::max(segment, 0));
    for (const ColumnAnalysis& column : analysis.columns) {
      if (column.is_category) {
        add_category(rows, analysis, column, segment, segment < 0 ? column.category_overall : column.category_segments[s]);
      } else {
        add_number(rows, analysis, column, segment, segment < 0 ? column.overall : column.segments[s]);
      }
    }
  }
  return rows.take();
}

std::string kpis_csv(const Analysis& analysis) {
  CsvRows rows(
      "kpi,type,level,segment,name,n,coverage,value,low,high,total,share_of_total,share_of_customers,disproportion,index,rank,"
      "median,"
      "gini,top_fifth_share,promoters,detractors,effect,effect_value,effect_low,effect_high,notable,test,statistic,df,p,p_"
      "adjusted,"
      "suppressed");
  for (const KpiResult& kpi : analysis.kpis) {
    add_kpi(rows, analysis, kpi, kpi_type(kpi.type), kpi.overall);
    for (const KpiSegment& own : kpi.segments) add_kpi(rows, analysis, kpi, kpi_type(kpi.type), own);
  }
  return rows.take();
}

std::string kpi_pairs_csv(const Analysis& analysis) {
  CsvRows rows(
      "kpi,segment,name,other,other_name,difference,low,high,effect,effect_value,effect_low,effect_high,notable,test,statistic,"
      "df,p,"
      "p_adjusted");
  for (const KpiResult& kpi : analysis.kpis) {
    for (const KpiPair& pair : kpi.pairs) {
      rows.row(kpi.name, pair.segment, name_of(analysis, pair.segment), pair.other, name_of(analysis, pair.other),
               pair.difference, pair.interval.low, pair.interval.high, pair.effect.measure, pair.effect.value,
               pair.effect.interval.low, pair.effect.interval.high, pair.effect.notable, pair.test.name, pair.test.statistic,
               pair.test.df1, pair.test.p, pair.test.p_adjusted);
    }
  }
  return rows.take();
}

std::string trends_csv(const Analysis& analysis) {
  CsvRows rows("what,column,level,segment,name,period,value,n,slope,slope_low,slope_high,test,statistic,p,p_adjusted");
  for (const KpiResult& kpi : analysis.kpis) {
    for (const KpiTrend& trend : kpi.trends) {
      for (std::size_t p = 0; p < trend.values.size(); ++p) {
        rows.row("kpi", kpi.name, kpi.level, segment_cell(trend.segment), name_of(analysis, trend.segment), analysis.periods[p],
                 trend.values[p], trend.n[p], trend.slope, trend.interval.low, trend.interval.high, trend.test.name,
                 trend.test.statistic, trend.test.p, trend.test.p_adjusted);
      }
    }
  }
  for (const ShareTrend& trend : analysis.share_trends) {
    for (std::size_t p = 0; p < trend.shares.size(); ++p) {
      rows.row("share", trend.column, trend.level, segment_cell(trend.segment), name_of(analysis, trend.segment),
               analysis.periods[p], trend.shares[p], trend.n[p], trend.slope, trend.interval.low, trend.interval.high,
               trend.test.name, trend.test.statistic, trend.test.p, trend.test.p_adjusted);
    }
  }
  return rows.take();
}

std::string drivers_csv(const Analysis& analysis) {
  CsvRows rows(
      "outcome,segment,name,n,r_squared,driver,rank,share,share_low,share_high,importance,correlation,correlation_low,"
      "correlation_high,coefficient,mean,z,quadrant,gap,test,statistic,p,p_adjusted,problem");
  for (const DriverAnalysis& drivers : analysis.drivers) {
    for (const DriverGroup& group : drivers.groups) {
      for (const DriverShare& driver : group.drivers) {
        rows.row(drivers.outcome, segment_cell(group.segment), name_of(analysis, group.segment), group.n, group.r_squared,
                 driver.column, count_of(driver.rank, driver.rank == 0), driver.share, driver.share_interval.low,
                 driver.share_interval.high, driver.importance, driver.correlation, driver.correlation_interval.low,
                 driver.correlation_interval.high, driver.coefficient, driver.mean, driver.z, driver.quadrant, driver.gap,
                 driver.difference.name, driver.difference.statistic, driver.difference.p, driver.difference.p_adjusted,
                 group.problem);
      }
    }
  }
  return rows.take();
}

std::string doubt_csv(const Analysis& analysis) {
  CsvRows rows("segment,name,other,other_name,boundary_rows,boundary_share,distance,overlap,dip_p,advice");
  for (const BoundaryPair& pair : analysis.doubt.pairs) {
    rows.row(pair.segment, name_of(analysis, pair.segment), pair.other, name_of(analysis, pair.other),
             count_of(pair.rows, analysis.doubt.boundary < 0), pair.share, pair.distance, pair.overlap, pair.dip_p,
             pair.advice);
  }
  return rows.take();
}

}  // namespace tessera
