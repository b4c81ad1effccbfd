#include "base/no_such_name.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace holdfast {

absl::Status NoSuchName(absl::string_view kind, absl::string_view name,
                        std::vector<std::string> there_are) {
  // A message may travel in a header, which gRPC limits to 8 KiB.
  constexpr std::size_t kMostShown = 16;
  std::sort(there_are.begin(), there_are.end());
  const bool all = there_are.size() <= kMostShown;
  if (!all) there_are.resize(kMostShown);
  return absl::NotFoundError(absl::StrCat("no ", kind, " is called '", absl::CHexEscape(name),
                                          "'; there are: ", absl::StrJoin(there_are, ", "),
                                          all ? "" : ", ..."));
}

}  // namespace holdfast
