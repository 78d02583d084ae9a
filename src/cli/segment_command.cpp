// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <optional>
#include <string>

#include "app/option_text.hpp"
#include "app/segment.hpp"
#include "cli/analysis_options.hpp"
#include "cli/command.hpp"
#include "cli/engine_options.hpp"
#include "cli/file_options.hpp"
#include "cli/prepare_options.hpp"
#include "cli/standard_output.hpp"
#include "cli/terminal.hpp"
#include "tessera/error.hpp"

namespace tessera::cli {
namespace {

class SegmentCommand final : public Command {
 public:
  explicit SegmentCommand(CLI::App& root) {
    CLI::App& app = add_to(root, {"segment", "Find the segments of a table of customers and assign every customer",
                                  "  tessera segment customers.h5 -o run/\n"
                                  "  tessera segment customers.h5 -o run/ --algorithm mixture --covariance diag\n"
                                  "  tessera segment customers.csv -o run/ --id customer_id --kpi 'revenue*' -k 5 --csv",
                                  "0 64 65 66 69 70 71 73 74 77 78 130 143"});
    files_.add_to(app);
    app.add_flag("--csv", options_.csv, "also write assignments.csv")->group(FileArguments::kGroup);
    add_pseudonym_key(app, pseudonym_key_)->group(FileArguments::kGroup);
    add_segment_options(app);
    add_algorithm_options(app);
    prepare_.add_to(app);
    add_fit_options(app);
    analysis_.add_to(app);
    app.add_flag("--no-analysis", no_analysis_, "leave out everything but the segments themselves")->group("Analysis");
    engine_.add_to(app);
    add_common_options();
  }

  void run(Log& log, const CancelToken& cancel) override {
    const SegmentationSummary summary = run_segment(resolve(), log, cancel);
    log.finish();
    const Terminal terminal = terminal_of(STDOUT_FILENO);
    print_result(files_.json() ? summary_json(summary) : render_summary(summary, terminal.color, terminal.width));
  }

 private:
  void add_segment_options(CLI::App& app) {
    const char* const group = "Number of segments";
    app.add_option("-k,--segments", segments_, "auto, or how many")->option_text("K=auto")->default_str("auto")->group(group);
    app.add_option("--k-range", range_, "where auto looks")->option_text("MIN:MAX=1:10")->default_str("1:10")->group(group);
    app.add_option("--least-share", options_.least_share, "share of the customers that auto asks of every segment")
        ->option_text("SHARE=0.01")
        ->default_str("0.01")
        ->group(group);
    app.add_flag("--strict-k", options_.fit.strict_segments, "fewer distinct rows than K is an error")->group(group);
  }

  void add_algorithm_options(CLI::App& app) {
    const char* const group = "Algorithm";
    app.add_option("--algorithm", algorithm_, "kmeans, or mixture: components with shapes of their own, and probabilities")
        ->check(CLI::IsMember({"kmeans", "mixture"}).description(""))
        ->option_text("NAME=kmeans")
        ->default_str("kmeans")
        ->group(group);
    app.add_option("--covariance", covariance_, "mixture: full, tied (one for all), diag (no correlations) or spherical")
        ->check(CLI::IsMember({"full", "tied", "diag", "spherical"}).description(""))
        ->option_text("KIND=full")
        ->group(group);
    app.add_option("--criterion", criterion_, "mixture: auto chooses K by bic, aic or icl")
        ->check(CLI::IsMember({"bic", "aic", "icl"}).description(""))
        ->option_text("NAME=bic")
        ->group(group);
    app.add_option("--least-variance", least_variance_, "mixture: of a segment in any direction, as a share of all customers'")
        ->check(CLI::Range(1e-12, 0.5).description(""))
        ->option_text("X=0.000001")
        ->group(group);
    app.add_flag("--probabilities", options_.probabilities, "mixture: also write the probability of every segment")
        ->group(group);
  }

  void add_fit_options(CLI::App& app) {
    const char* const group = "Fit";
    KMeansOptions& fit = options_.fit;
    app.add_option("--seed", fit.seed, "start of all random numbers")
        ->check(CLI::NonNegativeNumber.description(""))
        ->option_text("N=0")
        ->default_str("0")
        ->group(group);
    app.add_option("--restarts", fit.restarts, "starts; the best goes to all rows")
        ->check(CLI::Range(1, 1'000'000).description(""))
        ->option_text("N=10")
        ->default_str("10")
        ->group(group);
    app.add_option("--max-iter", fit.max_iterations, "most iterations over all rows")
        ->check(CLI::Range(1, 1'000'000'000).description(""))
        ->option_text("N=300")
        ->default_str("300")
        ->group(group);
    app.add_option("--tol", tolerance_, "stop when no centroid moves further; mixture: when the log-likelihood rises by less")
        ->check(CLI::NonNegativeNumber.description(""))
        ->option_text("X=0 (mixture: 0.0001)")
        ->group(group);
    app.add_option("--init", initial_, "centroids to start from, in original units")
        ->option_text("FILE:/DATASET")
        ->group(group);
    app.add_option("--outlier-quantile", options_.outlier_quantile, "rows further out than this share of all are flagged")
        ->option_text("Q=0.999")
        ->default_str("0.999")
        ->group(group);
  }

  [[nodiscard]] SegmentOptions resolve() const {
    SegmentOptions options = options_;
    files_.resolve(app(), options);
    options.pseudonym_key = pseudonym_key_;
    options.prepare = prepare_.resolve();
    options.analyse = !no_analysis_;
    options.analysis = analysis_.resolve();
    options.engine = engine_.resolve();
    const auto k = parse_segments(segments_);
    options.automatic_segments = !k.has_value();
    if (k) options.fit.segments = *k;
    std::tie(options.smallest_segments, options.largest_segments) = parse_range(range_);
    resolve_algorithm(options);
    if (!initial_.empty()) std::tie(options.initial, options.initial_dataset) = parse_file_and_dataset(initial_);
    return options;
  }

  void resolve_algorithm(SegmentOptions& options) const {
    if (algorithm_ == "mixture") options.algorithm = Algorithm::mixture;
    if (options.algorithm == Algorithm::kmeans && (covariance_ || criterion_ || least_variance_ || options.probabilities)) {
      throw ConfigError("--covariance, --criterion, --least-variance and --probabilities are of mixtures",
                        "add --algorithm mixture", ErrorCode::usage);
    }
    if (covariance_) options.mixture.covariance = parse_covariance(*covariance_).value_or(Covariance::full);
    if (criterion_) options.criterion = parse_criterion(*criterion_).value_or(MixtureCriterion::bic);
    if (least_variance_) options.mixture.least_variance = *least_variance_;
    if (tolerance_) options.fit.tolerance = options.mixture.tolerance = *tolerance_;
  }

  FileArguments files_;
  SegmentOptions options_;
  PrepareArguments prepare_;
  AnalysisArguments analysis_;
  EngineArguments engine_;
  std::string algorithm_ = "kmeans";
  std::optional<std::string> covariance_, criterion_;
  std::optional<double> tolerance_, least_variance_;
  std::string initial_, pseudonym_key_;
  std::string segments_ = "auto";
  std::string range_ = "1:10";
  bool no_analysis_ = false;
};

}  // namespace

std::unique_ptr<Command> make_segment_command(CLI::App& root) { return std::make_unique<SegmentCommand>(root); }

}  // namespace tessera::cli
