// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Names inside model.h5 (docs/formats.md), shared by the writer and the reader.
namespace tessera::model_layout {

inline constexpr const char* kFormat = "tessera-model";

inline constexpr const char* kCentroids = "/centroids";  ///< [k x d] float32
inline constexpr const char* kWeights = "/weights";      ///< [k] float64
inline constexpr const char* kRows = "/rows";            ///< [k] int64

inline constexpr const char* kMixture = "/mixture";                         ///< of mixtures only; attribute covariance
inline constexpr const char* kMixtureWeights = "/mixture/weights";          ///< [k] float64
inline constexpr const char* kMixtureMeans = "/mixture/means";              ///< [k x d] float64
inline constexpr const char* kMixtureCovariances = "/mixture/covariances";  ///< float64, shape as in Mixture
inline constexpr const char* kMixtureNumbers = "/mixture/numbers";          ///< [g] int32: features that are no categories
inline constexpr const char* kMixtureCenter = "/mixture/center";            ///< [d] float64
inline constexpr const char* kOriginalMeans = "/mixture/original/means";    ///< for people; not read
inline constexpr const char* kOriginalCovariances = "/mixture/original/covariances";

inline constexpr const char* kPlan = "/plan";
inline constexpr const char* kIdColumn = "/plan/id_column";                   ///< [0 or 1] text
inline constexpr const char* kWeightColumn = "/plan/weight_column";           ///< [0 or 1] text
inline constexpr const char* kKpiColumns = "/plan/kpi_columns";               ///< text
inline constexpr const char* kDecisions = "/plan/decisions";                  ///< text
inline constexpr const char* kFeatureNames = "/plan/features/name";           ///< [d] text
inline constexpr const char* kGridExponent = "/plan/features/grid_exponent";  ///< [d] int32
inline constexpr const char* kSources = "/plan/sources";                 ///< one dataset [sources] per member of FeatureSource
inline constexpr const char* kLevelCount = "/plan/sources/level_count";  ///< [sources] int64
inline constexpr const char* kLevels = "/plan/levels";  ///< text: the levels of all sources, one after the other

}  // namespace tessera::model_layout
