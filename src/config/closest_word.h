// ClosestWord: what somebody probably meant to type.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast::config {

// The one of `known` that needs the fewest letters inserted, removed or replaced
// to become `word`; "" when even that one is not similar (more than a third of
// its letters, or two of a short word). The first one wins among equals.
std::string ClosestWord(absl::string_view word, const std::vector<std::string>& known);

}  // namespace holdfast::config
