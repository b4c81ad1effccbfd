// NoSuchName: a NOT_FOUND that helps: which names there are.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace holdfast {

// `kind` is what was asked for: "target". Of many names the first ones are listed, in
// order; `name` may be anybody's bytes.
absl::Status NoSuchName(absl::string_view kind, absl::string_view name,
                        std::vector<std::string> there_are);

}  // namespace holdfast
