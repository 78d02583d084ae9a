// SPDX-License-Identifier: Apache-2.0
#include "tessera/prepare.hpp"

namespace tessera {

std::string_view to_string(MissingPolicy policy) {
  switch (policy) {
    case MissingPolicy::impute:
      return "impute";
    case MissingPolicy::error:
      return "error";
    case MissingPolicy::drop_row:
      return "drop-row";
    case MissingPolicy::em:
      return "em";
    case MissingPolicy::partial:
      return "partial";
  }
  return "";
}

std::string_view to_string(ScalePolicy policy) {
  switch (policy) {
    case ScalePolicy::standard:
      return "standard";
    case ScalePolicy::robust:
      return "robust";
    case ScalePolicy::none:
      return "none";
  }
  return "";
}

std::string_view to_string(Transform transform) { return transform == Transform::log1p ? "log1p" : "none"; }

}  // namespace tessera
